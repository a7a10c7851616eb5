using System.Text.Json;
using ReplayVmm.Events;

namespace ReplayVmm.Replay;

/// <summary>A divergence report for programs.</summary>
public static class DivergenceJson
{
    /// <summary>Writes the report as an object.</summary>
    public static void Write(Utf8JsonWriter writer, Divergence divergence)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(divergence);
        writer.WriteStartObject();
        writer.WriteNumber("position"u8, divergence.Position);
        writer.WriteNumber("virtualTime"u8, divergence.VirtualTime);
        writer.WriteNumber("vm"u8, divergence.Vm);
        writer.WriteNumber("vcpu"u8, divergence.Vcpu);
        writer.WriteBoolean("silent"u8, divergence.IsSilent);
        WriteEvent(writer, "expected", divergence.Expected);
        WriteEvent(writer, "actual", divergence.Actual);
        writer.WriteStartArray("fields"u8);
        foreach (FieldDifference field in divergence.Fields)
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, field.Name);
            writer.WriteString("expected"u8, field.Expected);
            writer.WriteString("actual"u8, field.Actual);
            writer.WriteString("meaning"u8, field.Meaning);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        WriteInstruction(writer, divergence.At);
        WriteEvent(writer, "lastEqualDigest", divergence.LastEqualDigest);
        WriteEvents(writer, "inputs", divergence.Inputs);
        WriteEvents(writer, "before", divergence.Before);
        writer.WriteEndObject();
    }

    private static void WriteInstruction(Utf8JsonWriter writer, InstructionView? at)
    {
        if (at is null)
        {
            writer.WriteNull("at"u8);
            return;
        }

        writer.WriteStartObject("at"u8);
        writer.WriteString("rip"u8, EventText.Number(at.Rip, OperandFormat.Address));
        writer.WriteNumber("cs"u8, at.CodeSegment);
        writer.WriteString("bytes"u8, Convert.ToHexStringLower(at.Bytes));
        writer.WriteString("text"u8, at.Text);
        writer.WriteEndObject();
    }

    private static void WriteEvents(Utf8JsonWriter writer, string name, IReadOnlyList<LoggedEvent> events)
    {
        writer.WriteStartArray(name);
        foreach (LoggedEvent e in events)
            EventJson.Write(writer, e.Envelope, e.Payload);
        writer.WriteEndArray();
    }

    private static void WriteEvent(Utf8JsonWriter writer, string name, LoggedEvent? e)
    {
        writer.WritePropertyName(name);
        if (e is null)
            writer.WriteNullValue();
        else
            EventJson.Write(writer, e.Envelope, e.Payload);
    }
}
