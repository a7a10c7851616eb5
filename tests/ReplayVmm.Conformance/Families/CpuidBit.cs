namespace ReplayVmm.Conformance;

/// <summary>A feature as CPUID shows it (SDM volume 2, CPUID).</summary>
/// <param name="Leaf">EAX; ECX is 0.</param>
/// <param name="InEcx">The bit is in ECX; else in EDX.</param>
/// <param name="Bit">0 to 31.</param>
internal sealed record CpuidBit(uint Leaf, bool InEcx, byte Bit)
{
    /// <summary>CR4.MCE, and what it enables.</summary>
    public static readonly CpuidBit MachineCheckException = new(1, false, 7);
    /// <summary>MMX.</summary>
    public static readonly CpuidBit Mmx = new(1, false, 23);
    /// <summary>FXSAVE and FXRSTOR.</summary>
    public static readonly CpuidBit Fxsr = new(1, false, 24);
    /// <summary>SSE.</summary>
    public static readonly CpuidBit Sse = new(1, false, 25);
    /// <summary>XSAVE, XGETBV and XSETBV.</summary>
    public static readonly CpuidBit Xsave = new(1, true, 26);
    /// <summary>CR4.UMIP.</summary>
    public static readonly CpuidBit Umip = new(7, true, 2);
}
