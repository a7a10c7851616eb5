using ReplayVmm.Events;

namespace ReplayVmm.Replay;

/// <summary>
/// The recorded events that a run is compared with, one after the other, with memory bounded by two rows: while one is compared, another
/// thread reads and decodes the next.
/// </summary>
internal sealed class ExpectedEvents : IDisposable
{
    private readonly IEnumerator<LogRow> rows;
    private readonly long lastVersion;
    private readonly bool[] compared;
    private readonly EventHistory history;
    // Only the task touches the rows, the reader and the next row; only the run's thread touches the present row.
    private readonly SegmentReader reader = new();
    private DecodedRow row = new(), next = new();
    private Task<bool> ahead;
    private bool atEnd;
    private int index;

    /// <summary>Begins at the first event of <paramref name="session"/> and ends at the version it has now.</summary>
    /// <param name="log">Where it is.</param>
    /// <param name="session">Which it is.</param>
    /// <param name="compared">Which kinds are compared, by number.</param>
    /// <param name="history">Gets the last events of each row when it is left.</param>
    public ExpectedEvents(IEventLog log, SessionInfo session, bool[] compared, EventHistory history)
    {
        this.compared = compared;
        this.history = history;
        lastVersion = session.Version;
        rows = log.Read(session.Id).GetEnumerator();
        ahead = Task.Run(ReadAhead);
    }

    /// <summary>The expected event, after <see cref="MoveToNext"/> returned true.</summary>
    public ref readonly Event Current => ref row.Events[index];

    /// <summary>The arena of its payload.</summary>
    public ReadOnlySpan<byte> Arena => row.Arena;

    /// <summary>Goes to the first event from here on that is compared; stays where it is already one.</summary>
    /// <returns>False at the end of the log.</returns>
    /// <exception cref="LogException">A row is damaged.</exception>
    public bool MoveToNext()
    {
        while (true)
        {
            ReadOnlySpan<Event> events = row.Events;
            while (index < events.Length)
            {
                if (compared[(byte)events[index].Kind])
                    return true;
                index++;
            }

            // As an awaiter, so that a damaged row is the exception that it is on this thread too.
            if (atEnd || !ahead.GetAwaiter().GetResult())
            {
                atEnd = true;
                return false;
            }

            Remember();
            (row, next) = (next, row);
            index = 0;
            ahead = Task.Run(ReadAhead);
        }
    }

    /// <summary>
    /// Leaves the next event behind where it is in this row, has no payload and is <paramref name="actual"/> to the bit; otherwise nothing happens.
    /// </summary>
    public bool PassIfEqual(in Event actual)
    {
        ReadOnlySpan<Event> events = row.Events;
        if (index >= events.Length || actual.PayloadLength != 0 || !Same(in events[index], in actual))
            return false;
        index++;
        return true;
    }

    /// <summary>Leaves the current event behind.</summary>
    public void Pass() => index++;

    /// <summary>Puts the last events of this row that were left behind into the history.</summary>
    public void Remember()
    {
        ReadOnlySpan<Event> passed = row.Events[..index];
        int from = passed.Length;
        for (int wanted = history.Capacity; from > 0 && wanted > 0; from--)
        {
            if (compared[(byte)passed[from - 1].Kind])
                wanted--;
        }

        for (; from < passed.Length; from++)
        {
            if (compared[(byte)passed[from].Kind])
                history.Add(passed[from], row.Arena);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // What it reads is no longer wanted, nor is the reason why it could not.
        ahead.ContinueWith(static _ => { }, TaskScheduler.Default).Wait();
        rows.Dispose();
        reader.Dispose();
    }

    // Field by field, as the machine has just written them: a wider load would wait for those stores to drain.
    private static bool Same(in Event a, in Event b) =>
        ((a.Position ^ b.Position) | (a.VirtualTime ^ b.VirtualTime) | (a.A ^ b.A) | (a.B ^ b.B) | (a.C ^ b.C) | (a.D ^ b.D) | (a.E ^ b.E)) == 0
        && a.Kind == b.Kind && a.Vm == b.Vm && a.Vcpu == b.Vcpu && a.PayloadLength == b.PayloadLength;

    private bool ReadAhead()
    {
        if (reader.Version >= lastVersion || !rows.MoveNext())
            return false;
        reader.Read(rows.Current);
        next.Take(reader);
        return true;
    }
}
