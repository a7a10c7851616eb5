using ReplayVmm.Events;

namespace ReplayVmm.Replay;

/// <summary>One event taken out of its batch, with as much of its payload as a report shows.</summary>
public sealed class LoggedEvent
{
    /// <summary>Most bytes of a payload that are kept.</summary>
    public const int PayloadKept = 4096;

    private readonly Event envelope;
    private readonly byte[] payload;

    /// <summary>Copies <paramref name="e"/> out of its batch.</summary>
    public LoggedEvent(in Event e, ReadOnlySpan<byte> arena)
        : this(e, e.Payload(arena)[..Math.Min(e.PayloadLength, PayloadKept)], e.PayloadLength)
    {
    }

    internal LoggedEvent(in Event e, ReadOnlySpan<byte> kept, int payloadLength)
    {
        payload = kept.ToArray();
        PayloadLength = payloadLength;
        envelope = payloadLength == 0 ? e : e with { E = 0, PayloadLength = payload.Length };
    }

    /// <summary>The event; its payload, where it has one, is in <see cref="Payload"/> from the first byte.</summary>
    public ref readonly Event Envelope => ref envelope;

    /// <summary>The payload, or its first <see cref="PayloadKept"/> bytes.</summary>
    public ReadOnlySpan<byte> Payload => payload;

    /// <summary>Bytes of the whole payload.</summary>
    public int PayloadLength { get; }

    /// <summary>The operand <c>rip</c>, where the kind has one.</summary>
    public ulong? Rip
    {
        get
        {
            EventKindSchema schema = EventSchema.Of(envelope.Kind);
            int index = Array.FindIndex(schema.Operands, operand => operand.Name == "rip");
            return index < 0 ? null : EventText.Operand(envelope, index);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => EventText.Of(envelope, payload);
}
