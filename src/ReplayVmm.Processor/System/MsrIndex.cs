namespace ReplayVmm.Processor;

/// <summary>Numbers of the model-specific registers that live in <see cref="CpuState"/> (SDM volume 4).</summary>
public static class MsrIndex
{
#pragma warning disable CS1591 // the manual's own names
    public const uint TimeStampCounter = 0x10, SysenterCs = 0x174, SysenterEsp = 0x175, SysenterEip = 0x176, DebugCtl = 0x1D9, Pat = 0x277, Xss = 0xDA0,
        Efer = 0xC0000080, Star = 0xC0000081, Lstar = 0xC0000082, Cstar = 0xC0000083, Fmask = 0xC0000084, FsBase = 0xC0000100, GsBase = 0xC0000101,
        KernelGsBase = 0xC0000102, TscAux = 0xC0000103;
#pragma warning restore CS1591
}
