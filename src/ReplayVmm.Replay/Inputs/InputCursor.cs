using ReplayVmm.Events;

namespace ReplayVmm.Replay;

/// <summary>
/// Walks along a log and keeps the inputs of what it has passed. It goes only as far as it is asked to, and decodes only rows that hold
/// inputs, so memory is bounded by the inputs of the rows around the present.
/// </summary>
internal sealed class InputCursor : IDisposable
{
    private readonly IEnumerator<LogRow> rows;
    private readonly long lastVersion;
    private readonly SegmentDecoder decoder = new();
    private LogRow? ahead;
    private RowHeader? aheadHeader;

    /// <summary>Begins at the first row of <paramref name="session"/> and ends at the version it has now.</summary>
    public InputCursor(IEventLog log, SessionInfo session)
    {
        lastVersion = session.Version;
        rows = log.Read(session.Id).GetEnumerator();
        Fetch();
    }

    /// <summary>Console input that was passed and not taken.</summary>
    public Queue<LoggedInput> Console { get; } = new();

    /// <summary>Entropy that was passed and not taken.</summary>
    public Queue<LoggedInput> Entropy { get; } = new();

    /// <summary>When the session ended; null while that is not passed.</summary>
    public ulong? End { get; private set; }

    /// <summary>Virtual time of the first row that was not passed; null at the end of the log.</summary>
    public ulong? Next => aheadHeader?.FirstVirtualTime;

    /// <summary>Passes every row that begins at <paramref name="time"/> or before.</summary>
    /// <exception cref="LogException">A row is damaged.</exception>
    public void PassThrough(ulong time)
    {
        while (aheadHeader is not null && aheadHeader.FirstVirtualTime <= time)
            Pass();
    }

    /// <summary>Passes one row.</summary>
    public void Pass()
    {
        RowHeader header = aheadHeader!;
        bool inputs = header.CountOf(EventKind.ConsoleInput) + header.CountOf(EventKind.EntropyDrawn) + header.CountOf(EventKind.SessionEnded) > 0;
        if (inputs)
        {
            decoder.Decode(ahead!);
            foreach (ref readonly Event e in decoder.Events)
                Keep(e);
        }

        Fetch();
    }

    /// <inheritdoc/>
    public void Dispose() => rows.Dispose();

    private void Keep(in Event e)
    {
        switch (e.Kind)
        {
            case EventKind.ConsoleInput:
                Console.Enqueue(new LoggedInput(e.VirtualTime, 0, e.Payload(decoder.Arena).ToArray()));
                break;
            case EventKind.EntropyDrawn:
                Entropy.Enqueue(new LoggedInput(e.VirtualTime, e.A, []));
                break;
            case EventKind.SessionEnded:
                End = e.VirtualTime;
                break;
        }
    }

    private void Fetch()
    {
        ahead = rows.MoveNext() && rows.Current.Version <= lastVersion ? rows.Current : null;
        aheadHeader = ahead is null ? null : RowHeader.Of(ahead);
    }
}
