namespace ReplayVmm.Devices;

/// <summary>
/// What an interrupt message does to the processor that takes it: bits 10:8 of ICR and LVT (SDM volume 3, sections 11.5.1 and 11.6.1).
/// </summary>
public enum ApicDeliveryMode : byte
{
    /// <summary>The vector goes to IRR.</summary>
    Fixed = 0,
    /// <summary>Fixed, to that one of the matching processors that is busy with the least.</summary>
    LowestPriority = 1,
    /// <summary>System management interrupt.</summary>
    Smi = 2,
    /// <summary>Reserved; ignored.</summary>
    Reserved = 3,
    /// <summary>Non-maskable interrupt.</summary>
    Nmi = 4,
    /// <summary>INIT.</summary>
    Init = 5,
    /// <summary>Start-up IPI; the vector is the page number where the processor starts.</summary>
    StartUp = 6,
    /// <summary>The vector comes from an 8259A.</summary>
    ExtInt = 7,
}
