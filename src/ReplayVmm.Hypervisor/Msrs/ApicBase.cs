namespace ReplayVmm.Hypervisor;

/// <summary>Bits of IA32_APIC_BASE (SDM volume 3, 11.4.4 and 11.12.1).</summary>
public static class ApicBase
{
    /// <summary>This is the processor that boots.</summary>
    public const ulong BootstrapProcessor = 1 << 8;
    /// <summary>x2APIC mode.</summary>
    public const ulong X2Apic = 1 << 10;
    /// <summary>The local APIC is on.</summary>
    public const ulong Enabled = 1 << 11;
    /// <summary>Where the registers are after power-on.</summary>
    public const ulong DefaultAddress = 0xFEE0_0000;
    /// <summary>The page of the registers.</summary>
    public const ulong AddressMask = 0xF_FFFF_FFFF_F000;
}
