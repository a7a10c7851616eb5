using ReplayVmm.Events;

namespace ReplayVmm.Replay;

/// <summary>
/// Events on their way from the guest's thread to the writer's, with copies of their payloads. Batches are made once and go round.
/// </summary>
internal sealed class EventBatch
{
    /// <summary>Most events in a batch: as many as a segment has.</summary>
    public const int Capacity = SegmentLimits.MaxEvents;

    private const int SmallestArena = 1 << 16;
    private const int LargestKeptArena = 2 * SegmentLimits.PayloadCut;

    private readonly Event[] events = new Event[Capacity];
    private byte[] arena = new byte[SmallestArena];
    private int arenaLength;

    /// <summary>Number of events.</summary>
    public int Count { get; private set; }

    /// <summary>The events; their payloads are in <see cref="Arena"/>.</summary>
    public ReadOnlySpan<Event> Events => events.AsSpan(0, Count);

    /// <summary>The payloads.</summary>
    public ReadOnlySpan<byte> Arena => arena.AsSpan(0, arenaLength);

    /// <summary>Bytes of memory that the batch holds.</summary>
    public long HeldBytes => ((long)Capacity * 64) + arena.Length;

    /// <summary>Copies <paramref name="e"/> and its payload in.</summary>
    /// <returns>False where the batch is full; a payload of any size fits an empty one.</returns>
    public bool TryAdd(in Event e, ReadOnlySpan<byte> source)
    {
        if (Count == Capacity)
            return false;
        if (e.PayloadLength == 0)
        {
            events[Count++] = e;
            return true;
        }

        ReadOnlySpan<byte> payload = e.Payload(source);
        if (Count > 0 && arenaLength + (long)payload.Length > SegmentLimits.PayloadCut)
            return false;
        if (arena.Length - arenaLength < payload.Length)
            Array.Resize(ref arena, Math.Max(arena.Length * 2, arenaLength + payload.Length));
        payload.CopyTo(arena.AsSpan(arenaLength));
        events[Count++] = e with { E = (ulong)arenaLength };
        arenaLength += payload.Length;
        return true;
    }

    /// <summary>Empties the batch and gives back an arena that one large payload made grow.</summary>
    public void Clear()
    {
        Count = 0;
        arenaLength = 0;
        if (arena.Length > LargestKeptArena)
            arena = new byte[SmallestArena];
    }
}
