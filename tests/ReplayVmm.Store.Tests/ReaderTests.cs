namespace ReplayVmm.Store.Tests;

public sealed class ReaderTests : IDisposable
{
    private readonly string url;
    private readonly EventStore store;

    public ReaderTests(ServerFixture fixture)
    {
        url = fixture.NewDatabase();
        store = EventStore.Open(url);
    }

    [Fact]
    public void A_long_session_is_read_with_the_memory_of_a_page()
    {
        Guid id = Rows.SessionId("a");
        using (ISessionWriter writer = store.Create(id, "a"))
        {
            for (int version = 1; version <= 200; version += 10)
                writer.Append(Rows.Range("a", version, 10, bytes: 1_000_000));
        }
        long before = GC.GetTotalMemory(forceFullCollection: true);
        long most = 0;
        int rows = 0;
        foreach (LogRow row in store.Read(id))
        {
            row.Binary.Length.ShouldBe(1_000_000);
            if (++rows % 20 == 0)
                most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
        }
        rows.ShouldBe(200);
        most.ShouldBeLessThan(4L * RowReader.PageBytes);
    }

    [Fact]
    public void A_page_ends_before_it_is_too_big_and_holds_one_row_at_least()
    {
        Guid id = Rows.SessionId("a");
        int[] sizes = [1_000_000, 1_000_000, 9_000_000, 100, 200, 5_000_000, 3_000_000];
        using (ISessionWriter writer = store.Create(id, "a"))
            writer.Append([.. sizes.Select((size, i) => Rows.Row("a", i + 1, size))]);
        var pages = new List<string>();
        store.Database.Use("paging", connection =>
        {
            for (long next = 1; RowReader.Page(connection, id, next, 256) is { Count: > 0 } page; next = page[^1].Version + 1)
                pages.Add(string.Join(' ', page.Select(r => r.Version)));
        });
        pages.ShouldBe(["1 2 3", "4 5 6", "7"]);
        Rows.ShouldBeWhole(store.Read(id), "a", sizes.Length);
    }

    [Fact]
    public void Between_rows_a_reader_holds_no_snapshot_and_sees_what_is_appended_meanwhile()
    {
        Guid id = Rows.SessionId("a");
        using ISessionWriter writer = store.Create(id, "a");
        writer.Append(Rows.Range("a", 1, 300));
        using IEnumerator<LogRow> rows = store.Read(id).GetEnumerator();
        rows.MoveNext().ShouldBeTrue();
        Db.Scalar<long>(url, """
            select count(*) from pg_stat_activity
            where datname = current_database() and backend_xmin is not null and pid <> pg_backend_pid()
            """).ShouldBe(0);
        writer.Append(Rows.Range("a", 301, 5));
        int count = 1;
        while (rows.MoveNext())
            count++;
        count.ShouldBe(305);
    }

    [Fact]
    public void Hostile_rows_give_one_clear_line_each()
    {
        Guid id = Recording.Append(store, "a", Recording.Make(100));
        long last = store.Find("a").Version;
        void Smuggle(long version, string bdata) => Db.Execute(
            url,
            $$"""
            insert into mt_events (seq_id, id, stream_id, version, data, bdata, type)
            values (nextval('mt_events_sequence'), gen_random_uuid(), $1, $2, '{"Events": "many"}', {{bdata}}, 'segment')
            """,
            id, version);

        Smuggle(last + 1, "'\\x93ff00'");
        LogRow garbage = store.Read(id, last + 1).Single();
        Should.Throw<LogException>(() => new SegmentDecoder().Decode(garbage)).Message.ShouldContain($"row {last + 1}");
        store.RebuildSessionList();

        Smuggle(last + 2, "null");
        Should.Throw<LogException>(() => store.Read(id).Count()).Message.ShouldContain($"row {last + 2} of session {id} has no binary part");

        Smuggle(last + 3, $"decode(repeat('00', {SegmentLimits.MaxBinaryBytes + 200_000}), 'hex')");
        LogException big = Should.Throw<LogException>(() => store.Read(id, last + 3).Count());
        big.Trouble.ShouldBe(LogTrouble.BadRecording);
        big.Message.ShouldContain("bytes long");
        big.Message.ShouldNotContain("\n");

        Db.Execute(
            url,
            """
            insert into mt_events (seq_id, id, stream_id, version, data, bdata, type)
            values (nextval('mt_events_sequence'), gen_random_uuid(), $1, $2, to_jsonb(repeat('a', $3)), '\x00', 'segment')
            """,
            id, last + 4, SegmentLimits.MaxBinaryBytes + 200_000);
        Should.Throw<LogException>(() => store.Read(id, last + 4).Count()).Message.ShouldContain("bytes long");
        store.ReadToVerify(id).Last().Damage.ShouldNotBeNull().ShouldContain("bytes long, more than a recorder writes");

        Smuggle(long.MaxValue, "'\\x00'");
        store.Read(id, long.MaxValue).Count().ShouldBe(1);
    }

    [Theory]
    [InlineData("Segment")]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a'; drop table mt_events; --")]
    public void A_row_of_a_type_that_is_not_a_name_is_refused(string type) => Refused(Rows.Row("a", 1) with { Type = type });

    [Theory]
    [InlineData("")]
    [InlineData("[1]")]
    [InlineData("{")]
    [InlineData("{\"Events\": -1}")]
    [InlineData("{\"Events\": 1e300}")]
    [InlineData("{\"Events\": \"3\"}")]
    [InlineData("{\"Text\": \"\\u0000\"}")]
    [InlineData("{\"Text\": \"\\ud800\"}")]
    [InlineData("{\"Number\": 1e9999999}")]
    public void A_row_whose_header_cannot_be_stored_is_refused(string header) => Refused(Rows.Row("a", 1) with { HeaderJson = header });

    private void Refused(LogRow row)
    {
        Guid id = Rows.SessionId("a");
        using ISessionWriter writer = store.Create(id, "a");
        LogException e = Should.Throw<LogException>(() => writer.Append([row]));
        e.Trouble.ShouldBe(LogTrouble.BadRecording);
        e.Message.ShouldNotContain("\n");
        store.Read(id).ShouldBeEmpty();
        writer.Append(Rows.Range("a", 1, 1));
        Rows.ShouldBeWhole(store.Read(id), "a", 1);
    }

    public void Dispose() => store.Dispose();
}
