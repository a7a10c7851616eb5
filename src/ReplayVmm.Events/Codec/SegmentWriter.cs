namespace ReplayVmm.Events;

/// <summary>
/// Turns the stream of a session's events into rows: it cuts segments, keeps the chain of hashes and the content hash. What is
/// appended is buffered until a row is full or <see cref="Flush"/> is called.
/// </summary>
/// <remarks>
/// A <see cref="EventKind.SessionEnded"/> whose payload is the final state digest alone gets the content hash of everything before
/// it added to its payload. Not for several threads at once.
/// </remarks>
public sealed class SegmentWriter : IDisposable
{
    private readonly SegmentEncoder encoder = new();
    private readonly ChainHash chain = new();
    private readonly ContentHash content = new();
    private readonly byte[] sessionEnd = new byte[SessionEnded.PayloadSize];
    private Event[] events = new Event[SegmentLimits.MaxEvents];
    private byte[] arena = new byte[1 << 16];
    private int count;
    private int arenaLength;

    /// <summary>Version of the last row that was cut; 0 before the first.</summary>
    public long Version { get; private set; }

    /// <summary>The position after the last event of the last row that was cut.</summary>
    public ulong SafePosition { get; private set; }

    /// <summary>Virtual time of the last event of the last row that was cut, nanoseconds.</summary>
    public ulong SafeVirtualTime { get; private set; }

    /// <summary>Number of events in rows that were cut.</summary>
    public long EventsWritten { get; private set; }

    /// <summary>Events that are buffered and in no row yet.</summary>
    public int Buffered => count;

    /// <summary>The chain's link at the last row that was cut: 32 bytes.</summary>
    public ReadOnlySpan<byte> Head => chain.Link;

    /// <summary>Takes <paramref name="newEvents"/> and adds the rows that became full to <paramref name="rows"/>.</summary>
    /// <exception cref="ArgumentException">A position does not follow, or a payload is larger than a row can hold.</exception>
    public void Append(ReadOnlySpan<Event> newEvents, ReadOnlySpan<byte> newArena, ICollection<LogRow> rows)
    {
        foreach (ref readonly Event e in newEvents)
        {
            ReadOnlySpan<byte> payload = e.Payload(newArena);
            if (e.Kind == EventKind.SessionEnded)
                payload = CompleteSessionEnd(payload);
            bool own = EventSchema.IsOwnRow(e.Kind);
            if (own || count == SegmentLimits.MaxEvents || arenaLength + (long)payload.Length > SegmentLimits.PayloadCut)
                Flush(rows);
            Store(e, payload);
            if (own || count == SegmentLimits.MaxEvents)
                Flush(rows);
        }
    }

    /// <summary>Makes a row of what is buffered, if anything is, and adds it to <paramref name="rows"/>.</summary>
    public void Flush(ICollection<LogRow> rows)
    {
        if (count == 0)
            return;
        LogRow row = encoder.Encode(events.AsSpan(0, count), arena.AsSpan(0, arenaLength), Version + 1, chain.Link);
        chain.Append(row.Binary.Span);
        Version++;
        SafePosition = encoder.Header.NextPosition;
        SafeVirtualTime = encoder.Header.LastVirtualTime;
        EventsWritten += count;
        count = 0;
        arenaLength = 0;
        rows.Add(row);
    }

    /// <summary>The content hash of all events appended so far, buffered ones included: 32 bytes.</summary>
    public void CopyContentHash(Span<byte> hash) => content.CopyTo(hash);

    /// <inheritdoc/>
    public void Dispose()
    {
        chain.Dispose();
        content.Dispose();
    }

    private ReadOnlySpan<byte> CompleteSessionEnd(ReadOnlySpan<byte> payload)
    {
        if (payload.Length != SessionEnded.DigestSize)
            return payload;
        payload.CopyTo(sessionEnd);
        content.CopyTo(sessionEnd.AsSpan(SessionEnded.DigestSize));
        return sessionEnd;
    }

    private void Store(in Event e, ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty)
        {
            events[count++] = e;
        }
        else
        {
            if (arena.Length - arenaLength < payload.Length)
                Array.Resize(ref arena, Math.Max(arena.Length * 2, arenaLength + payload.Length));
            payload.CopyTo(arena.AsSpan(arenaLength));
            events[count++] = e with { PayloadLength = payload.Length, E = (ulong)arenaLength };
            arenaLength += payload.Length;
        }

        content.Append(events[count - 1], payload);
    }
}
