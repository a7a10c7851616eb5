namespace ReplayVmm.Hypervisor;

/// <summary>Numbers of the MSRs that the monitor treats by name (SDM volume 4).</summary>
public static class MonitorMsr
{
#pragma warning disable CS1591 // the manual's own names
    public const uint TimeStampCounter = 0x10, ApicBase = 0x1B, TscAdjust = 0x3B, MtrrCap = 0xFE, Pat = 0x277, MtrrDefType = 0x2FF,
        TscDeadline = 0x6E0, X2ApicFirst = 0x800, X2ApicLast = 0x8FF, Efer = 0xC000_0080, FsBase = 0xC000_0100, GsBase = 0xC000_0101,
        KernelGsBase = 0xC000_0102;
#pragma warning restore CS1591

    /// <summary>True for the local APIC's registers, which the device keeps: IA32_TSC_DEADLINE and 800h to 8FFh.</summary>
    public static bool IsLocalApic(uint index) => index is TscDeadline or (>= X2ApicFirst and <= X2ApicLast);
}
