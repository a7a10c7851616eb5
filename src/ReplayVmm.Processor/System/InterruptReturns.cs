namespace ReplayVmm.Processor;

/// <summary>
/// IRET, IRETD, IRETQ in every mode (SDM volume 2, IRET). NMIs are unblocked whether or not it faults (volume 3, 6.7.1).
/// </summary>
internal static unsafe class InterruptReturns
{
    private const ulong Popped = Rflags.Arithmetic | Rflags.Tf | Rflags.Df | Rflags.Nt;
    private const ulong PoppedWide = Rflags.Rf | Rflags.Ac | Rflags.Id;

    /// <summary>IRET, IRETD, IRETQ.</summary>
    public static bool Bind(ref BindContext b)
    {
        b.Target->Handler = &Return;
        return true;
    }

    private static Outcome Return(Core* c, DecodedInstruction* i)
    {
        c->State.Interruptibility &= ~InterruptibilityState.BlockedByNmi;
        int size = FarTransfers.OperandSize(i);
        if (OperatingMode.IsReal(c))
            return ReturnReal(c, size);
        if (OperatingMode.IsVirtual8086(c))
            return ReturnVirtual8086(c, size);
        if ((c->State.Rflags & Rflags.Nt) == 0)
            return ReturnProtected(c, size);
        return OperatingMode.IsLong(c) ? Fault.GeneralProtection(c) : TaskSwitch.ReturnFromNested(c, i);
    }

    private static Outcome ReturnReal(Core* c, int size)
    {
        StackCursor stack = StackCursor.Current(c);
        if (!TryPopFrame(ref stack, size, out ulong target, out ushort selector, out ulong popped)
            || !FarReturns.TryEnterReal(c, selector, target))
            return Outcome.Stop;
        stack.Commit();
        LoadFlags(c, popped, Popped | Rflags.If | Rflags.Iopl | (size == 2 ? 0 : PoppedWide));
        return FarTransfers.Arrive(c, target);
    }

    private static Outcome ReturnVirtual8086(Core* c, int size)
    {
        bool virtualInterrupts = OperatingMode.Iopl(c) < 3;
        if (virtualInterrupts && ((c->State.Cr4 & Cr4.Vme) == 0 || size != 2))
            return Fault.GeneralProtection(c);
        StackCursor stack = StackCursor.Current(c);
        if (!TryPopFrame(ref stack, size, out ulong target, out ushort selector, out ulong popped))
            return Outcome.Stop;
        ulong flags = Flags.Materialize(c);
        if (virtualInterrupts && !FlagInstructions.TryVirtualInterrupts(c, popped, ref flags))
            return Outcome.Stop;
        if (!FarReturns.TryEnterReal(c, selector, target))
            return Outcome.Stop;
        stack.Commit();
        ulong mask = Popped | (virtualInterrupts ? 0 : Rflags.If) | (size == 2 ? 0 : PoppedWide);
        Flags.Load(c, (flags & ~mask) | (popped & mask) | Rflags.Fixed1);
        return FarTransfers.Arrive(c, target);
    }

    private static Outcome ReturnProtected(Core* c, int size)
    {
        ref CpuState s = ref c->State;
        StackCursor stack = StackCursor.Current(c);
        if (!TryPopFrame(ref stack, size, out ulong target, out ushort selector, out ulong popped))
            return Outcome.Stop;
        int cpl = s.Cpl;
        bool from64 = OperatingMode.Is64Bit(c);
        if (!OperatingMode.IsLong(c) && size == 4 && cpl == 0 && (popped & Rflags.Vm) != 0)
            return ReturnToVirtual8086(c, ref stack, target, selector, popped);
        if (!FarReturns.TryReadCode(c, selector, out Descriptor code))
            return Outcome.Stop;
        ulong mask = Popped | (size == 2 ? 0 : PoppedWide);
        if (cpl <= OperatingMode.Iopl(c))
            mask |= Rflags.If;
        if (cpl == 0)
            mask |= Rflags.Iopl | (size == 2 ? 0 : Rflags.Vif | Rflags.Vip);
        if ((selector & 3) > cpl || from64)
        {
            if (!stack.Pop(size, out ulong pointer) || !stack.Pop(size, out ulong stackSelector)
                || !FarReturns.TryLeave(c, selector, code, target, (ushort)stackSelector, pointer, released: 0))
                return Outcome.Stop;
        }
        else
        {
            if (!FarTransfers.IsInside(c, code, target) || !DescriptorTable.SetAccessed(c, selector, code))
                return Outcome.Stop;
            stack.Commit();
            SegmentRegister.Set(c, SegmentIndex.Cs, selector, code);
        }
        LoadFlags(c, popped, mask);
        return FarTransfers.Arrive(c, target);
    }

    private static Outcome ReturnToVirtual8086(Core* c, ref StackCursor stack, ulong target, ushort selector, ulong popped)
    {
        if (!stack.Pop(4, out ulong pointer) || !stack.Pop(4, out ulong ss) || !stack.Pop(4, out ulong es) || !stack.Pop(4, out ulong ds)
            || !stack.Pop(4, out ulong fs) || !stack.Pop(4, out ulong gs))
            return Outcome.Stop;
        if (target > 0xFFFF)
            return Fault.GeneralProtection(c);
        SegmentRegister.SetVirtual8086(c, SegmentIndex.Cs, selector);
        SegmentRegister.SetVirtual8086(c, SegmentIndex.Ss, (ushort)ss);
        SegmentRegister.SetVirtual8086(c, SegmentIndex.Es, (ushort)es);
        SegmentRegister.SetVirtual8086(c, SegmentIndex.Ds, (ushort)ds);
        SegmentRegister.SetVirtual8086(c, SegmentIndex.Fs, (ushort)fs);
        SegmentRegister.SetVirtual8086(c, SegmentIndex.Gs, (ushort)gs);
        StackCursor.Commit(c, pointer, 32);
        LoadFlags(c, popped, Rflags.All);
        return FarTransfers.Arrive(c, target);
    }

    private static bool TryPopFrame(ref StackCursor stack, int size, out ulong target, out ushort selector, out ulong flags)
    {
        (selector, flags) = (0, 0);
        if (!stack.Pop(size, out target) || !stack.Pop(size, out ulong code) || !stack.Pop(size, out flags))
            return false;
        selector = (ushort)code;
        return true;
    }

    private static void LoadFlags(Core* c, ulong popped, ulong mask) =>
        Flags.Load(c, (Flags.Materialize(c) & ~mask) | (popped & mask & Rflags.All) | Rflags.Fixed1);
}
