using ReplayVmm.Events;

namespace ReplayVmm.Replay;

/// <summary>A row's events, copied out of the reader that decoded them, so that it can go on to the next row.</summary>
internal sealed class DecodedRow
{
    private Event[] events = [];
    private byte[] arena = [];
    private int count, arenaLength;

    /// <summary>The events.</summary>
    public ReadOnlySpan<Event> Events => events.AsSpan(0, count);

    /// <summary>Their payloads.</summary>
    public ReadOnlySpan<byte> Arena => arena.AsSpan(0, arenaLength);

    /// <summary>Takes over what <paramref name="reader"/> decoded last. Allocates only where a row is larger than any before.</summary>
    public void Take(SegmentReader reader)
    {
        (count, arenaLength) = (reader.Events.Length, reader.Arena.Length);
        if (events.Length < count)
            events = new Event[count];
        if (arena.Length < arenaLength)
            arena = new byte[arenaLength];
        reader.Events.CopyTo(events);
        reader.Arena.CopyTo(arena);
    }
}
