namespace ReplayVmm.Store.Tests;

/// <summary>The facts that were measured against a real Marten 9 store (design, "PostgreSQL: the event store").</summary>
public sealed class MartenShapeTests(ServerFixture fixture)
{
    private readonly string url = Opened(fixture);

    private static string Opened(ServerFixture fixture)
    {
        string made = fixture.NewDatabase();
        EventStore.Open(made).Dispose();
        return made;
    }

    [Theory]
    [InlineData("mt_streams", new[]
    {
        "id|uuid|NO|-", "type|character varying|YES|-", "version|bigint|YES|-", "timestamp|timestamp with time zone|NO|now()",
        "created|timestamp with time zone|NO|now()", "tenant_id|character varying|YES|'*DEFAULT*'::character varying",
        "is_archived|boolean|YES|false",
    })]
    [InlineData("mt_events", new[]
    {
        "seq_id|bigint|NO|-", "id|uuid|NO|-", "stream_id|uuid|YES|-", "version|bigint|NO|-", "data|jsonb|NO|-", "bdata|bytea|YES|-",
        "type|character varying(500)|NO|-", "timestamp|timestamp with time zone|NO|now()",
        "tenant_id|character varying|YES|'*DEFAULT*'::character varying", "mt_dotnet_type|character varying|YES|-",
        "is_archived|boolean|YES|false",
    })]
    [InlineData("mt_event_progression", new[]
    {
        "name|character varying|NO|-", "last_seq_id|bigint|YES|-", "last_updated|timestamp with time zone|YES|transaction_timestamp()",
    })]
    [InlineData("mt_high_water_skips", new[]
    {
        "ending_sequence|bigint|NO|-", "starting_sequence|bigint|NO|-", "timestamp|timestamp with time zone|NO|now()",
    })]
    public void A_table_has_exactly_the_columns_that_marten_expects(string table, string[] columns) => Db.Lines(
        url,
        """
        select column_name, data_type || case when character_maximum_length is null then '' else '(' || character_maximum_length || ')' end,
               is_nullable, column_default
        from information_schema.columns where table_name = $1 order by ordinal_position
        """,
        table).ShouldBe(columns);

    [Fact]
    public void Constraints_and_indexes_have_the_names_that_marten_compares()
    {
        Db.Lines(url, """
            select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint
            where conrelid::regclass::text like 'mt\_%' and contype <> 'n' order by 1, 2
            """).ShouldBe(
        [
            "mt_event_progression|pk_mt_event_progression|PRIMARY KEY (name)",
            "mt_events|fkey_mt_events_stream_id|FOREIGN KEY (stream_id) REFERENCES mt_streams(id) ON DELETE CASCADE",
            "mt_events|pkey_mt_events_seq_id|PRIMARY KEY (seq_id)",
            "mt_high_water_skips|pkey_mt_high_water_skips_ending_sequence|PRIMARY KEY (ending_sequence)",
            "mt_streams|pkey_mt_streams_id|PRIMARY KEY (id)",
        ]);
        Db.Lines(url, "select indexdef from pg_indexes where tablename = 'mt_events' order by indexname").ShouldBe(
        [
            "CREATE UNIQUE INDEX pk_mt_events_stream_and_version ON public.mt_events USING btree (stream_id, version)",
            "CREATE UNIQUE INDEX pkey_mt_events_seq_id ON public.mt_events USING btree (seq_id)",
        ]);
        Db.Scalar<string>(url, "select pg_get_serial_sequence('mt_events', 'seq_id')").ShouldBe("public.mt_events_sequence");
        Db.Scalar<string>(url, "select attstorage::text from pg_attribute where attrelid = 'mt_events'::regclass and attname = 'bdata'")
            .ShouldBe("e");
    }

    [Fact]
    public void A_row_is_what_marten_calls_a_binary_event_of_its_stream()
    {
        using EventStore store = EventStore.Open(url, new FixedClock(new DateTimeOffset(2031, 5, 6, 7, 8, 9, TimeSpan.Zero)));
        Guid id = Rows.SessionId("a");
        using (ISessionWriter writer = store.Create(id, "a"))
            writer.Append([Rows.Row("a", 1, type: "session_started"), Rows.Row("a", 2), Rows.Row("a", 3)]);
        Db.Lines(url, """
            select stream_id, version, type, mt_dotnet_type, bdata is not null, tenant_id, is_archived, timestamp at time zone 'utc'
            from mt_events order by seq_id
            """).ShouldBe(
        [
            $"{id}|1|session_started|ReplayVmm.Events.SessionStarted, ReplayVmm.Events|True|*DEFAULT*|False|05/06/2031 07:08:09",
            $"{id}|2|segment|ReplayVmm.Events.Segment, ReplayVmm.Events|True|*DEFAULT*|False|05/06/2031 07:08:09",
            $"{id}|3|segment|ReplayVmm.Events.Segment, ReplayVmm.Events|True|*DEFAULT*|False|05/06/2031 07:08:09",
        ]);
        Db.Lines(url, "select version, timestamp at time zone 'utc' from mt_streams").ShouldBe(["3|05/06/2031 07:08:09"]);
        // The next append by Marten takes this number: it must be free.
        Db.Scalar<long>(url, "select nextval('mt_events_sequence') - max(seq_id) from mt_events").ShouldBe(1);
    }

    private sealed class FixedClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
