namespace ReplayVmm.Store.Tests;

public sealed class ProjectionTests : IDisposable
{
    private const string All = """
        select session, row_version, row_index, position, virtual_time, vm, vcpu, kind, operands, payload_length, md5(payload)
        from rv_events order by 1, 2, 3
        """;

    private readonly string url;
    private readonly EventStore store;

    public ProjectionTests(ServerFixture fixture)
    {
        url = fixture.NewDatabase();
        store = EventStore.Open(url);
    }

    [Fact]
    public void The_table_holds_the_events_of_the_chosen_kinds_and_no_others()
    {
        List<LogRow> rows = Recording.Make(9000);
        Guid id = Recording.Append(store, "a", rows);
        new EventTable(store).CatchUp(id).ShouldBe(rows.Count);

        var decoder = new SegmentDecoder();
        var expected = new List<string>();
        foreach (LogRow row in rows)
        {
            decoder.Decode(row);
            foreach (Event e in decoder.Events)
            {
                if (e.Kind is not (EventKind.PortRead or EventKind.ConsoleOutput))
                    expected.Add($"{e.Position}|{e.VirtualTime}|{e.Vcpu}|{EventSchema.Of(e.Kind).Name}|{e.PayloadLength}");
            }
        }
        expected.Count.ShouldBeGreaterThan(2000);
        Db.Lines(url, "select position, virtual_time, vcpu, kind, payload_length from rv_events order by row_version, row_index")
            .ShouldBe(expected);

        string[] kinds = ["control_register_written", "guest_memory_written", "msr_written", "session_ended", "session_started"];
        Db.Lines(url, "select distinct kind from rv_events order by 1").ShouldBe(kinds);
        Db.Scalar<bool>(url, """
            select bool_and((operands->>'new')::numeric > 18446744073709500000) from rv_events where kind = 'control_register_written'
            """).ShouldBeTrue();
        Db.Lines(url, "select convert_from(payload, 'utf8')::jsonb->>'memory' from rv_events where kind = 'session_started'").ShouldBe(["64M"]);
        Db.Scalar<bool>(url, "select bool_and((payload is null) = (payload_length > 65536)) from rv_events where kind = 'guest_memory_written'")
            .ShouldBeTrue();
        Db.Scalar<long>(url, "select count(*) from rv_events where payload_length > 65536").ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Row_by_row_while_it_is_recorded_gives_the_same_as_a_rebuild()
    {
        List<LogRow> rows = Recording.Make(30_000);
        Guid id = Rows.SessionId("a");
        var table = new EventTable(store);
        using (ISessionWriter writer = store.Create(id, "a"))
        {
            foreach (LogRow row in rows)
            {
                writer.Append([row]);
                table.CatchUp(id).ShouldBe(1);
                table.CatchUp(id).ShouldBe(0);
            }
        }
        List<string> incremental = Db.Lines(url, All);
        incremental.Count.ShouldBeGreaterThan(8000);
        Db.Execute(url, "delete from rv_events where row_index % 3 = 0");
        new EventTable(store).Rebuild(id).ShouldBe(rows.Count);
        Db.Lines(url, All).ShouldBe(incremental);
    }

    [Fact]
    public void A_crash_at_any_moment_leaves_it_behind_but_never_wrong()
    {
        List<LogRow> rows = Recording.Make(30_000, seed: 2);
        Guid id = Recording.Append(store, "a", rows);
        new EventTable(store).CatchUp(id);
        List<string> whole = Db.Lines(url, All);
        new EventTable(store).Rebuild(id);

        Db.Execute(url, "delete from rv_progress; delete from rv_events");
        for (int step = 0; step <= rows.Count; step++)
        {
            // A new object each time, as after a crash; the first try of each step dies with its rows written and not committed.
            var dying = new EventTable(store) { BeforeCommit = () => throw new InvalidOperationException("crash") };
            Should.Throw<InvalidOperationException>(() => dying.Step(id, 1));
            Db.Scalar<long>(url, "select coalesce(max(row_version), 0) from rv_events").ShouldBeLessThanOrEqualTo(step);
            new EventTable(store).Step(id, 1).ShouldBe(step < rows.Count ? 1 : 0);
        }
        Db.Lines(url, All).ShouldBe(whole);
    }

    [Fact]
    public void A_connection_that_is_killed_while_it_projects_is_a_crash_like_any_other()
    {
        List<LogRow> rows = Recording.Make(12_000);
        Guid id = Recording.Append(store, "a", rows);
        var table = new EventTable(store);
        table.Step(id, 1);
        table.BeforeCommit = () => Db.Execute(url, """
            select pg_terminate_backend(pid, 60000) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
            """);
        Should.Throw<LogException>(() => table.CatchUp(id)).Trouble.ShouldBe(LogTrouble.Unavailable);
        Db.Scalar<long>(url, "select max(row_version) from rv_events").ShouldBe(1);
        table.BeforeCommit = null;
        table.CatchUp(id).ShouldBe(rows.Count - 1);
        List<string> resumed = Db.Lines(url, All);
        table.Rebuild(id);
        Db.Lines(url, All).ShouldBe(resumed);
    }

    [Fact]
    public void Programs_that_catch_up_at_once_take_turns()
    {
        List<LogRow> rows = Recording.Make(60_000);
        Guid id = Recording.Append(store, "a", rows);
        long[] done = new long[4];
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i => done[i] = new EventTable(store).CatchUp(id));
        done.Sum().ShouldBe(rows.Count);
        List<string> together = Db.Lines(url, All);
        new EventTable(store).Rebuild(id);
        Db.Lines(url, All).ShouldBe(together);
    }

    [Fact]
    public void Another_choice_of_kinds_makes_the_table_anew()
    {
        Guid a = Recording.Append(store, "a", Recording.Make(3000));
        Recording.Append(store, "b", Recording.Make(3000, seed: 3));
        new EventTable(store).CatchUpAll();
        new EventTable(store, [EventKind.PortRead, EventKind.PortWritten]).CatchUp(a);
        Db.Lines(url, "select distinct kind from rv_events where session = $1", a).ShouldBe(["port_read"]);
        Db.Scalar<long>(url, "select count(distinct kind) from rv_events where session <> $1", a).ShouldBeGreaterThan(3);
    }

    [Fact]
    public void A_damaged_row_stops_it_with_one_clear_line_after_what_was_whole()
    {
        List<LogRow> rows = Recording.Make(20_000);
        Guid id = Rows.SessionId("a");
        rows[3] = rows[3] with { Binary = rows[3].Binary[..^40] };
        Recording.Append(store, "a", rows);
        LogException e = Should.Throw<LogException>(() => new EventTable(store).CatchUp(id));
        e.Trouble.ShouldBe(LogTrouble.BadRecording);
        e.Message.ShouldContain("row 4");
        e.Message.ShouldNotContain("\n");
        Db.Scalar<long>(url, "select max(row_version) from rv_events").ShouldBe(3);
    }

    [Fact]
    public void Pruning_takes_the_read_model_along()
    {
        Guid a = Recording.Append(store, "a", Recording.Make(3000));
        Guid b = Recording.Append(store, "b", Recording.Make(3000));
        var table = new EventTable(store);
        table.CatchUpAll();
        store.Prune(a);
        Db.Lines(url, "select distinct session from rv_events").ShouldBe([b.ToString()]);
        Db.Lines(url, "select distinct session from rv_progress").ShouldBe([b.ToString()]);
        table.CatchUpAll().ShouldBe(0);
    }

    public void Dispose() => store.Dispose();
}
