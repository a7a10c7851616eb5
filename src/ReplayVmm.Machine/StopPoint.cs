namespace ReplayVmm.Machine;

/// <summary>
/// An exact point of a run, taken from the <c>SessionEnded</c> event of a recording: a run that reaches it ends there for the same
/// reason. A run that ends by itself before it
/// ends for its own reason.
/// </summary>
/// <param name="Position">The position of <c>SessionEnded</c>.</param>
/// <param name="VirtualTime">Its virtual time in nanoseconds.</param>
/// <param name="Reason">Its reason.</param>
/// <param name="Code">Its code.</param>
public readonly record struct StopPoint(ulong Position, ulong VirtualTime, EndReason Reason, uint Code);
