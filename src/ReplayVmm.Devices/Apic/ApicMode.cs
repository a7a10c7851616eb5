namespace ReplayVmm.Devices;

/// <summary>How a local APIC is switched on: the EN and EXTD bits of IA32_APIC_BASE (SDM volume 3, section 11.12.1).</summary>
public enum ApicMode : byte
{
    /// <summary>EN = 0: LINT0 is the INTR pin and LINT1 the NMI pin.</summary>
    Disabled = 0,
    /// <summary>EN = 1, EXTD = 0: registers in memory.</summary>
    XApic = 1,
    /// <summary>EN = 1, EXTD = 1: registers are MSRs 800h to 83Fh.</summary>
    X2Apic = 2,
}
