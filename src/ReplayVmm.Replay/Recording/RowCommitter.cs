using ReplayVmm.Events;

namespace ReplayVmm.Replay;

/// <summary>
/// Turns batches into rows and makes them durable, one transaction at a time: while the log is busy with one, the rows of the next are encoded.
/// Knows what is safe, and why no more will be.
/// </summary>
/// <remarks>Encoding, committing and finishing are for one thread; the rest may be asked from any.</remarks>
/// <param name="log">Where rows go.</param>
/// <param name="clock">Says since when the log is to answer.</param>
/// <param name="options">Whom to tell.</param>
/// <param name="wake">Wakes a guest that waits for the log.</param>
internal sealed class RowCommitter(ISessionWriter log, TimeProvider clock, RecorderOptions options, Action wake) : IDisposable
{
    private readonly SegmentWriter segments = new();
    private List<LogRow> rows = [];
    private List<LogRow> appended = [];
    private Task appending = Task.CompletedTask;
    private volatile DurableRows durable = new(new RecorderCommit(0, 0, 0), 0, 0, 0);
    private volatile RecorderFailure? failure;
    private long askedAt;

    /// <summary>Why the recording could not go on; null while it can.</summary>
    public RecorderFailure? Failure => failure;

    /// <summary>What is in the log.</summary>
    public DurableRows Durable => durable;

    /// <summary>Bytes of rows that no transaction has taken yet.</summary>
    public long PendingBytes { get; private set; }

    /// <summary>Since when the log is to answer, a timestamp of the clock; 0 while nothing is asked of it.</summary>
    public long AskedAt => Interlocked.Read(ref askedAt);

    /// <summary>Makes rows of a batch, as far as they are full.</summary>
    public void Encode(EventBatch batch)
    {
        int before = rows.Count;
        segments.Append(batch.Events, batch.Arena, rows);
        CountBytes(before);
    }

    /// <summary>Ends the last row and begins a transaction with all there are, when the one before is durable.</summary>
    public void Commit()
    {
        int before = rows.Count;
        segments.Flush(rows);
        CountBytes(before);
        if (rows.Count > 0)
            BeginAppend();
        PendingBytes = 0;
    }

    /// <summary>Waits until everything is durable, and has the head signed if anything is.</summary>
    public void Finish(Func<long, byte[], HeadSignature>? signer)
    {
        WaitForAppend();
        if (signer is not null && durable.Last.Row > 0)
            Ask(() => log.Sign(signer(segments.Version, segments.Head.ToArray())));
    }

    /// <summary>The recording cannot go on; whoever wants to know is told the first time.</summary>
    public void Fail(Exception e)
    {
        if (SetFailure(e))
            options.OnFailure?.Invoke();
    }

    /// <summary>False where something failed before.</summary>
    public bool SetFailure(Exception e)
    {
        RecorderCommit safe = durable.Last;
        return Interlocked.CompareExchange(ref failure, new RecorderFailure(e.Message, safe.Position, safe.VirtualTime, e), null) is null;
    }

    /// <inheritdoc/>
    public void Dispose() => segments.Dispose();

    private void BeginAppend()
    {
        WaitForAppend();
        List<LogRow> taken = rows;
        rows = appended;
        appended = taken;
        var commit = new RecorderCommit(segments.Version, segments.SafePosition, segments.SafeVirtualTime);
        DurableRows before = durable;
        var after = new DurableRows(commit, segments.EventsWritten, before.Bytes + PendingBytes, before.Transactions + 1);
        appending = Task.Run(() => MakeDurable(taken, after));
    }

    private void WaitForAppend() => appending.GetAwaiter().GetResult();

    private void MakeDurable(List<LogRow> taken, DurableRows after)
    {
        try
        {
            Ask(() => log.Append(taken));
            durable = after;
            options.OnCommit?.Invoke(after.Last);
        }
        catch (Exception e)
        {
            // The guest must learn of it now, not when the writer next looks.
            Fail(e);
            wake();
            throw;
        }

        taken.Clear();
    }

    private void CountBytes(int from)
    {
        for (int i = from; i < rows.Count; i++)
            PendingBytes += rows[i].Binary.Length;
    }

    /// <summary>Asks something of the log; whoever waits for it can see since when.</summary>
    private void Ask(Action question)
    {
        Interlocked.Exchange(ref askedAt, Math.Max(1, clock.GetTimestamp()));
        question();
        Interlocked.Exchange(ref askedAt, 0);
    }
}
