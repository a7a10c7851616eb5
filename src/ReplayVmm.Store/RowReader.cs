using Npgsql;
using ReplayVmm.Events;

namespace ReplayVmm.Store;

/// <summary>
/// Streams a session's rows in pages, each found by the last version of the one before. Between pages it holds neither a connection nor
/// a snapshot, so a replay may take its time, and memory is bounded by a page of <see cref="PageBytes"/> or one row, whichever is larger.
/// </summary>
internal static class RowReader
{
    /// <summary>Most bytes of binary data in a page of more than one row.</summary>
    public const int PageBytes = 4 << 20;

    private const int PageRows = 256;

    // octet_length reads the size of an external value without fetching it. A value over the limit is never sent. A header is measured as the
    // text that would be sent: compressed it may be a hundredth of that.
    private const string PageSql = """
        select version, type, case when size <= $4 then bdata end, case when size <= $4 then header end, size, bdata is null
        from (select *, sum(size) over (order by version) - size as before
              from (select *, coalesce(octet_length(bdata), 0)::bigint + octet_length(header) as size
                    from (select version, type, bdata, data::text as header
                          from mt_events where stream_id = $1 and version >= $2 order by version limit $5) rows) sized) sums
        where before < $3 order by version
        """;

    /// <summary>Rows from <paramref name="fromVersion"/> to the last that is there.</summary>
    public static IEnumerable<LogRow> Read(Database database, Guid session, long fromVersion)
    {
        long next = fromVersion;
        while (true)
        {
            List<LogRow> page = database.Use(
                $"reading session {session} from row {next}", connection => Page(connection, session, next, PageRows));
            if (page.Count == 0)
                yield break;
            foreach (LogRow row in page)
                yield return row;
            long last = page[^1].Version;
            if (last == long.MaxValue)
                yield break;
            next = last + 1;
        }
    }

    /// <summary>At most <paramref name="most"/> rows from <paramref name="from"/>; none where the stream ends before.</summary>
    public static List<LogRow> Page(NpgsqlConnection connection, Guid session, long from, int most) => connection.Query(
        PageSql, reader => Row(reader, session), session, from, (long)PageBytes, StoredRow.MostBytes, most);

    private static LogRow Row(NpgsqlDataReader reader, Guid session)
    {
        long version = reader.GetInt64(0);
        if (reader.GetBoolean(5))
            throw Bad(session, version, "has no binary part; it was not written by a recorder");
        if (reader.IsDBNull(2))
            throw Bad(session, version, $"is {reader.GetInt64(4)} bytes long, more than a recorder writes");
        return new LogRow(version, reader.GetString(1), reader.GetFieldValue<byte[]>(2), reader.GetString(3));
    }

    private static LogException Bad(Guid session, long version, string what) =>
        new(LogTrouble.BadRecording, $"row {version} of session {session} {what}; verify says which rows are whole");
}
