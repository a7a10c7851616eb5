using System.Runtime.CompilerServices;

namespace ReplayVmm.Events;

/// <summary>
/// A growing batch of events and the arena of their payloads; reused, so that writing an event allocates nothing once warm.
/// It hands out positions: the one place where they are counted.
/// </summary>
public sealed class EventBuffer
{
    private Event[] events = new Event[64];
    private byte[] arena = new byte[4096];
    private int count;
    private int arenaLength;

    /// <summary>The position that the next input, guest or operator event will get.</summary>
    public ulong NextPosition { get; set; }

    /// <summary>The events written since the last <see cref="Clear"/>.</summary>
    public ReadOnlySpan<Event> Events => events.AsSpan(0, count);

    /// <summary>The payloads of <see cref="Events"/>.</summary>
    public ReadOnlySpan<byte> Arena => arena.AsSpan(0, arenaLength);

    /// <summary>Number of events written since the last <see cref="Clear"/>.</summary>
    public int Count => count;

    /// <summary>Forgets the events; positions go on.</summary>
    public void Clear()
    {
        count = 0;
        arenaLength = 0;
    }

    /// <summary>
    /// Appends <paramref name="template"/> with its position filled in, and a copy of <paramref name="payload"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(in Event template, ReadOnlySpan<byte> payload = default)
    {
        if (count == events.Length)
            Array.Resize(ref events, count * 2);
        ref Event slot = ref events[count++];
        slot = template with { Position = NextPosition };
        if (!payload.IsEmpty)
            slot = slot with { PayloadLength = payload.Length, E = (ulong)Store(payload) };
        if (EventSchema.CountsPosition(template.Kind))
            NextPosition++;
    }

    private int Store(ReadOnlySpan<byte> payload)
    {
        int offset = arenaLength;
        if (arena.Length - offset < payload.Length)
            Array.Resize(ref arena, Math.Max(arena.Length * 2, offset + payload.Length));
        payload.CopyTo(arena.AsSpan(offset));
        arenaLength = offset + payload.Length;
        return offset;
    }
}
