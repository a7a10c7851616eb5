namespace ReplayVmm.Processor;

/// <summary>What the instructions of the XSAVE family have in common.</summary>
internal static unsafe class ExtendedState
{
    private const ulong Alignment = 63;

    /// <summary>#UD without CR4.OSXSAVE, #GP for a privileged one outside level 0, #NM under CR0.TS.</summary>
    public static bool IsReady(Core* c, bool privileged)
    {
        if ((c->State.Cr4 & Cr4.Osxsave) == 0)
            Fault.InvalidOpcode(c);
        else if ((c->State.Cr0 & Cr0.Ts) != 0)
            Fault.Raise(c, Vector.Nm);
        else if (privileged && c->State.Cpl != 0)
            Fault.GeneralProtection(c);
        else
            return true;
        return false;
    }

    /// <summary>The components in EDX:EAX that are enabled.</summary>
    public static ulong Requested(Core* c, bool supervisor) =>
        ((uint)c->State.Gpr[0] | (c->State.Gpr[2] << 32)) & (c->State.Xcr0 | (supervisor ? c->State.Xss : 0));

    /// <summary>The image's linear address: #GP(0) where it is not a multiple of 64, then what its segment and pages say.</summary>
    public static bool TryPlace(Core* c, DecodedInstruction* i, int size, bool write, out ulong linear)
    {
        if (!AddressChecked.TryLinear(c, i, size, write, out linear))
            return false;
        if ((linear & Alignment) == 0)
            return MemoryUnit.Probe(c, linear, size, write);
        Fault.GeneralProtection(c);
        return false;
    }
}
