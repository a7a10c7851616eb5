namespace ReplayVmm.Replay;

/// <summary>Why a recording could not go on, and what of it is safe.</summary>
/// <param name="Message">One line: what, where, what to do.</param>
/// <param name="SafePosition">Events before this position are in the log.</param>
/// <param name="SafeVirtualTime">Virtual time of the last event in the log, nanoseconds.</param>
/// <param name="Cause">What was thrown.</param>
public sealed record RecorderFailure(string Message, ulong SafePosition, ulong SafeVirtualTime, Exception Cause);
