using System.Globalization;
using ReplayVmm.Events;

namespace ReplayVmm.Replay;

/// <summary>
/// Writes a running machine's events into a log. The guest's thread copies them into batches; a thread of its own encodes and
/// chains them, and goes on with that while the log makes the transaction before durable. The queue between is bounded: a guest that is
/// faster than the log waits, and nothing is dropped. Where the log fails,
/// <see cref="Append"/> returns false, so that the machine stops, and <see cref="Failure"/> says what is safe. A log that neither answers nor
/// fails is waited for; <see cref="Interrupt"/> ends that.
/// </summary>
/// <remarks>
/// <see cref="Append"/> is for one thread and allocates nothing once batches have grown. When a commit is due is decided by the wall clock,
/// which reaches neither the guest nor the order of events: rows may be cut differently, their content may not.
/// </remarks>
public sealed class Recorder : IEventSink, IDisposable
{
    private const int SampleEvery = 256;

    private readonly RecorderOptions options;
    private readonly TimeProvider clock;
    private readonly Thread thread;
    private readonly RowCommitter rows;

    // Shared, under the gate.
    private readonly Lock gate = new();
    private readonly AutoResetEvent work = new(false);
    private readonly AutoResetEvent room = new(false);
    private readonly Queue<EventBatch> full;
    private readonly Stack<EventBatch> free;
    private EventBatch filling;
    private bool writerIdle;
    private bool published;
    private bool finishing;
    private volatile bool interrupted;
    private volatile bool writerEnded;
    private volatile bool abandoned;

    // The guest's thread.
    private long calls;
    private long sampledTicks;
    private long blockedTicks;
    private long toldSilenceOf;
    private bool finished;
    private Func<long, byte[], HeadSignature>? signer;

    // The writer's thread.
    private long waitingSince;
    private bool anyWaiting;
    private bool busy;

    /// <summary>Starts the writer's thread on <paramref name="log"/>, which stays the caller's to dispose of.</summary>
    /// <param name="log">Where rows go.</param>
    /// <param name="clock">The wall clock that says when a commit is due.</param>
    /// <param name="options">How to cut and commit.</param>
    public Recorder(ISessionWriter log, TimeProvider clock, RecorderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(log);
        ArgumentNullException.ThrowIfNull(clock);
        this.options = options ?? new RecorderOptions();
        this.clock = clock;
        rows = new RowCommitter(log, clock, this.options, () => room.Set());
        ArgumentOutOfRangeException.ThrowIfLessThan(this.options.Batches, 3, nameof(options));
        full = new Queue<EventBatch>(this.options.Batches);
        free = new Stack<EventBatch>(this.options.Batches);
        for (int i = 0; i < this.options.Batches; i++)
            free.Push(new EventBatch());
        filling = free.Pop();
        thread = new Thread(Write) { IsBackground = true, Name = "recorder" };
        thread.Start();
    }

    /// <summary>Why the recording could not go on; null while it can.</summary>
    public RecorderFailure? Failure => rows.Failure;

    /// <inheritdoc/>
    public bool Append(ReadOnlySpan<Event> events, ReadOnlySpan<byte> arena)
    {
        ObjectDisposedException.ThrowIf(finished, this);
        bool sample = ++calls % SampleEvery == 0;
        long start = sample ? clock.GetTimestamp() : 0;
        long blocked = blockedTicks;
        bool goOn = Copy(events, arena);
        if (sample)
            sampledTicks += clock.GetTimestamp() - start - (blockedTicks - blocked);
        return goOn;
    }

    /// <summary>
    /// The operator wants an end: a log that does not answer is no longer waited for. While it answers, nothing changes. From any thread.
    /// </summary>
    public void Interrupt()
    {
        interrupted = true;
        room.Set();
    }

    /// <summary>
    /// Writes and commits everything, signs the head, and ends the thread. The last call.
    /// </summary>
    /// <param name="sign">Signs the head that it is given with its row's version; null where nobody signs.</param>
    /// <returns>What it cost; look at <see cref="Failure"/> as well.</returns>
    public RecorderStatistics Finish(Func<long, byte[], HeadSignature>? sign = null)
    {
        if (!finished)
        {
            signer = sign;
            Stop();
        }

        double cost = calls < SampleEvery ? 0 : sampledTicks * (double)calls / (calls / SampleEvery);
        lock (gate)
        {
            long queue = free.Concat(full).Append(filling).Sum(batch => batch.HeldBytes);
            DurableRows done = rows.Durable;
            return new RecorderStatistics(
                done.Events, done.Last.Position, done.Last.Row, done.Bytes, done.Transactions, Time((long)cost), Time(blockedTicks), queue);
        }
    }

    /// <summary>Ends the thread after it has written what it has; see <see cref="Finish"/>.</summary>
    public void Dispose()
    {
        if (!finished)
            Stop();
        // A thread that nobody waits for may still come back to them.
        if (abandoned)
            return;
        rows.Dispose();
        work.Dispose();
        room.Dispose();
    }

    private void Stop()
    {
        finished = true;
        lock (gate)
            finishing = true;
        work.Set();
        while (!writerEnded && !abandoned)
            WaitForLog();
        if (!abandoned)
            thread.Join();
    }

    private TimeSpan Time(long ticks) => clock.GetElapsedTime(0, ticks);

    private bool Copy(ReadOnlySpan<Event> events, ReadOnlySpan<byte> arena)
    {
        int next = 0;
        while (true)
        {
            bool wake;
            lock (gate)
            {
                if (rows.Failure is not null)
                    return false;
                published = false;
                while (next < events.Length && (filling.TryAdd(events[next], arena) || TryPublish(events[next], arena)))
                    next++;
                wake = writerIdle || published;
                writerIdle = false;
            }

            if (wake)
                work.Set();
            if (next == events.Length)
                return true;
            WaitForRoom();
        }
    }

    /// <summary>Hands the full batch over and puts the event into a free one, if there is one.</summary>
    private bool TryPublish(in Event e, ReadOnlySpan<byte> arena)
    {
        if (free.Count == 0)
            return false;
        full.Enqueue(filling);
        filling = free.Pop();
        published = true;
        return filling.TryAdd(e, arena);
    }

    private void WaitForRoom()
    {
        long start = clock.GetTimestamp();
        WaitForLog();
        blockedTicks += clock.GetTimestamp() - start;
    }

    /// <summary>Waits for a sign of life of the writer; tells of a log that is silent, and gives it up where the operator wants an end.</summary>
    private void WaitForLog()
    {
        if (room.WaitOne(options.Patience) && !interrupted)
            return;
        long asked = rows.AskedAt;
        TimeSpan silence = asked == 0 ? TimeSpan.Zero : clock.GetElapsedTime(asked);
        if (silence < options.Patience)
            return;
        if (interrupted)
            Abandon(silence);
        else if (toldSilenceOf != asked)
            options.OnSilence?.Invoke(silence);
        toldSilenceOf = asked;
    }

    /// <summary>The writer's thread stays where it is, in the log's hands; it ends with the process, or when the log answers after all.</summary>
    private void Abandon(TimeSpan silence)
    {
        abandoned = true;
        var cause = new LogException(
            LogTrouble.Unavailable,
            string.Create(CultureInfo.InvariantCulture, $"the log has not answered for {silence.TotalSeconds:0} s and was given up; see that its server runs"));
        rows.SetFailure(cause);
    }

    private void Write()
    {
        try
        {
            bool more = true;
            while (more)
            {
                EventBatch? batch = Take(out bool due, out more);
                if (batch is not null)
                    Encode(batch);
                if (due || rows.PendingBytes >= options.CommitBytes)
                    Commit();
            }

            rows.Finish(signer);
        }
#pragma warning disable CA1031 // Whatever happened, the guest must stop and the operator must learn what is safe.
        catch (Exception e)
#pragma warning restore CA1031
        {
            rows.Fail(e);
        }
        finally
        {
            writerEnded = true;
            // Where nobody waited for this thread, what it would wake may be gone; nothing else is left to do.
            if (!abandoned)
                room.Set();
        }
    }

    /// <summary>Waits for a batch or for a commit to be due.</summary>
    private EventBatch? Take(out bool due, out bool more)
    {
        while (true)
        {
            TimeSpan wait = Timeout.InfiniteTimeSpan;
            lock (gate)
            {
                more = true;
                anyWaiting |= full.Count > 0 || filling.Count > 0;
                if (anyWaiting && waitingSince == 0)
                    waitingSince = clock.GetTimestamp();
                if (full.TryDequeue(out EventBatch? batch))
                {
                    busy = true;
                    due = Left() <= TimeSpan.Zero;
                    return batch;
                }

                if (finishing || (anyWaiting && Left() <= TimeSpan.Zero))
                {
                    due = true;
                    more = !finishing;
                    return TakeUnfinished();
                }

                // Time passes between two looks at the clock: what was left a moment ago may have become less than nothing.
                if (anyWaiting)
                    wait = Left() is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;
                else
                    writerIdle = true;
            }

            work.WaitOne(wait);
        }
    }

    private EventBatch? TakeUnfinished()
    {
        if (filling.Count == 0)
            return null;
        EventBatch batch = filling;
        filling = free.Pop();
        return batch;
    }

    private TimeSpan Left() => (busy ? options.BusyCommit : options.QuietCommit) - clock.GetElapsedTime(waitingSince);

    private void Encode(EventBatch batch)
    {
        rows.Encode(batch);
        batch.Clear();
        lock (gate)
            free.Push(batch);
        room.Set();
    }

    private void Commit()
    {
        rows.Commit();
        waitingSince = 0;
        anyWaiting = false;
        busy = false;
    }
}
