namespace ReplayVmm.Processor;

/// <summary>Types of interruption (SDM table 25-17).</summary>
internal enum InterruptionType : byte
{
    /// <summary>External interrupt.</summary>
    External = 0,
    /// <summary>NMI.</summary>
    Nmi = 2,
    /// <summary>Exception that the processor raised.</summary>
    HardwareException = 3,
    /// <summary>INT n.</summary>
    Software = 4,
    /// <summary>INT1.</summary>
    PrivilegedSoftwareException = 5,
    /// <summary>INT3 and INTO.</summary>
    SoftwareException = 6,
}
