namespace ReplayVmm.Processor;

/// <summary>
/// INT n, INT3, INTO, INT1 (SDM volume 2; in virtual-8086 mode volume 3, 20.3: IOPL, and the redirection bitmap where CR4.VME is set).
/// </summary>
internal static unsafe class SoftwareInterrupts
{
    /// <summary>INT n.</summary>
    public static bool BindInt(ref BindContext b)
    {
        b.Target->Immediate = b.Source.Immediate8;
        b.Target->Handler = &Int;
        return true;
    }

    /// <summary>INT3.</summary>
    public static bool BindInt3(ref BindContext b)
    {
        b.Target->Handler = &Int3;
        return true;
    }

    /// <summary>INTO.</summary>
    public static bool BindInto(ref BindContext b)
    {
        b.Target->Handler = &Into;
        return true;
    }

    /// <summary>INT1.</summary>
    public static bool BindInt1(ref BindContext b)
    {
        b.Target->Handler = &Int1;
        return true;
    }

    private static Outcome Int(Core* c, DecodedInstruction* i)
    {
        byte vector = (byte)i->Immediate;
        if (OperatingMode.IsVirtual8086(c))
        {
            bool virtualMode = (c->State.Cr4 & Cr4.Vme) != 0;
            if (virtualMode)
            {
                if (!TaskState.TryIsRedirected(c, vector, out bool redirected))
                    return Outcome.Stop;
                if (redirected)
                    return EnterVirtual8086(c, i, vector);
            }
            if (OperatingMode.Iopl(c) < 3)
                return Fault.GeneralProtection(c);
        }
        return Enter(c, i, vector, InterruptionType.Software);
    }

    private static Outcome Int3(Core* c, DecodedInstruction* i) => Enter(c, i, Vector.Bp, InterruptionType.SoftwareException);

    private static Outcome Int1(Core* c, DecodedInstruction* i) => Enter(c, i, Vector.Db, InterruptionType.PrivilegedSoftwareException);

    private static Outcome Into(Core* c, DecodedInstruction* i) =>
        Flags.Overflow(c) ? Enter(c, i, Vector.Of, InterruptionType.SoftwareException) : OperatingMode.GoOn(c, i);

    private static Outcome Enter(Core* c, DecodedInstruction* i, byte vector, InterruptionType type)
    {
        // INT3, INTO and INT1 are exceptions to the bitmap, INT n is not (SDM 25.2).
        if (type != InterruptionType.Software && (Exits.Controls(c).ExceptionBitmap & (1u << vector)) != 0)
            return Exits.RaiseException(c, i, vector, type);
        ulong block = c->State.Rip;
        c->State.Rip = OperatingMode.Next(c, i);
        if (Interruption.Deliver(c, vector, type, hasErrorCode: false, 0))
        {
            c->StepsByNewFlags = true;
            return Outcome.Serialize;
        }
        c->State.Rip = block;
        return Outcome.Stop;
    }

    /// <summary>INT n that the redirection bitmap sends to the virtual machine's own vector table at linear address 0.</summary>
    private static Outcome EnterVirtual8086(Core* c, DecodedInstruction* i, byte vector)
    {
        ulong block = c->State.Rip, image = Flags.Materialize(c), enable = Rflags.If;
        if (OperatingMode.Iopl(c) < 3)
            (image, enable) = (FlagInstructions.VirtualImage(image), Rflags.Vif);
        c->State.Rip = OperatingMode.Next(c, i);
        if (Interruption.EnterReal(c, (uint)vector * 4, image, enable | Rflags.Tf | Rflags.Rf))
        {
            c->StepsByNewFlags = true;
            Translations.ModeChanged(c);
            return Outcome.Serialize;
        }
        c->State.Rip = block;
        return Outcome.Stop;
    }
}
