namespace ReplayVmm.Replay;

/// <summary>How a <see cref="Recorder"/> cuts and commits. The defaults are the design's.</summary>
public sealed record RecorderOptions
{
    /// <summary>Batches between the guest and the writer, at least 3. Each holds up to 4,096 events and about 1 MiB of payloads.</summary>
    public int Batches { get; init; } = 16;

    /// <summary>How long an event waits at most for its commit while batches fill up.</summary>
    public TimeSpan BusyCommit { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How long an event waits at most for its commit while little happens.</summary>
    public TimeSpan QuietCommit { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Bytes of rows that make a commit due at once.</summary>
    public int CommitBytes { get; init; } = 16 << 20;
}
