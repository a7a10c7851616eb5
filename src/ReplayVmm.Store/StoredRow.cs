using System.Text;
using System.Text.Json;
using ReplayVmm.Events;

namespace ReplayVmm.Store;

/// <summary>What the store itself takes from a row, and the names under which Marten sees it.</summary>
internal static class StoredRow
{
    /// <summary>Most bytes of a row, its binary part and its header together; a reader holds one such row at least.</summary>
    public const long MostBytes = SegmentLimits.MaxBinaryBytes + (1L << 16);

    /// <summary>The type of the row that ends a session.</summary>
    public static readonly string EndType = EventSchema.SnakeCase(nameof(EventKind.SessionEnded));

    /// <summary>The SQL twin of <see cref="Events"/>, over a row <c>e</c> of <c>mt_events</c>.</summary>
    public const string CountSql =
        "case when e.bdata is null then 0 "
        + "when jsonb_typeof(e.data->'Events') = 'number' then (e.data->>'Events')::numeric::bigint else 1 end";

    /// <summary>Number of events in a row: the header's <c>Events</c>, or 1 where it has none.</summary>
    /// <exception cref="LogException">The row cannot be stored: its type, size or header is not what a row's may be.</exception>
    public static long Events(LogRow row)
    {
        if (row.Type.Length is 0 or > 100 || !row.Type.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_'))
            throw Bad(row, "its type is not a snake case name");
        if (row.Binary.Length + (long)row.HeaderJson.Length > MostBytes)
            throw Bad(row, $"it is longer than {MostBytes} bytes");
        try
        {
            using var header = JsonDocument.Parse(row.HeaderJson);
            if (header.RootElement.ValueKind != JsonValueKind.Object)
                throw Bad(row, "its header is not a JSON object");
            if (!header.RootElement.TryGetProperty("Events", out JsonElement count))
                return 1;
            return count.ValueKind == JsonValueKind.Number && count.TryGetInt64(out long events) && events is >= 0 and <= int.MaxValue
                ? events
                : throw Bad(row, "its header's Events is not a number of events");
        }
        catch (JsonException)
        {
            throw Bad(row, "its header is not JSON");
        }
    }

    /// <summary>
    /// What Marten writes as a .NET type: <c>session_started</c> is <c>ReplayVmm.Events.SessionStarted, ReplayVmm.Events</c>.
    /// </summary>
    public static string DotnetType(string type)
    {
        var name = new StringBuilder("ReplayVmm.Events.");
        foreach (string word in type.Split('_', StringSplitOptions.RemoveEmptyEntries))
            name.Append(char.ToUpperInvariant(word[0])).Append(word.AsSpan(1));
        return name.Append(", ReplayVmm.Events").ToString();
    }

    private static LogException Bad(LogRow row, string why) =>
        new(LogTrouble.BadRecording, $"row {row.Version} cannot be stored: {why}; the recording that it comes from is damaged");
}
