using System.Text;
using System.Text.Json;

namespace ReplayVmm.Events;

/// <summary>
/// An event as a JSON object for programs: <c>position</c>, <c>virtualTime</c>, <c>vm</c>, <c>vcpu</c>, <c>kind</c>, then the
/// operands under their names and <c>payload</c>. Addresses and registers, which exceed what some JSON readers keep exact, are texts
/// such as <c>0x00000000fee00000</c>; other operands are numbers. Bytes are Base64, and so is text that is not UTF-8.
/// </summary>
public static class EventJson
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The object for <paramref name="e"/> as one line.</summary>
    public static string Of(in Event e, ReadOnlySpan<byte> arena)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
            Write(writer, e, arena);
        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    /// <summary>Writes the object for <paramref name="e"/>, whose payload is in <paramref name="arena"/>.</summary>
    public static void Write(Utf8JsonWriter writer, in Event e, ReadOnlySpan<byte> arena)
    {
        EventKindSchema? schema = EventSchema.Find(e.Kind);
        writer.WriteStartObject();
        writer.WriteNumber("position"u8, e.Position);
        writer.WriteNumber("virtualTime"u8, e.VirtualTime);
        writer.WriteNumber("vm"u8, e.Vm);
        writer.WriteNumber("vcpu"u8, e.Vcpu);
        writer.WriteString("kind"u8, schema?.Name ?? EventText.Of(e, arena));
        if (schema is not null)
        {
            for (int i = 0; i < schema.Operands.Length; i++)
                WriteOperand(writer, schema.Operands[i], EventText.Operand(e, i));
            WritePayload(writer, schema.Payload, e.Payload(arena));
        }

        writer.WriteEndObject();
    }

    private static void WriteOperand(Utf8JsonWriter writer, OperandSchema operand, ulong value)
    {
        if (operand.Format == OperandFormat.Address)
            writer.WriteString(operand.Name, EventText.Number(value, OperandFormat.Address));
        else
            writer.WriteNumber(operand.Name, value);
    }

    private static void WritePayload(Utf8JsonWriter writer, PayloadFormat format, ReadOnlySpan<byte> payload)
    {
        switch (format)
        {
            case PayloadFormat.None:
                break;
            case PayloadFormat.Json when IsUtf8(payload) && IsJson(payload):
                writer.WritePropertyName("payload"u8);
                writer.WriteRawValue(OnOneLine(payload), skipInputValidation: true);
                break;
            case PayloadFormat.Text or PayloadFormat.Json when IsUtf8(payload):
                writer.WriteString("payload"u8, payload);
                break;
            default:
                writer.WriteBase64String("payload"u8, payload);
                break;
        }
    }

    /// <summary>A JSON document without line breaks: those in texts are escaped, so what is found is white space.</summary>
    private static ReadOnlySpan<byte> OnOneLine(ReadOnlySpan<byte> document)
    {
        if (!document.ContainsAny((byte)'\n', (byte)'\r'))
            return document;
        byte[] copy = document.ToArray();
        copy.AsSpan().Replace((byte)'\n', (byte)' ');
        copy.AsSpan().Replace((byte)'\r', (byte)' ');
        return copy;
    }

    private static bool IsUtf8(ReadOnlySpan<byte> payload)
    {
        try
        {
            StrictUtf8.GetCharCount(payload);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    private static bool IsJson(ReadOnlySpan<byte> payload)
    {
        var reader = new Utf8JsonReader(payload);
        try
        {
            while (reader.Read())
            {
                // Reading to the end is what validates it.
            }

            return payload.Length != 0;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
