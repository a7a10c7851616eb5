using System.Buffers.Binary;
using Npgsql;
using ReplayVmm.Events;

namespace ReplayVmm.Store;

/// <summary>
/// Reads a session's rows for a verification: every column of a row is looked at, rows that stand twice are seen twice, and what is wrong
/// with how a row is kept is said in the row, not thrown. Memory is bounded as <see cref="RowReader"/>'s.
/// </summary>
internal static class RowAudit
{
    private const int PageRows = 256;

    /// <summary>Longest text of a column that is fetched: one more than any that a recorder writes.</summary>
    private const int LongestText = 501;

    // The header is only fetched where it is of a size that a recorder writes, as is bdata: a stranger's row may be of any.
    private const string PageSql = """
        select version, seq_id, id, timestamptz_send(timestamp), left(type, $6), left(tenant_id, $6), left(mt_dotnet_type, $6), is_archived,
               case when size <= $5 then bdata end, case when size <= $5 then header end, size, bdata is null
        from (select *, sum(size) over (order by version, seq_id) - size as before
              from (select *, coalesce(octet_length(bdata), 0)::bigint + octet_length(header) as size
                    from (select *, data::text as header from mt_events
                          where stream_id = $1 and version >= $2 and (version > $2 or seq_id > $3)
                          order by version, seq_id limit $7) rows) sized) sums
        where before < $4 order by version, seq_id
        """;

    /// <summary>All rows from the first version, in order of version and sequence.</summary>
    public static IEnumerable<LogRow> Read(Database database, Guid session)
    {
        long version = 1, sequence = long.MinValue;
        while (true)
        {
            List<(LogRow Row, long Sequence)> page = database.Use(
                $"reading session {session} from row {version}", connection => Page(connection, session, version, sequence));
            if (page.Count == 0)
                yield break;
            foreach ((LogRow row, _) in page)
                yield return row;
            (version, sequence) = (page[^1].Row.Version, page[^1].Sequence);
        }
    }

    private static List<(LogRow Row, long Sequence)> Page(NpgsqlConnection connection, Guid session, long version, long sequence) =>
        connection.Query(
            PageSql, reader => (Row(reader, session), reader.GetInt64(1)),
            session, version, sequence, (long)RowReader.PageBytes, StoredRow.MostBytes, LongestText, PageRows);

    private static LogRow Row(NpgsqlDataReader reader, Guid session)
    {
        long version = reader.GetInt64(0);
        string type = reader.GetString(4);
        if (reader.GetBoolean(11))
            return new LogRow(version, type, default, "") { Damage = $"row {version} has no binary part" };
        if (reader.IsDBNull(8))
            return new LogRow(version, type, default, "") { Damage = $"row {version} is {reader.GetInt64(10)} bytes long, more than a recorder writes" };
        var row = new LogRow(version, type, reader.GetFieldValue<byte[]>(8), reader.GetString(9));
        string? damage = Damage(reader, session, row);
        return damage is null ? row : row with { Damage = $"row {version}: {damage}" };
    }

    private static string? Damage(NpgsqlDataReader reader, Guid session, LogRow row)
    {
        if (Text(reader, 5) != RowSeal.Tenant)
            return $"its tenant_id is not '{RowSeal.Tenant}'";
        if (Text(reader, 6) != StoredRow.DotnetType(row.Type))
            return "its mt_dotnet_type is not that of its type";
        if (reader.IsDBNull(7) || reader.GetBoolean(7))
            return "it is marked as archived";
        Guid id = reader.GetGuid(2);
        long time = BinaryPrimitives.ReadInt64BigEndian(reader.GetFieldValue<byte[]>(3));
        return id == RowSeal.Of(session, row.Version, reader.GetInt64(1), time, row.Type, row.Binary.Span)
            || id == RowSeal.OfPlace(session, row.Version)
                ? null
                : "its id does not fit: the id itself, seq_id, timestamp, type or bdata was changed";
    }

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
}
