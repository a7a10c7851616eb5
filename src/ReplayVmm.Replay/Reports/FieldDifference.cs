using System.Globalization;
using ReplayVmm.Events;

namespace ReplayVmm.Replay;

/// <summary>One field in which the actual event is not the expected one.</summary>
/// <param name="Name">The field, as the table of kinds or the envelope names it.</param>
/// <param name="Expected">What the log holds.</param>
/// <param name="Actual">What the run gave.</param>
/// <param name="Meaning">What the difference means, where that is known; otherwise empty.</param>
public sealed record FieldDifference(string Name, string Expected, string Actual, string Meaning)
{
    private const int PayloadShown = 16;

    /// <summary>All differences between two events; empty where a comparison would find none.</summary>
    public static IReadOnlyList<FieldDifference> Between(LoggedEvent expected, LoggedEvent actual)
    {
        var list = new List<FieldDifference>();
        ref readonly Event e = ref expected.Envelope;
        ref readonly Event a = ref actual.Envelope;
        AddNumber(list, "position", e.Position, a.Position);
        AddNumber(list, "virtualTime", e.VirtualTime, a.VirtualTime, later: true);
        AddNumber(list, "vm", e.Vm, a.Vm);
        AddNumber(list, "vcpu", e.Vcpu, a.Vcpu);
        if (e.Kind != a.Kind)
        {
            list.Add(new FieldDifference("kind", EventSchema.Of(e.Kind).Name, EventSchema.Of(a.Kind).Name, ""));
            return list;
        }

        EventKindSchema schema = EventSchema.Of(e.Kind);
        for (int i = 0; i < schema.Operands.Length; i++)
        {
            ulong was = EventText.Operand(e, i);
            ulong isNow = EventText.Operand(a, i);
            OperandSchema operand = schema.Operands[i];
            if (was != isNow)
            {
                list.Add(new FieldDifference(
                    operand.Name, EventText.Number(was, operand.Format), EventText.Number(isNow, operand.Format),
                    BitMeaning.Of(e, operand.Name, was, isNow)));
            }
        }

        AddPayload(list, expected, actual);
        return list;
    }

    private static void AddNumber(List<FieldDifference> list, string name, ulong expected, ulong actual, bool later = false)
    {
        if (expected == actual)
            return;
        string meaning = !later ? "" : actual > expected ? Amount(actual - expected, "later") : Amount(expected - actual, "earlier");
        list.Add(new FieldDifference(name, Text(expected), Text(actual), meaning));
    }

    private static string Amount(ulong nanoseconds, string direction) =>
        string.Create(CultureInfo.InvariantCulture, $"{nanoseconds:n0} ns {direction}");

    private static string Text(ulong value) => value.ToString(CultureInfo.InvariantCulture);

    private static void AddPayload(List<FieldDifference> list, LoggedEvent expected, LoggedEvent actual)
    {
        if (expected.Envelope.Kind == EventKind.SessionStarted)
            return;
        int compared = expected.Envelope.Kind == EventKind.SessionEnded ? SessionEnded.DigestSize : int.MaxValue;
        ReadOnlySpan<byte> was = expected.Payload[..Math.Min(compared, expected.Payload.Length)];
        ReadOnlySpan<byte> isNow = actual.Payload[..Math.Min(compared, actual.Payload.Length)];
        if (was.SequenceEqual(isNow) && (compared != int.MaxValue || expected.PayloadLength == actual.PayloadLength))
            return;
        bool digest = expected.Envelope.Kind is EventKind.StateDigest or EventKind.SessionEnded;
        int at = was.CommonPrefixLength(isNow);
        string meaning = digest ? "" : string.Create(CultureInfo.InvariantCulture, $"from byte {at} of {expected.PayloadLength}");
        int from = digest ? 0 : at;
        list.Add(new FieldDifference(digest ? "digest" : "payload", Bytes(was, from), Bytes(isNow, from), meaning));
    }

    private static string Bytes(ReadOnlySpan<byte> bytes, int from)
    {
        ReadOnlySpan<byte> rest = bytes[Math.Min(from, bytes.Length)..];
        string hex = Convert.ToHexStringLower(rest[..Math.Min(PayloadShown, rest.Length)]);
        return hex.Length == 0 ? "nothing" : rest.Length > PayloadShown ? hex + "…" : hex;
    }
}
