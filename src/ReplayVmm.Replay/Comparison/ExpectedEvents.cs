using ReplayVmm.Events;

namespace ReplayVmm.Replay;

/// <summary>The recorded events that a run is compared with, one after the other, with memory bounded by a row.</summary>
internal sealed class ExpectedEvents : IDisposable
{
    private readonly IEnumerator<LogRow> rows;
    private readonly SegmentReader reader = new();
    private readonly long lastVersion;
    private readonly bool[] compared;
    private int index;

    /// <summary>Begins at the first event of <paramref name="session"/> and ends at the version it has now.</summary>
    /// <param name="log">Where it is.</param>
    /// <param name="session">Which it is.</param>
    /// <param name="compared">Which kinds are compared, by number.</param>
    public ExpectedEvents(IEventLog log, SessionInfo session, bool[] compared)
    {
        this.compared = compared;
        lastVersion = session.Version;
        rows = log.Read(session.Id).GetEnumerator();
    }

    /// <summary>The expected event, after <see cref="MoveToNext"/> returned true.</summary>
    public ref readonly Event Current => ref reader.Events[index];

    /// <summary>The arena of its payload.</summary>
    public ReadOnlySpan<byte> Arena => reader.Arena;

    /// <summary>Goes to the first event from here on that is compared; stays where it is already one.</summary>
    /// <returns>False at the end of the log.</returns>
    /// <exception cref="LogException">A row is damaged.</exception>
    public bool MoveToNext()
    {
        while (true)
        {
            ReadOnlySpan<Event> events = reader.Events;
            while (index < events.Length)
            {
                if (compared[(byte)events[index].Kind])
                    return true;
                index++;
            }

            if (reader.Version >= lastVersion || !rows.MoveNext())
                return false;
            reader.Read(rows.Current);
            index = 0;
        }
    }

    /// <summary>Leaves the current event behind.</summary>
    public void Pass() => index++;

    /// <inheritdoc/>
    public void Dispose()
    {
        rows.Dispose();
        reader.Dispose();
    }
}
