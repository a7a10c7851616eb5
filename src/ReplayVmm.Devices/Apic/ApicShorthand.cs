namespace ReplayVmm.Devices;

/// <summary>Destination shorthand: bits 19:18 of ICR (SDM volume 3, section 11.6.1).</summary>
public enum ApicShorthand : byte
{
    /// <summary>The destination field counts.</summary>
    None = 0,
    /// <summary>The sender alone.</summary>
    Self = 1,
    /// <summary>Everybody.</summary>
    AllIncludingSelf = 2,
    /// <summary>Everybody but the sender.</summary>
    AllExcludingSelf = 3,
}
