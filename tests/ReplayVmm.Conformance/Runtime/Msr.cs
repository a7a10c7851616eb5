namespace ReplayVmm.Conformance;

/// <summary>Numbers of model-specific registers (SDM volume 4, 2.1).</summary>
internal static class Msr
{
    /// <summary>What SYSENTER and SYSEXIT load.</summary>
    public const uint SysenterCs = 0x174, SysenterEsp = 0x175, SysenterEip = 0x176;
    /// <summary>DEBUGCTL.</summary>
    public const uint DebugControl = 0x1D9;
    /// <summary>EFER.</summary>
    public const uint Efer = 0xC000_0080;
    /// <summary>What SYSCALL and SYSRET load.</summary>
    public const uint Star = 0xC000_0081, Lstar = 0xC000_0082, Cstar = 0xC000_0083, Fmask = 0xC000_0084;
    /// <summary>What SWAPGS swaps with GS's base.</summary>
    public const uint KernelGsBase = 0xC000_0102;
}
