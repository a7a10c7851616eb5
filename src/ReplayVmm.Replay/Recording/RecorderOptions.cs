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

    /// <summary>
    /// How long the log may take to answer before <see cref="OnSilence"/> is called, and before <see cref="Recorder.Interrupt"/> gives it up.
    /// </summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Called after each commit, on the thread that commits. What it throws ends the recording.</summary>
    public Action<RecorderCommit>? OnCommit { get; init; }

    /// <summary>Called once where the recording fails, on the thread that notices: the guest may not hand over anything for a long time.</summary>
    public Action? OnFailure { get; init; }

    /// <summary>
    /// Called on the guest's thread while it waits for a log that does not answer, once each time that the log falls silent; with how long it
    /// has been.
    /// </summary>
    public Action<TimeSpan>? OnSilence { get; init; }
}
