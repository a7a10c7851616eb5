namespace ReplayVmm.Replay;

/// <summary>How a replay came out.</summary>
public enum ReplayOutcome
{
    /// <summary>Every event was equal, to the end of the session.</summary>
    Identical,
    /// <summary>Every event was equal, to the end of a recording that was cut short.</summary>
    IdenticalPrefix,
    /// <summary>Every event was equal, to the position that was asked for.</summary>
    IdenticalToPosition,
    /// <summary>The run differs; there is a <see cref="Divergence"/>.</summary>
    Diverged,
    /// <summary>Stopped on request; equal so far.</summary>
    Cancelled,
}

/// <summary>What a replay found.</summary>
/// <param name="Outcome">How it came out.</param>
/// <param name="Divergence">The first difference, where there is one.</param>
/// <param name="Equal">Events that were compared and equal.</param>
/// <param name="Position">Position where the run stopped.</param>
/// <param name="VirtualTime">Virtual time where the run stopped, nanoseconds.</param>
/// <param name="Instructions">Instructions that the run completed.</param>
/// <param name="End">The end of the recording; null where it was cut short.</param>
public sealed record ReplayReport(
    ReplayOutcome Outcome, Divergence? Divergence, long Equal, ulong Position, ulong VirtualTime, ulong Instructions, RecordedEnd? End);
