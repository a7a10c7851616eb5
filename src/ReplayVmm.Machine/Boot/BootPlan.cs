namespace ReplayVmm.Machine;

/// <summary>What a loader made of a boot image: how the first processor starts, and what lies in memory then.</summary>
/// <param name="Boot">Goes into the manifest.</param>
/// <param name="Images">Goes into memory, in this order.</param>
public sealed record BootPlan(BootManifest Boot, IReadOnlyList<MemoryImage> Images);
