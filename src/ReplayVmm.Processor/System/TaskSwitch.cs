namespace ReplayVmm.Processor;

/// <summary>
/// Task switches (SDM volume 3, 7.3). Real VMX exits on each (reason 9) and leaves the work to the hypervisor; this processor does it
/// itself, as SVM does.
/// Up to the commit point nothing has changed; checks of the new task's segments come after it, so their faults belong to the new task.
/// </summary>
internal static unsafe class TaskSwitch
{
    private const ulong LocalBreakpoints = 0x155;

    /// <summary>JMP or CALL to a TSS or through a task gate.</summary>
    public static Outcome FromInstruction(Core* c, DecodedInstruction* i, ushort selector, TaskSwitchCause cause)
    {
        if (!TryFind(c, selector, 0, Vector.Gp, out Descriptor tss))
            return Outcome.Stop;
        return FromInstruction(c, i, selector, tss, cause, Flags.Materialize(c));
    }

    /// <summary>IRET with NT set: back to the task that the link names.</summary>
    public static Outcome ReturnFromNested(Core* c, DecodedInstruction* i)
    {
        ulong link = (uint)c->State.SegmentBase[(int)SegmentIndex.Tr];
        if (!MemoryUnit.ReadSystem(c, link, out ushort selector) || !TryFind(c, selector, 0, Vector.Ts, out Descriptor tss))
            return Outcome.Stop;
        return FromInstruction(c, i, selector, tss, TaskSwitchCause.Return, Flags.Materialize(c) & ~Rflags.Nt);
    }

    /// <summary>
    /// Reads and checks a TSS descriptor: in the GDT, available (for IRET, which passes #TS as <paramref name="vector"/>, busy), present.
    /// False: a fault is pending.
    /// </summary>
    public static bool TryFind(Core* c, ushort selector, uint external, byte vector, out Descriptor tss)
    {
        tss = default;
        bool back = vector == Vector.Ts;
        if ((selector & 4) == 0 && !DescriptorTable.IsNull(selector))
        {
            if (!DescriptorTable.TryRead(c, selector, vector, external, out tss))
                return false;
            bool right = tss.IsSystem && (back
                ? tss.Type is Descriptor.BusyTss16 or Descriptor.BusyTss32
                : tss.Type is Descriptor.Tss16 or Descriptor.Tss32);
            if (right && tss.IsPresent)
                return true;
            if (right)
                vector = Vector.Np;
        }
        Fault.Raise(c, vector, (selector & DescriptorTable.ErrorMask) | external);
        return false;
    }

    private static Outcome FromInstruction(
        Core* c, DecodedInstruction* i, ushort selector, in Descriptor tss, TaskSwitchCause cause, ulong flags)
    {
        return Switch(c, selector, tss, cause, OperatingMode.Next(c, i), flags, 0, null) ? Outcome.Serialize : Outcome.Stop;
    }

    /// <summary>
    /// Switches to the task of <paramref name="selector"/>, a checked TSS. RIP and RFLAGS of the old task are given, for they differ by
    /// cause.
    /// False: a fault of the old task is pending, nothing has changed. True: switched; a fault of the new task is then the event that is
    /// delivered next. Where the switch delivers an exception (<paramref name="isException"/>), a fault of the new task is false too: it is
    /// combined with that exception (volume 3, 6.15, #DF), in the new task.
    /// </summary>
    public static bool Switch(
        Core* c, ushort selector, in Descriptor tss, TaskSwitchCause cause, ulong rip, ulong flags, uint external, uint? errorCode,
        bool isException = false)
    {
        ref CpuState s = ref c->State;
        bool wide = (tss.Type & 8) != 0;
        if (tss.Limit < (wide ? 0x67u : 0x2B))
        {
            Fault.Raise(c, Vector.Ts, (selector & DescriptorTable.ErrorMask) | external);
            return false;
        }
        TaskImage image;
        if (!TaskImage.TryRead(c, tss.Base, wide, out image))
            return false;
        ushort oldSelector = s.SegmentSelector[(int)SegmentIndex.Tr];
        uint oldBase = (uint)s.SegmentBase[(int)SegmentIndex.Tr];
        bool oldWide = (s.SegmentAttributes[(int)SegmentIndex.Tr] & 8) != 0;
        bool nested = cause is TaskSwitchCause.Call or TaskSwitchCause.Gate;
        if (!TaskImage.TrySave(c, oldBase, oldWide, rip, flags))
            return false;
        if (!nested && !DescriptorTable.SetBusy(c, oldSelector, busy: false))
            return false;
        if (nested && !MemoryUnit.WriteSystem(c, tss.Base, oldSelector))
            return false;
        if (cause != TaskSwitchCause.Return && !DescriptorTable.SetBusy(c, selector, busy: true))
            return false;

        // The commit point: what goes wrong from here on goes wrong in the new task.
        SegmentRegister.Set(c, SegmentIndex.Tr, selector, tss.Base, tss.Limit, tss.Attributes | 2);
        ulong cr0 = s.Cr0;
        s.Cr0 |= Cr0.Ts;
        if (s.Cr0 != cr0)
            Exits.Report(c, new RegisterWrite(RecordedRegister.Cr0, 0, cr0, s.Cr0, rip));
        s.Dr7 &= ~LocalBreakpoints;
        // The flags are the new task's: what an instruction of the old one held back is not held back here, whatever goes wrong now.
        s.Interruptibility &= ~(InterruptibilityState.BlockedBySti | InterruptibilityState.BlockedByMovSs);
        if (image.DebugTrap)
            s.PendingDebug |= DebugRegisterRules.Bt;
        image.PutRegisters(c, nested);
        TaskSegments.PutSelectors(c, image);
        Translations.ModeChanged(c);
        bool loaded = TryPutPaging(c, image, wide) && TaskSegments.TryLoad(c, image, external);
        Translations.ModeChanged(c);
        if (!loaded || (errorCode is { } code && !TryPushErrorCode(c, code, wide ? 4 : 2, external)))
        {
            if (isException)
                return false;
            Postpone(c);
        }
        return true;
    }

    /// <summary>Leaves the pending fault to be delivered before the new task's first instruction, which it points to.</summary>
    private static void Postpone(Core* c)
    {
        EventInfo fault = EventInfo.Of(c->Pending);
        if (fault.Vector == Vector.Pf)
            c->State.Cr2 = c->Pending.Address;
        c->State.Rflags |= Rflags.Rf;
        (c->State.EntryInterruption, c->State.EntryErrorCode) = (fault.Bits, fault.ErrorCode);
        c->Pending = default;
    }

    private static bool TryPutPaging(Core* c, in TaskImage image, bool wide)
    {
        ref CpuState s = ref c->State;
        if (!wide || (s.Cr0 & Cr0.Pg) == 0)
            return true;
        // The pointers are loaded where CR3 changes (SDM volume 3, 4.4.1), and stay where it does not.
        if ((s.Cr4 & Cr4.Pae) != 0 && image.Cr3 != s.Cr3 && !Translations.LoadPdptes(c, image.Cr3))
            return false;
        s.Cr3 = image.Cr3;
        Translations.FlushPcid(c, 0);
        return true;
    }

    private static bool TryPushErrorCode(Core* c, uint errorCode, int size, uint external)
    {
        StackCursor stack = StackCursor.Current(c, external);
        if (!stack.Push(size, errorCode))
            return false;
        stack.Commit();
        return true;
    }
}
