using System.IO.Compression;
using System.Numerics;

namespace ReplayVmm.Events;

/// <summary>
/// Turns up to <see cref="SegmentLimits.MaxEvents"/> events into one row. A row is the MessagePack array <c>[header, body]</c>; the
/// body is binary, and is, once decompressed, the array <c>[kinds, times, machines, vcpus, kind blocks, payloads]</c>: four columns
/// over all events (see <see cref="ColumnCodec"/>; a kind is its index among the header's kinds), for each kind the array
/// <c>[columns of operands, column of payload lengths or nil]</c>, and the payloads one after the other.
/// Operands after the last that is not zero in any event of the kind are left out.
/// </summary>
/// <remarks>Buffers are reused: only the row itself is allocated. Not for several threads at once.</remarks>
public sealed class SegmentEncoder
{
    /// <summary>Bodies shorter than this do not gain by compression.</summary>
    private const int SmallestToCompress = 256;
    private const int HeaderRoom = 4096;
    private const int CompressionQuality = 1;
    private const int CompressionWindowBits = 18;

    private readonly RowHeader header = new();
    private readonly ColumnCodec columns = new();
    private readonly ulong[] scratch = new ulong[SegmentLimits.MaxEvents];
    private readonly KindOrder order = new();
    private byte[] body = new byte[1 << 17];
    private byte[] packed = new byte[1 << 17];

    /// <summary>The header of the row that was encoded last; it is overwritten by the next.</summary>
    public RowHeader Header => header;

    /// <summary>
    /// How many of <paramref name="events"/>, from the first, make up the next row: one where it is a row of its own or where its
    /// payload exceeds <see cref="SegmentLimits.PayloadCut"/>, otherwise as many as fit.
    /// </summary>
    public static int CountForRow(ReadOnlySpan<Event> events)
    {
        long payload = 0;
        for (int i = 0; i < events.Length; i++)
        {
            payload += events[i].PayloadLength;
            bool own = EventSchema.IsOwnRow(events[i].Kind);
            if (i > 0 && (own || i == SegmentLimits.MaxEvents || payload > SegmentLimits.PayloadCut))
                return i;
            if (own)
                return 1;
        }

        return events.Length;
    }

    /// <summary>Encodes <paramref name="events"/> as row <paramref name="version"/>.</summary>
    /// <param name="events">1 to <see cref="SegmentLimits.MaxEvents"/> events with consecutive positions.</param>
    /// <param name="arena">Their payloads.</param>
    /// <param name="version">The row's place in the stream, 1 for the first.</param>
    /// <param name="previousLink">The chain's link at the row before, 32 bytes.</param>
    /// <exception cref="ArgumentException">The events do not fit one row, or do not follow each other.</exception>
    public LogRow Encode(ReadOnlySpan<Event> events, ReadOnlySpan<byte> arena, long version, ReadOnlySpan<byte> previousLink)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(version, 1);
        if (events.Length is 0 or > SegmentLimits.MaxEvents)
            throw new ArgumentException($"{events.Length} events do not make a row", nameof(events));
        ReadOnlySpan<EventSlot> slots = EventSlot.Of(events);
        FillHeader(slots, version, previousLink);

        int room = SegmentLimits.MaxColumnBytes + header.PayloadBytes;
        if (body.Length < room)
            body = new byte[BitOperations.RoundUpToPowerOf2((uint)room)];
        var writer = new MessagePackWriter(body);
        WriteBody(ref writer, slots, events, arena);
        header.BodyBytes = writer.Length;

        ReadOnlySpan<byte> stored = Compress(body.AsSpan(0, writer.Length));
        return new LogRow(version, TypeOf(slots[0].Kind), Assemble(stored), header.ToJson());
    }

    private static string TypeOf(EventKind kind) => EventSchema.IsOwnRow(kind) ? EventSchema.Of(kind).Name : SegmentLimits.SegmentType;

    private byte[] Assemble(ReadOnlySpan<byte> stored)
    {
        Span<byte> prefix = stackalloc byte[HeaderRoom];
        var writer = new MessagePackWriter(prefix);
        writer.Array(2);
        header.Write(ref writer);
        writer.BinPrefix(stored.Length);
        byte[] binary = GC.AllocateUninitializedArray<byte>(writer.Length + stored.Length);
        prefix[..writer.Length].CopyTo(binary);
        stored.CopyTo(binary.AsSpan(writer.Length));
        return binary;
    }

    private ReadOnlySpan<byte> Compress(ReadOnlySpan<byte> plain)
    {
        header.Compression = BodyCompression.None;
        if (plain.Length < SmallestToCompress)
            return plain;
        if (packed.Length < plain.Length)
            packed = new byte[BitOperations.RoundUpToPowerOf2((uint)plain.Length)];
        // Less than a thirty-second is not worth what decompressing costs every reader.
        Span<byte> room = packed.AsSpan(0, plain.Length - plain.Length / 32);
        if (!BrotliEncoder.TryCompress(plain, room, out int length, CompressionQuality, CompressionWindowBits))
            return plain;
        header.Compression = BodyCompression.Brotli;
        return packed.AsSpan(0, length);
    }

    private void FillHeader(ReadOnlySpan<EventSlot> slots, long version, ReadOnlySpan<byte> previousLink)
    {
        if (previousLink.Length != ChainHash.Size)
            throw new ArgumentException("a link has 32 bytes", nameof(previousLink));
        ulong position = slots[0].Position;
        long payload = 0;
        order.Clear();
        foreach (ref readonly EventSlot slot in slots)
        {
            if (slot.Position != position)
                throw new ArgumentException($"position {slot.Position} stands where {position} belongs", nameof(slots));
            if (EventSchema.CountsPosition(slot.Kind))
                position++;
            payload += slot.PayloadLength;
            order.Count(slot.Kind);
        }

        if (payload > SegmentLimits.MaxPayloadBytes)
            throw new ArgumentException($"{payload} bytes of payload do not fit a row; cut them into smaller events", nameof(slots));
        header.Clear();
        order.Sort(slots);
        foreach (EventKind kind in order.Kinds)
        {
            EventKindSchema schema = EventSchema.Of(kind);
            if (schema.OwnRow && slots.Length != 1)
                throw new ArgumentException($"{schema.Name} is a row of its own", nameof(slots));
            header.AddKind(kind, order.EventsOf(kind).Length);
        }

        header.FormatVersion = SegmentLimits.FormatVersion;
        header.Row = version;
        header.SetPreviousLink(previousLink);
        header.FirstPosition = slots[0].Position;
        header.Events = slots.Length;
        header.Positions = (int)(position - slots[0].Position);
        header.FirstVirtualTime = slots[0].VirtualTime;
        header.LastVirtualTime = slots[^1].VirtualTime;
        header.PayloadBytes = (int)payload;
    }

    private void WriteBody(
        ref MessagePackWriter writer, ReadOnlySpan<EventSlot> slots, ReadOnlySpan<Event> events, ReadOnlySpan<byte> arena)
    {
        Span<ulong> values = scratch.AsSpan(0, slots.Length);
        writer.Array(6);
        for (int i = 0; i < slots.Length; i++)
            values[i] = (ulong)order.IndexOf(slots[i].Kind);
        columns.Write(ref writer, values);
        for (int i = 0; i < slots.Length; i++)
            values[i] = slots[i].VirtualTime;
        columns.Write(ref writer, values);
        for (int i = 0; i < slots.Length; i++)
            values[i] = slots[i].Vm;
        columns.Write(ref writer, values);
        for (int i = 0; i < slots.Length; i++)
            values[i] = slots[i].Vcpu;
        columns.Write(ref writer, values);

        writer.Array(order.Kinds.Length);
        foreach (EventKind kind in order.Kinds)
            WriteKind(ref writer, slots, kind);

        writer.BinPrefix(header.PayloadBytes);
        if (header.PayloadBytes == 0)
            return;
        foreach (ref readonly Event e in events)
            writer.Raw(e.Payload(arena));
    }

    private void WriteKind(ref MessagePackWriter writer, ReadOnlySpan<EventSlot> slots, EventKind kind)
    {
        ReadOnlySpan<short> members = order.EventsOf(kind);
        Span<ulong> values = scratch.AsSpan(0, members.Length);
        bool payloads = EventSchema.Of(kind).Payload != PayloadFormat.None;
        int used = UsedOperands(slots, members, payloads);
        writer.Array(2);
        writer.Array(used);
        for (int operand = 0; operand < used; operand++)
        {
            for (int i = 0; i < members.Length; i++)
                values[i] = slots[members[i]].Operands[operand];
            columns.Write(ref writer, values);
        }

        if (!payloads)
        {
            writer.Nil();
            return;
        }

        for (int i = 0; i < members.Length; i++)
            values[i] = (ulong)slots[members[i]].PayloadLength;
        columns.Write(ref writer, values);
    }

    private static int UsedOperands(ReadOnlySpan<EventSlot> slots, ReadOnlySpan<short> members, bool payloads)
    {
        ulong b = 0, c = 0, d = 0, e = 0, a = 0;
        foreach (short member in members)
        {
            ref readonly EventSlot slot = ref slots[member];
            if (!payloads && slot.PayloadLength != 0)
                throw new ArgumentException($"{slot.Kind} has no payload", nameof(slots));
            if (payloads && slot.PayloadLength == 0 && slot.Operands[4] != 0)
                throw new ArgumentException($"{slot.Kind} has a payload and so no fifth operand", nameof(slots));
            a |= slot.Operands[0];
            b |= slot.Operands[1];
            c |= slot.Operands[2];
            d |= slot.Operands[3];
            e |= slot.Operands[4];
        }

        return e != 0 && !payloads ? 5 : d != 0 ? 4 : c != 0 ? 3 : b != 0 ? 2 : a != 0 ? 1 : 0;
    }
}
