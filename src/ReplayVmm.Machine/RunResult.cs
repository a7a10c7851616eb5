namespace ReplayVmm.Machine;

/// <summary>How a run ended.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Code">The guest's exit code with <see cref="EndReason.GuestExit"/>; an error number with
/// <see cref="EndReason.InternalError"/>; else 0.</param>
/// <param name="Position">The position after the last counted event.</param>
/// <param name="VirtualTime">Virtual nanoseconds.</param>
/// <param name="Instructions">Instructions that all vCPUs completed.</param>
public readonly record struct RunResult(EndReason Reason, uint Code, ulong Position, ulong VirtualTime, ulong Instructions);
