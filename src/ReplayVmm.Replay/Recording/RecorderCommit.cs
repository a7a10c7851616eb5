namespace ReplayVmm.Replay;

/// <summary>What the log has acknowledged: from here on it is there, whatever happens to this program or to the log's.</summary>
/// <param name="Row">The last row.</param>
/// <param name="Position">Events before this position are in the log.</param>
/// <param name="VirtualTime">Virtual time of the last event in the log, nanoseconds.</param>
public readonly record struct RecorderCommit(long Row, ulong Position, ulong VirtualTime);
