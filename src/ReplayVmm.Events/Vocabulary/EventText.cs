using System.Globalization;
using System.Text;

namespace ReplayVmm.Events;

/// <summary>An event as one line for people: <c>port_read 0x3fd size 1 value 0x60</c>.</summary>
/// <remarks>
/// The first operand stands without its name, the others behind theirs. What comes from the guest is escaped, so that printing an
/// event never sends a terminal a control character.
/// </remarks>
public static class EventText
{
    /// <summary>Most bytes of a payload that a line shows.</summary>
    public const int PayloadShown = 48;

    private const string InstructionPointer = "rip";

    /// <summary>The line for <paramref name="e"/>, whose payload is in <paramref name="arena"/>.</summary>
    /// <param name="e">The event.</param>
    /// <param name="arena">The payloads of the batch that it is from.</param>
    /// <param name="withRip">True to show where the guest was as well.</param>
    public static string Of(in Event e, ReadOnlySpan<byte> arena, bool withRip = false)
    {
        EventKindSchema? schema = EventSchema.Find(e.Kind);
        if (schema is null)
            return string.Create(CultureInfo.InvariantCulture, $"kind_{(int)e.Kind}");
        var text = new StringBuilder(schema.Name, 96);
        for (int i = 0; i < schema.Operands.Length; i++)
        {
            if (!withRip && schema.Operands[i].Name == InstructionPointer)
                continue;
            text.Append(' ');
            if (i > 0)
                text.Append(schema.Operands[i].Name).Append(' ');
            text.Append(Operand(e, i, schema.Operands[i].Format));
        }

        if (schema.Payload != PayloadFormat.None)
            AppendPayload(text, schema.Payload, e.Payload(arena));
        return text.ToString();
    }

    /// <summary>Operand <paramref name="index"/> of <paramref name="e"/>, 0 for A.</summary>
    public static ulong Operand(in Event e, int index) => index switch
    {
        0 => e.A,
        1 => e.B,
        2 => e.C,
        3 => e.D,
        _ => e.E,
    };

    /// <summary><paramref name="value"/> as <paramref name="format"/> says.</summary>
    public static string Number(ulong value, OperandFormat format) => format switch
    {
        OperandFormat.Hex => string.Create(CultureInfo.InvariantCulture, $"0x{value:x}"),
        OperandFormat.Address => string.Create(CultureInfo.InvariantCulture, $"0x{value:x16}"),
        _ => value.ToString(CultureInfo.InvariantCulture),
    };

    private static string Operand(in Event e, int index, OperandFormat format) => Number(Operand(e, index), format);

    private static void AppendPayload(StringBuilder text, PayloadFormat format, ReadOnlySpan<byte> payload)
    {
        ReadOnlySpan<byte> shown = payload[..Math.Min(payload.Length, PayloadShown)];
        if (format == PayloadFormat.Bytes)
        {
            if (!payload.IsEmpty)
                text.Append(' ').Append(Convert.ToHexStringLower(shown));
        }
        else
        {
            text.Append(" \"");
            AppendEscaped(text, shown);
            text.Append('"');
        }

        if (shown.Length < payload.Length)
            text.Append(CultureInfo.InvariantCulture, $" … {payload.Length} bytes");
    }

    private static void AppendEscaped(StringBuilder text, ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes)
        {
            _ = b switch
            {
                (byte)'\n' => text.Append("\\n"),
                (byte)'\r' => text.Append("\\r"),
                (byte)'\t' => text.Append("\\t"),
                (byte)'"' or (byte)'\\' => text.Append('\\').Append((char)b),
                >= 0x20 and < 0x7F => text.Append((char)b),
                _ => text.Append(CultureInfo.InvariantCulture, $"\\x{b:x2}"),
            };
        }
    }
}
