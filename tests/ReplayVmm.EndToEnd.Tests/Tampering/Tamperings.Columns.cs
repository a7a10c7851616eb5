namespace ReplayVmm.EndToEnd.Tests;

/// <content>Bits and columns of one row, of the session's index, of its signatures.</content>
internal sealed partial class Tamperings
{
    private const string This = "where stream_id = $1 and version = $2";

    private static readonly string[] Columns =
        ["seq_id", "id", "stream_id", "version", "data", "type", "timestamp", "tenant_id", "mt_dotnet_type"];

    private ExpectedVerdict FlipBinary(bool reseal)
    {
        long row = Row();
        int bit = random.Next(8 * database.Ask<int>($"select octet_length(bdata) from mt_events {This}", row));
        database.Do($"update mt_events set bdata = saved.flipped(bdata, $3) {This}", row, bit);
        if (reseal)
            database.Reseal(row);
        return new ExpectedVerdict($"bit {bit} of row {row}", row);
    }

    private ExpectedVerdict? FlipColumn()
    {
        long row = Row();
        string column = Columns[random.Next(Columns.Length)];
        string what = Flip("mt_events", column, This, row);
        // Some bits are no change: a blank between two items of a JSON object, for instance, is not kept.
        bool same = database.Ask<bool>("""
            select exists (select from mt_events e join saved.mt_events s using (seq_id) where e.stream_id = $1 and e.version = $2
                           and e.* is not distinct from s.*)
            """, row);
        return same ? null : new ExpectedVerdict($"{what} of row {row}", row);
    }

    private ExpectedVerdict SetColumn()
    {
        long row = Row();
        string[] values =
        [
            "bdata = null", "bdata = ''", "bdata = bdata || '\\x00'", "bdata = substring(bdata from 2)", "tenant_id = null", "tenant_id = ''",
            "tenant_id = 'theirs'", "mt_dotnet_type = null", "mt_dotnet_type = 'System.String, mscorlib'", "is_archived = null",
            "is_archived = true", "timestamp = 'infinity'", "timestamp = '-infinity'", "timestamp = timestamp - interval '1 microsecond'",
            "type = ''", "type = repeat('x', 500)", "type = 'vm_exited', mt_dotnet_type = 'ReplayVmm.Events.VmExited, ReplayVmm.Events'",
            "id = gen_random_uuid()", "data = '{}'", "data = 'null'", "seq_id = -seq_id", "stream_id = gen_random_uuid()", "stream_id = null",
            "version = version + 1000000", "version = -version", "bdata = decode(repeat('00', 70000000), 'hex')",
        ];
        // The last one is slow: seldom.
        string value = values[random.Next(random.Next(20) == 0 ? values.Length : values.Length - 1)];
        database.Do($"update mt_events set {value} {This}", row);
        return new ExpectedVerdict($"{value} in row {row}", row);
    }

    private ExpectedVerdict? EditHeader()
    {
        long row = Row();
        string[] keys =
        [
            "Row", "Events", "Positions", "BodyBytes", "Compression", "PayloadBytes", "FirstPosition", "FormatVersion", "LastVirtualTime",
            "FirstVirtualTime",
        ];
        string key = keys[random.Next(keys.Length)];
        string value = random.Next(4) switch
        {
            0 => $"data - '{key}'",
            1 => $$"""data || '{"More": 1}'""",
            2 => $"jsonb_set(data, '{{Kinds}}', '{{\"port_read\": 7000}}')",
            _ => $"jsonb_set(data, '{{{key}}}', to_jsonb((data->>'{key}')::numeric + 1))",
        };
        database.Do($"update mt_events set data = {value} {This}", row);
        return new ExpectedVerdict($"data = {value} in row {row}", row);
    }

    private ExpectedVerdict EditIndex()
    {
        const string Stream = "where id = $1";
        string[] edits =
        [
            "mt_streams set type = 'order'", "mt_streams set tenant_id = 'theirs'", "mt_streams set tenant_id = null", "mt_streams set is_archived = true",
            "mt_streams set is_archived = null", "rv_sessions set ended = not ended",
        ];
        switch (random.Next(4))
        {
            case 0:
                string edit = edits[random.Next(edits.Length)];
                database.Do($"update {edit} {Stream}");
                return new ExpectedVerdict(edit, 0);
            case 1:
                string column = random.Next(2) == 0 ? "timestamp" : "created";
                return new ExpectedVerdict(Flip("mt_streams", column, "where id = $1 and $2 = 0", 0L), 0);
            case 2:
                column = new[] { "created", "events", "bytes" }[random.Next(3)];
                return new ExpectedVerdict(Flip("rv_sessions", column, "where id = $1 and $2 = 0", 0L), 0);
            default:
                string what = Flip("mt_streams", "version", "where id = $1 and $2 = 0", 0L);
                long version = database.Ask<long>($"select version from mt_streams {Stream}");
                return new ExpectedVerdict(what, version > database.Rows ? database.Rows + 1 : Math.Max(version, 0) + 1);
        }
    }

    private ExpectedVerdict EditSignature()
    {
        long signed = database.Signed[random.Next(2)];
        string column = new[] { "head", "signature", "public_key", "version" }[random.Next(4)];
        string what = $"{Flip("rv_signatures", column, "where session = $1 and version = $2", signed)} of the signature at row {signed}";
        if (column != "version")
            return new ExpectedVerdict(what, signed);
        long other = database.Signed.Sum() - signed;
        long version = database.Ask<long?>("select version from rv_signatures where session = $1 and version <> $2", other) ?? other;
        return new ExpectedVerdict(what, version > database.Rows ? database.Rows + 1 : Math.Max(version, 1));
    }

    private ExpectedVerdict DropSignature()
    {
        bool all = Chance();
        database.Do("delete from rv_signatures where session = $1 and version > $2", all ? 0L : database.Signed[0]);
        return new ExpectedVerdict(all ? "both" : "the last", all ? 1 : database.Signed[0] + 1, Pinned: true);
    }

    /// <summary>Flips a bit of a column as the database would send it.</summary>
    private string Flip(string table, string column, string where, long row)
    {
        string type = database.Ask<string>(
            "select data_type::text from information_schema.columns where table_schema = 'public' and $1 is not null and table_name = $2 and column_name = $3",
            table, column)!;
        string bytes = type switch
        {
            "bigint" => $"int8send({column})",
            "uuid" => $"uuid_send({column})",
            "bytea" => column,
            "timestamp with time zone" => $"timestamptz_send({column})",
            _ => $"convert_to({column}::text, 'UTF8')",
        };
        int bit = random.Next(8 * database.Ask<int>($"select octet_length({bytes}) from {table} {where}", row));
        string flipped = $"saved.flipped({bytes}, {bit})";
        string value = type switch
        {
            "bigint" => $"('x' || encode({flipped}, 'hex'))::bit(64)::bigint",
            "uuid" => $"encode({flipped}, 'hex')::uuid",
            "bytea" => flipped,
            "timestamp with time zone" => Moved(column, flipped),
            "jsonb" => $"convert_from({flipped}, 'UTF8')::jsonb",
            _ => $"convert_from({flipped}, 'UTF8')",
        };
        database.Do($"update {table} set {column} = {value} {where}", row);
        return $"bit {bit} of {table}.{column}";
    }

    /// <summary>PostgreSQL has no way back from a timestamp's bytes: the difference is added, in days and microseconds so that it is exact.</summary>
    private static string Moved(string column, string flipped)
    {
        string difference = $"(('x' || encode({flipped}, 'hex'))::bit(64)::bigint::numeric"
            + $" - ('x' || encode(timestamptz_send({column}), 'hex'))::bit(64)::bigint)";
        return $"{column} + make_interval(days => trunc({difference} / 86400000000)::integer)"
            + $" + ({difference} % 86400000000)::float8 * interval '1 microsecond'";
    }
}
