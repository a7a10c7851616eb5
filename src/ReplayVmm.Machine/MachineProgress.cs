namespace ReplayVmm.Machine;

/// <summary>Where a run stands, for a progress bar.</summary>
/// <param name="Position">The next counted event's position.</param>
/// <param name="VirtualTime">Virtual nanoseconds.</param>
/// <param name="Instructions">Instructions completed.</param>
public readonly record struct MachineProgress(ulong Position, ulong VirtualTime, ulong Instructions);
