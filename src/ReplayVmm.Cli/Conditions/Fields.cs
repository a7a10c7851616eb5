using ReplayVmm.Events;

namespace ReplayVmm.Cli;

/// <summary>The names that a condition over events can use: the envelope, every operand of every kind, and the kinds themselves.</summary>
internal static class Fields
{
    private static readonly Dictionary<string, Evaluator> Envelope = new(StringComparer.Ordinal)
    {
        ["position"] = (in Event e, ReadOnlySpan<byte> _) => e.Position,
        ["time"] = (in Event e, ReadOnlySpan<byte> _) => e.VirtualTime,
        ["vm"] = (in Event e, ReadOnlySpan<byte> _) => e.Vm,
        ["vcpu"] = (in Event e, ReadOnlySpan<byte> _) => e.Vcpu,
        ["kind"] = (in Event e, ReadOnlySpan<byte> _) => (ulong)e.Kind,
        ["payloadLength"] = (in Event e, ReadOnlySpan<byte> _) => (ulong)e.PayloadLength,
    };

    /// <summary>All names, for suggestions.</summary>
    public static IEnumerable<string> Names => Envelope.Keys
        .Append("payload")
        .Concat(EventSchema.All.SelectMany(schema => schema.Operands.Select(operand => operand.Name)).Distinct(StringComparer.Ordinal))
        .Concat(EventSchema.All.Select(schema => schema.Name));

    /// <summary>The field or kind that <paramref name="name"/> names; null where there is none.</summary>
    public static Evaluator? Find(string name)
    {
        if (Envelope.TryGetValue(name, out Evaluator? evaluator))
            return evaluator;
        if (EventSchema.Find(name) is { } schema)
        {
            ulong number = (ulong)schema.Kind;
            return (in Event _, ReadOnlySpan<byte> _) => number;
        }

        int[] index = new int[256];
        bool any = false;
        Array.Fill(index, -1);
        foreach (EventKindSchema kind in EventSchema.All)
        {
            index[(int)kind.Kind] = Array.FindIndex(kind.Operands, operand => operand.Name == name);
            any |= index[(int)kind.Kind] >= 0;
        }

        return any ? (in Event e, ReadOnlySpan<byte> _) => index[(byte)e.Kind] is >= 0 and int i ? EventText.Operand(e, i) : null : null;
    }
}
