using System.Globalization;
using Npgsql;

namespace ReplayVmm.Benchmarks;

/// <summary>What a database holds on disk, and what was written to its log.</summary>
internal sealed class DatabaseSize(string url)
{
    private const string Tables =
        "select coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint from pg_class c join pg_namespace n on n.oid = c.relnamespace "
        + "where c.relkind = 'r' and n.nspname = 'public'";

    private long bytesBefore;
    private string walBefore = "0/0";

    /// <summary>Tables with their TOAST and indexes, since <see cref="Begin"/>, in bytes.</summary>
    public long Bytes => long.Parse(Ask(Tables), CultureInfo.InvariantCulture) - bytesBefore;

    /// <summary>Write-ahead log since <see cref="Begin"/>, in bytes; all of the server's.</summary>
    public long WalBytes => long.Parse(Ask($"select pg_wal_lsn_diff(pg_current_wal_lsn(), '{walBefore}')::bigint"), CultureInfo.InvariantCulture);

    /// <summary>Counts from here: an empty schema has a size too.</summary>
    public DatabaseSize Begin()
    {
        // A checkpoint in between would write whole pages into the log: one now makes one less likely, and counts the same for all.
        Ask("checkpoint");
        bytesBefore = 0;
        bytesBefore = Bytes;
        walBefore = Ask("select pg_current_wal_lsn()::text");
        return this;
    }

    /// <summary>The first column of the first row, as text.</summary>
    public string Ask(string sql)
    {
        using var connection = new NpgsqlConnection(url + ";Pooling=false");
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        return Convert.ToString(command.ExecuteScalar(), CultureInfo.InvariantCulture) ?? "";
    }
}
