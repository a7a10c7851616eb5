using System.Buffers;
using System.IO.Compression;
using System.Numerics;

namespace ReplayVmm.Events;

/// <summary>
/// Turns a row back into events. The row may be hostile: whatever it holds, the outcome is its events or a
/// <see cref="LogException"/> that names the row and the byte, and memory stays within <see cref="SegmentLimits"/>.
/// </summary>
/// <remarks>Buffers are reused: decoding allocates nothing once they have grown. Not for several threads at once.</remarks>
public sealed class SegmentDecoder
{
    private const int SmallestArena = 1 << 16;

    private readonly Event[] events = new Event[SegmentLimits.MaxEvents];
    private readonly RowHeader header = new();
    private readonly ColumnCodec columns = new();
    private readonly ulong[] scratch = new ulong[SegmentLimits.MaxEvents];
    private readonly KindOrder order = new();
    private byte[] arena = new byte[SmallestArena];
    private byte[] plain = new byte[1 << 17];
    private int count;
    private int arenaLength;

    /// <summary>The events of the row decoded last; their payloads are in <see cref="Arena"/>.</summary>
    public ReadOnlySpan<Event> Events => events.AsSpan(0, count);

    /// <summary>The payloads of <see cref="Events"/>, one after the other.</summary>
    public ReadOnlySpan<byte> Arena => arena.AsSpan(0, arenaLength);

    /// <summary>The header of the row decoded last; it is overwritten by the next.</summary>
    public RowHeader Header => header;

    /// <summary>Decodes <paramref name="row"/> into <see cref="Events"/> and <see cref="Arena"/>.</summary>
    /// <exception cref="LogException">
    /// The row is damaged or was written by a newer version (<see cref="LogTrouble.BadRecording"/>); then there are no events.
    /// </exception>
    public void Decode(LogRow row)
    {
        count = 0;
        arenaLength = 0;
        header.Read(row, out ReadOnlySpan<byte> stored);
        ReadOnlySpan<byte> body = Decompress(row, stored);
        var reader = new MessagePackReader(body, "row", row.Version, "byte of the body");
        Span<EventSlot> slots = EventSlot.Of(events.AsSpan(0, header.Events));
        reader.Array(6, "the body");
        ReadEnvelopes(ref reader, slots);
        reader.Array(header.Kinds.Length, "the kinds' blocks");
        foreach (EventKind kind in header.Kinds)
            ReadKind(ref reader, slots, kind);
        ReadPayloads(ref reader, slots);
        reader.End();
        if (slots[0].VirtualTime != header.FirstVirtualTime || slots[^1].VirtualTime != header.LastVirtualTime)
            reader.Fail("the first or last virtual time is not that of the header");
        count = slots.Length;
    }

    private ReadOnlySpan<byte> Decompress(LogRow row, ReadOnlySpan<byte> stored)
    {
        if (header.Compression == BodyCompression.None)
        {
            if (stored.Length != header.BodyBytes)
                throw Bad(row, $"the body has {stored.Length} bytes where the header says {header.BodyBytes}");
            return stored;
        }

        bool fits = plain.Length >= header.BodyBytes;
        if (!(fits ? BrotliDecoder.TryDecompress(stored, plain.AsSpan(0, header.BodyBytes), out int length) : TryDecompressMore(stored, out length))
            || length != header.BodyBytes)
            throw Bad(row, $"the body does not decompress to the {header.BodyBytes} bytes that the header says");
        return plain.AsSpan(0, length);
    }

    /// <summary>Decompresses into a buffer that grows with what is really there, not with what the header claims.</summary>
    private bool TryDecompressMore(ReadOnlySpan<byte> stored, out int length)
    {
        length = 0;
        using var decoder = new BrotliDecoder();
        while (true)
        {
            int room = Math.Min(plain.Length, header.BodyBytes) - length;
            OperationStatus status = decoder.Decompress(stored, plain.AsSpan(length, room), out int taken, out int written);
            stored = stored[taken..];
            length += written;
            if (status != OperationStatus.DestinationTooSmall || length == header.BodyBytes)
                return status == OperationStatus.Done && stored.IsEmpty;
            Array.Resize(ref plain, plain.Length * 2);
        }
    }

    private void ReadEnvelopes(ref MessagePackReader reader, Span<EventSlot> slots)
    {
        Span<ulong> values = scratch.AsSpan(0, slots.Length);
        slots.Clear();
        columns.Read(ref reader, values);
        ReadOnlySpan<EventKind> kinds = header.Kinds;
        ulong position = header.FirstPosition;
        order.Clear();
        for (int i = 0; i < slots.Length; i++)
        {
            if (values[i] >= (ulong)kinds.Length)
                reader.Fail($"event {i} has kind number {values[i]} of {kinds.Length}");
            EventKind kind = kinds[(int)values[i]];
            slots[i].Kind = kind;
            slots[i].Position = position;
            if (EventSchema.CountsPosition(kind))
                position++;
            order.Count(kind);
        }

        order.Sort(slots);
        foreach (EventKind kind in kinds)
        {
            if (order.EventsOf(kind).Length != header.CountOf(kind))
                reader.Fail($"the header counts {header.CountOf(kind)} events of kind {kind} where {order.EventsOf(kind).Length} are");
        }

        columns.Read(ref reader, values);
        for (int i = 0; i < slots.Length; i++)
            slots[i].VirtualTime = values[i];
        columns.Read(ref reader, values);
        CheckLimit(ref reader, values, byte.MaxValue, "a machine's number");
        for (int i = 0; i < slots.Length; i++)
            slots[i].Vm = (byte)values[i];
        columns.Read(ref reader, values);
        CheckLimit(ref reader, values, byte.MaxValue, "a vCPU's number");
        for (int i = 0; i < slots.Length; i++)
            slots[i].Vcpu = (byte)values[i];
    }

    private void ReadKind(ref MessagePackReader reader, Span<EventSlot> slots, EventKind kind)
    {
        ReadOnlySpan<short> members = order.EventsOf(kind);
        Span<ulong> values = scratch.AsSpan(0, members.Length);
        bool payloads = EventSchema.Of(kind).Payload != PayloadFormat.None;
        reader.Array(2, "a kind's block");
        int used = reader.Array("the operands");
        int most = payloads ? EventSlot.Operands5.Count - 1 : EventSlot.Operands5.Count;
        if (used > most)
            reader.Fail($"{kind} has {used} operands, at most {most} can be");
        for (int operand = 0; operand < used; operand++)
        {
            columns.Read(ref reader, values);
            for (int i = 0; i < members.Length; i++)
                slots[members[i]].Operands[operand] = values[i];
        }

        if (!payloads)
        {
            if (!reader.TakeNil())
                reader.Fail($"{kind} has no payload, but lengths stand there");
            return;
        }

        columns.Read(ref reader, values);
        CheckLimit(ref reader, values, (ulong)header.PayloadBytes, "a payload's length");
        for (int i = 0; i < members.Length; i++)
            slots[members[i]].PayloadLength = (int)values[i];
    }

    private void ReadPayloads(ref MessagePackReader reader, Span<EventSlot> slots)
    {
        ReadOnlySpan<byte> payloads = reader.Bin(header.PayloadBytes, "the payloads");
        long offset = 0;
        if (payloads.Length != 0)
        {
            foreach (ref EventSlot slot in slots)
            {
                if (slot.PayloadLength == 0)
                    continue;
                slot.Operands[EventSlot.Operands5.Count - 1] = (ulong)offset;
                offset += slot.PayloadLength;
            }
        }

        if (offset != payloads.Length)
            reader.Fail($"the payloads' lengths add up to {offset} where {payloads.Length} bytes are");
        if (arena.Length < payloads.Length)
            arena = new byte[BitOperations.RoundUpToPowerOf2((uint)payloads.Length)];
        payloads.CopyTo(arena);
        arenaLength = payloads.Length;
    }

    private static void CheckLimit(ref MessagePackReader reader, ReadOnlySpan<ulong> values, ulong limit, string what)
    {
        ulong highest = 0;
        foreach (ulong value in values)
            highest = Math.Max(highest, value);
        if (highest > limit)
            reader.Fail($"{what} is {highest}, at most {limit} can be");
    }

    private static LogException Bad(LogRow row, string problem) =>
        new(LogTrouble.BadRecording, $"row {row.Version}: {problem}");
}
