using System.Text.Json;
using ReplayVmm.Events;

namespace ReplayVmm.Cli;

/// <summary>How many events of each kind there are.</summary>
internal static class CountsPerKind
{
    /// <summary>A table, most frequent first.</summary>
    public static void WriteText(Invocation invocation, IReadOnlyList<long> counts)
    {
        Columns table = new Columns("  EVENTS", "KIND", "CLASS").Right(0);
        foreach (EventKindSchema schema in Present(counts).OrderByDescending(schema => counts[(int)schema.Kind]))
            table.Add(Quantities.Grouped(counts[(int)schema.Kind]), schema.Name, schema.Class.ToString().ToLowerInvariant());
        table.Write(invocation.Output, invocation.Doors.Terminal.HasOutput);
    }

    /// <summary>A member <c>kinds</c>, in the order of the table of kinds.</summary>
    public static void WriteJson(Utf8JsonWriter writer, IReadOnlyList<long> counts)
    {
        writer.WriteStartObject("kinds"u8);
        foreach (EventKindSchema schema in Present(counts))
            writer.WriteNumber(schema.Name, counts[(int)schema.Kind]);
        writer.WriteEndObject();
    }

    private static IEnumerable<EventKindSchema> Present(IReadOnlyList<long> counts) =>
        EventSchema.All.Where(schema => counts[(int)schema.Kind] > 0);
}
