namespace ReplayVmm.Processor;

/// <summary>
/// PUSHF POPF CLI STI in every mode (SDM volume 2; virtual-8086 and protected-mode virtual interrupts: volume 3, 20.3 and 20.4).
/// </summary>
internal static unsafe class FlagInstructions
{
    private const ulong AlwaysPopped = Rflags.Arithmetic | Rflags.Tf | Rflags.Df | Rflags.Nt;

    /// <summary>PUSHF, PUSHFD, PUSHFQ.</summary>
    public static bool BindPushf(ref BindContext b)
    {
        b.Target->Immediate = Width(ref b);
        b.Target->Handler = &Pushf;
        return true;
    }

    /// <summary>POPF, POPFD, POPFQ.</summary>
    public static bool BindPopf(ref BindContext b)
    {
        b.Target->Immediate = Width(ref b);
        b.Target->Handler = &Popf;
        return true;
    }

    /// <summary>CLI.</summary>
    public static bool BindCli(ref BindContext b)
    {
        b.Target->Handler = &Cli;
        return true;
    }

    /// <summary>STI.</summary>
    public static bool BindSti(ref BindContext b)
    {
        b.Target->Handler = &Sti;
        return true;
    }

    private static int Width(ref BindContext b) => b.Mode.CodeBits == 64 && b.OperandSize != 2 ? 8 : b.OperandSize;

    private static Outcome Pushf(Core* c, DecodedInstruction* i)
    {
        ulong image = Flags.Materialize(c) & ~(Rflags.Rf | Rflags.Vm);
        if (OperatingMode.IsVirtual8086(c) && OperatingMode.Iopl(c) < 3)
        {
            if ((c->State.Cr4 & Cr4.Vme) == 0 || i->Immediate != 2)
                return Fault.GeneralProtection(c);
            image = VirtualImage(image);
        }
        StackCursor stack = StackCursor.Current(c);
        if (!stack.Push((int)i->Immediate, image))
            return Outcome.Stop;
        stack.Commit();
        return Outcome.Next;
    }

    private static Outcome Popf(Core* c, DecodedInstruction* i)
    {
        ref CpuState s = ref c->State;
        bool virtual8086 = OperatingMode.IsVirtual8086(c), narrow = i->Immediate == 2, virtualInterrupts = false;
        int iopl = OperatingMode.Iopl(c), cpl = s.Cpl;
        if (virtual8086 && iopl < 3)
        {
            virtualInterrupts = (s.Cr4 & Cr4.Vme) != 0 && narrow;
            if (!virtualInterrupts)
                return Fault.GeneralProtection(c);
        }
        StackCursor stack = StackCursor.Current(c);
        if (!stack.Pop((int)i->Immediate, out ulong popped))
            return Outcome.Stop;
        ulong mask = AlwaysPopped | (narrow ? 0 : Rflags.Ac | Rflags.Id | Rflags.Rf);
        if (!virtualInterrupts && cpl <= iopl)
            mask |= Rflags.If;
        if (cpl == 0)
            mask |= Rflags.Iopl;
        ulong old = Flags.Materialize(c), flags = (old & ~mask) | (popped & mask & ~Rflags.Rf);
        if (virtualInterrupts)
        {
            if (!TryVirtualInterrupts(c, popped, ref flags))
                return Outcome.Stop;
        }
        stack.Commit();
        Flags.Load(c, flags | Rflags.Fixed1);
        const ulong Decisive = Rflags.Tf | Rflags.If | Rflags.Ac | Rflags.Rf | Rflags.Vif;
        return ((old ^ flags) & Decisive) == 0 && (flags & Rflags.Tf) == 0 ? OperatingMode.GoOn(c, i) : OperatingMode.Serialize(c, i);
    }

    private static Outcome Cli(Core* c, DecodedInstruction* i)
    {
        ref CpuState s = ref c->State;
        switch (Governs(c))
        {
            case Rflags.If: s.Rflags &= ~Rflags.If; break;
            case Rflags.Vif: s.Rflags &= ~Rflags.Vif; break;
            default: return Fault.GeneralProtection(c);
        }
        return Outcome.Next;
    }

    private static Outcome Sti(Core* c, DecodedInstruction* i)
    {
        ref CpuState s = ref c->State;
        switch (Governs(c))
        {
            case Rflags.If:
                if ((s.Rflags & Rflags.If) != 0)
                    return OperatingMode.GoOn(c, i);
                s.Rflags |= Rflags.If;
                s.Interruptibility |= InterruptibilityState.BlockedBySti;
                return OperatingMode.Serialize(c, i);
            case Rflags.Vif when (s.Rflags & Rflags.Vip) == 0:
                s.Rflags |= Rflags.Vif;
                return OperatingMode.GoOn(c, i);
            default:
                return Fault.GeneralProtection(c);
        }
    }

    /// <summary>Which flag CLI and STI work on: IF, VIF, or none (#GP).</summary>
    private static ulong Governs(Core* c)
    {
        ref CpuState s = ref c->State;
        if (OperatingMode.IsReal(c) || s.Cpl <= OperatingMode.Iopl(c))
            return Rflags.If;
        bool virtualInterrupts = OperatingMode.IsVirtual8086(c) ? (s.Cr4 & Cr4.Vme) != 0 : s.Cpl == 3 && (s.Cr4 & Cr4.Pvi) != 0;
        return virtualInterrupts ? Rflags.Vif : 0;
    }

    /// <summary>The flags that a virtual-8086 program below IOPL 3 sees: IF is VIF, IOPL is 3.</summary>
    public static ulong VirtualImage(ulong flags) =>
        (flags & ~Rflags.If) | ((flags & Rflags.Vif) != 0 ? Rflags.If : 0) | Rflags.Iopl;

    /// <summary>
    /// POPF and IRET with virtual interrupts: the popped IF goes to VIF. False: #GP(0) is pending (a pending virtual interrupt, or TF).
    /// </summary>
    public static bool TryVirtualInterrupts(Core* c, ulong popped, ref ulong flags)
    {
        bool enable = (popped & Rflags.If) != 0;
        if ((popped & Rflags.Tf) != 0 || (enable && (flags & Rflags.Vip) != 0))
        {
            Fault.GeneralProtection(c);
            return false;
        }
        flags = (flags & ~Rflags.Vif) | (enable ? Rflags.Vif : 0);
        return true;
    }
}
