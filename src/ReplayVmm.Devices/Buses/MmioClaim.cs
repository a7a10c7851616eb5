namespace ReplayVmm.Devices;

/// <summary>A range of guest-physical addresses that belongs to a device.</summary>
/// <param name="Device">Who answers; it sees offsets from <paramref name="Base"/>.</param>
/// <param name="Base">First guest-physical address.</param>
/// <param name="Length">Length in bytes, at least 1.</param>
public readonly record struct MmioClaim(IMmioDevice Device, ulong Base, ulong Length);
