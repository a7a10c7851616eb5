using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using ReplayVmm.Events;

namespace ReplayVmm.Store;

/// <summary>
/// The table <c>rv_events</c>: one row an event of the chosen kinds, for people who ask in SQL. A row costs some hundred times what
/// the event costs in its segment, so the kinds that come by the million are left out unless they are asked for.
/// </summary>
public sealed class EventTable : Projection
{
    /// <summary>Payloads longer than this are left out; their length stays.</summary>
    public const int LongestPayload = 64 << 10;

    private const string CopyEvents =
        "copy rv_events (session, row_version, row_index, position, virtual_time, vm, vcpu, kind, operands, payload_length, payload) "
        + "from stdin (format binary)";

    private static readonly EventKind[] TooMany =
    [
        EventKind.PortRead, EventKind.PortWritten, EventKind.MmioRead, EventKind.MmioWritten,
        EventKind.ConsoleInput, EventKind.ConsoleOutput,
    ];

    private readonly HashSet<EventKind> kinds;
    private readonly SegmentDecoder decoder = new();
    private readonly ArrayBufferWriter<byte> json = new();

    /// <summary>Names the table of <paramref name="store"/>.</summary>
    /// <param name="store">The log.</param>
    /// <param name="kinds">The kinds to have rows; <see cref="DefaultKinds"/> where null.</param>
    public EventTable(EventStore store, IReadOnlyCollection<EventKind>? kinds = null)
        : base(store, "rv_events", Definition(kinds ?? DefaultKinds)) => this.kinds = [.. kinds ?? DefaultKinds];

    /// <summary>All kinds but those of ports, device memory and console data.</summary>
    public static IReadOnlyCollection<EventKind> DefaultKinds { get; } = [.. EventSchema.All.Select(s => s.Kind).Except(TooMany)];

    private static string Definition(IReadOnlyCollection<EventKind> kinds) =>
        string.Join(',', kinds.Distinct().Order().Select(k => ((int)k).ToString(CultureInfo.InvariantCulture)));

    private protected override void Forget(NpgsqlConnection connection, Guid session) =>
        connection.Execute("delete from rv_events where session = $1", session);

    private protected override void Apply(NpgsqlConnection connection, Guid session, IReadOnlyList<LogRow> rows)
    {
        using NpgsqlBinaryImporter copy = connection.BeginBinaryImport(CopyEvents);
        foreach (LogRow row in rows)
        {
            if (!HasChosenKinds(RowHeader.Of(row)))
                continue;
            decoder.Decode(row);
            ReadOnlySpan<Event> events = decoder.Events;
            for (int i = 0; i < events.Length; i++)
            {
                if (kinds.Contains(events[i].Kind))
                    Write(copy, session, row.Version, i, events[i]);
            }
        }
        copy.Complete();
    }

    private bool HasChosenKinds(RowHeader header)
    {
        foreach (EventKind kind in header.Kinds)
        {
            if (kinds.Contains(kind))
                return true;
        }
        return false;
    }

    private void Write(NpgsqlBinaryImporter copy, Guid session, long version, int index, in Event e)
    {
        if (e.VirtualTime > long.MaxValue)
        {
            throw new LogException(
                LogTrouble.BadRecording, $"row {version} of session {session}: virtual time {e.VirtualTime} is beyond what SQL can hold");
        }
        EventKindSchema schema = EventSchema.Of(e.Kind);
        copy.StartRow();
        copy.Write(session, NpgsqlDbType.Uuid);
        copy.Write(version, NpgsqlDbType.Bigint);
        copy.Write(index, NpgsqlDbType.Integer);
        copy.Write((long)e.Position, NpgsqlDbType.Bigint);
        copy.Write((long)e.VirtualTime, NpgsqlDbType.Bigint);
        copy.Write((short)e.Vm, NpgsqlDbType.Smallint);
        copy.Write((short)e.Vcpu, NpgsqlDbType.Smallint);
        copy.Write(schema.Name, NpgsqlDbType.Varchar);
        copy.Write(Operands(schema, e), NpgsqlDbType.Jsonb);
        copy.Write(e.PayloadLength, NpgsqlDbType.Integer);
        if (e.PayloadLength is 0 or > LongestPayload)
            copy.WriteNull();
        else
            copy.Write(e.Payload(decoder.Arena).ToArray(), NpgsqlDbType.Bytea);
    }

    private string Operands(EventKindSchema schema, in Event e)
    {
        json.ResetWrittenCount();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            for (int i = 0; i < schema.Operands.Length; i++)
                writer.WriteNumber(schema.Operands[i].Name, i switch { 0 => e.A, 1 => e.B, 2 => e.C, 3 => e.D, _ => e.E });
            writer.WriteEndObject();
        }
        return Encoding.UTF8.GetString(json.WrittenSpan);
    }
}
