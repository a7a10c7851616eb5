using Npgsql;
using ReplayVmm.Events;

namespace ReplayVmm.Store;

/// <summary>
/// Checks what stands of a session beside its rows, in <c>mt_streams</c> and <c>rv_sessions</c>, against the rows that were verified.
/// </summary>
internal static class IndexAudit
{
    // Compared in the database: a timestamp may be one that this program could not hold.
    private const string Sql = """
        select coalesce(m.version, 0), m.type is null, m.tenant_id is not distinct from $2, m.is_archived is not distinct from false,
               m.created = s.created,
               m.timestamp = coalesce((select e.timestamp from mt_events e where e.stream_id = m.id order by e.version desc, e.seq_id desc limit 1),
                                      m.created),
               s.ended, s.events, s.bytes,
               (select count(*) from mt_events e where e.stream_id = m.id),
               (select min(e.version) from mt_events e where e.stream_id = m.id),
               (select coalesce(sum(octet_length(e.bdata)), 0)::bigint from mt_events e where e.stream_id = m.id)
        from mt_streams m join rv_sessions s on s.id = m.id where m.id = $1
        """;

    /// <summary>The first thing that is wrong; null where nothing is.</summary>
    public static VerificationFault? Check(Database database, Guid session, VerificationReport report) => database.Use(
        $"checking the index of session {session}",
        connection => connection.Query(Sql, reader => Fault(reader, report), session, RowSeal.Tenant).SingleOrDefault(
            new VerificationFault(0, RowFault.Dropped, "its entry in mt_streams or rv_sessions is not there any more")));

    private static VerificationFault? Fault(NpgsqlDataReader reader, VerificationReport report)
    {
        long rows = report.Rows;
        long indexed = reader.GetInt64(0);
        if (indexed < rows)
        {
            return new VerificationFault(
                Math.Max(indexed, 0) + 1, RowFault.Changed,
                $"mt_streams says that the log ends at row {indexed}, but it goes on to row {rows}");
        }
        long count = reader.GetInt64(9);
        long first = reader.IsDBNull(10) ? 1 : reader.GetInt64(10);
        if (first < 1)
            return new VerificationFault(first, RowFault.Duplicated, $"row {first} stands before the first row");
        if (count != rows)
            return new VerificationFault(0, RowFault.Duplicated, $"{count} rows are stored of the session where {rows} belong to it");
        string? what =
            !reader.GetBoolean(1) ? "type in mt_streams was changed"
            : !reader.GetBoolean(2) ? "tenant_id in mt_streams was changed"
            : !reader.GetBoolean(3) ? "mt_streams says that the session is archived"
            : !reader.GetBoolean(4) ? "mt_streams and rv_sessions do not say the same time of creation"
            : !reader.GetBoolean(5) ? "timestamp in mt_streams is not that of the last row"
            : reader.GetBoolean(6) != report.Ended ? $"rv_sessions says that the session {(report.Ended ? "did not end, but it did" : "ended, but it did not")}"
            : reader.GetInt64(7) != report.Events ? $"rv_sessions counts {reader.GetInt64(7)} events where {report.Events} are"
            : reader.GetInt64(8) != reader.GetInt64(11) ? $"rv_sessions counts {reader.GetInt64(8)} bytes where {reader.GetInt64(11)} are"
            : null;
        return what is null ? null : new VerificationFault(0, RowFault.Changed, what);
    }
}
