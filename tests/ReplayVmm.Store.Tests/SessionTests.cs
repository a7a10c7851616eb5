using Npgsql;

namespace ReplayVmm.Store.Tests;

public sealed class SessionTests : IDisposable
{
    private readonly ServerFixture fixture;
    private readonly string url;
    private readonly EventStore store;

    public SessionTests(ServerFixture fixture)
    {
        this.fixture = fixture;
        url = fixture.NewDatabase();
        store = EventStore.Open(url);
    }

    [Fact]
    public void The_list_says_what_each_session_holds()
    {
        using (ISessionWriter a = store.Create(Rows.SessionId("a"), "a"))
        {
            a.Append(Rows.Range("a", 1, 3, bytes: 100));
            a.Append([Rows.Row("a", 4, bytes: 10, type: "session_ended", count: 1)]);
        }
        using ISessionWriter b = store.Create(Rows.SessionId("b"), "b");
        b.Append([Rows.Row("b", 1, bytes: 7)]);

        IReadOnlyList<SessionInfo> list = store.List();
        list.Select(s => s.Name).ShouldBe(["b", "a"]);
        list[0].ShouldBe(new SessionInfo(Rows.SessionId("b"), "b", 1, list[0].Created, Ended: false, BeingRecorded: true, 10, 7));
        list[1].ShouldBe(new SessionInfo(Rows.SessionId("a"), "a", 4, list[1].Created, Ended: true, BeingRecorded: false, 31, 310));
    }

    [Fact]
    public void The_list_rebuilt_from_the_log_is_the_list_kept()
    {
        foreach (string name in (string[])["a", "b", "c"])
        {
            using ISessionWriter writer = store.Create(Rows.SessionId(name), name);
            for (int i = 0; i < name[0] - 'a'; i++)
                writer.Append(Rows.Range(name, 1 + (3 * i), 3));
            if (name == "b")
                writer.Append([Rows.Row(name, 4, type: "session_ended", count: 1)]);
        }
        IReadOnlyList<SessionInfo> kept = store.List();
        Db.Execute(url, "update rv_sessions set events = 99, bytes = 99, ended = not ended");
        store.List().ShouldNotBe(kept);
        store.RebuildSessionList();
        store.List().ShouldBe(kept);
    }

    [Fact]
    public void Kinds_are_counted_without_decoding()
    {
        List<LogRow> rows = Recording.Make(9000);
        Guid id = Recording.Append(store, "a", rows);
        var decoder = new SegmentDecoder();
        var counted = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (LogRow row in rows)
        {
            decoder.Decode(row);
            foreach (Event e in decoder.Events)
                counted[EventSchema.Of(e.Kind).Name] = counted.GetValueOrDefault(EventSchema.Of(e.Kind).Name) + 1;
        }
        store.CountByKind(id).ShouldBe(counted.OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal));
        store.Find("a").Events.ShouldBe(counted.Values.Sum());
        store.CountByKind(Rows.SessionId("b")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("createrole", true)]
    [InlineData("", false)]
    public void A_user_who_owns_the_database_alone_can_use_it(string attribute, bool roles)
    {
        string all = fixture.NewDatabase();
        string user = $"rv_test_owner_{roles}".ToLowerInvariant();
        string name = $"owned_{roles}".ToLowerInvariant();
        Db.Execute(all, $"drop database if exists {name}");
        Db.Execute(all, $"drop role if exists {user}");
        Db.Execute(all, $"create role {user} login {attribute}");
        Db.Execute(all, $"create database {name} owner {user}");
        string own = $"{fixture.Server.Server.ConnectionString};Username={user};Database={name}";
        using EventStore owned = EventStore.Open(own);
        Guid id = Recording.Append(owned, "a", Recording.Make(100));
        new EventTable(owned).CatchUp(id);
        owned.Prune(id);
        owned.Pruned().Count.ShouldBe(1);
        // From PostgreSQL 16 on, a role that someone else made is not this user's to grant: then the tables stay the user's.
        string[] owners = roles ? ["replayvmm_owner", user] : [user];
        owners.ShouldContain(Db.Scalar<string>(own, "select tableowner::text from pg_tables where tablename = 'mt_events'"));
    }

    [Fact]
    public void A_name_or_an_id_that_exists_is_refused()
    {
        using ISessionWriter a = store.Create(Rows.SessionId("a"), "a");
        LogException name = Should.Throw<LogException>(() => store.Create(Rows.SessionId("b"), "a"));
        name.Trouble.ShouldBe(LogTrouble.BadRequest);
        name.Message.ShouldContain("'a'");
        Should.Throw<LogException>(() => store.Create(Rows.SessionId("a"), "b")).Message.ShouldContain(Rows.SessionId("a").ToString());
        store.List().Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("-x")]
    [InlineData("a\nb")]
    public void A_name_that_could_not_be_typed_is_refused(string name) =>
        Should.Throw<LogException>(() => store.Create(Rows.SessionId("a"), name)).Trouble.ShouldBe(LogTrouble.BadRequest);

    [Fact]
    public void A_row_that_something_else_appended_stops_the_writer()
    {
        using ISessionWriter writer = store.Create(Rows.SessionId("a"), "a");
        writer.Append(Rows.Range("a", 1, 2));
        Db.Execute(url, "update mt_streams set version = 5");
        LogException e = Should.Throw<LogException>(() => writer.Append(Rows.Range("a", 3, 2)));
        e.Message.ShouldContain("at row 5, not 2");
        Rows.ShouldBeWhole(store.Read(Rows.SessionId("a")), "a", 2);
        Db.Scalar<long>(url, "select version from mt_streams").ShouldBe(5);
    }

    [Fact]
    public void A_row_smuggled_in_without_the_version_is_a_conflict_too()
    {
        using ISessionWriter writer = store.Create(Rows.SessionId("a"), "a");
        writer.Append(Rows.Range("a", 1, 2));
        Db.Execute(
            url, "insert into mt_events (seq_id, id, stream_id, version, data, type) values (nextval('mt_events_sequence'), $1, $1, 3, '{}', 'x')",
            Rows.SessionId("a"));
        Should.Throw<LogException>(() => writer.Append(Rows.Range("a", 3, 2))).Message.ShouldContain("rows up to 2 are safe");
        Db.Scalar<long>(url, "select version from mt_streams").ShouldBe(2);
    }

    [Fact]
    public void Sessions_are_recorded_side_by_side()
    {
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i =>
        {
            string name = $"s{i}";
            using ISessionWriter writer = store.Create(Rows.SessionId(name), name);
            for (long version = 1; version <= 120; version += 3)
                writer.Append(Rows.Range(name, version, 3, bytes: 500 * (i + 1)));
        });
        for (int i = 0; i < 4; i++)
            Rows.ShouldBeWhole(store.Read(Rows.SessionId($"s{i}")), $"s{i}", 120);
        store.List().ShouldAllBe(s => s.Version == 120 && !s.BeingRecorded);
    }

    [Fact]
    public void A_recorder_that_is_killed_gives_its_lock_back_and_leaves_what_it_said_is_safe()
    {
        using ChildRecorder child = ChildRecorder.Start(url, "child");
        child.NextAcknowledged().ShouldBe(4);
        store.Find("child").BeingRecorded.ShouldBeTrue();
        long safe = Math.Max(child.Kill(), 4);
        SpinWait.SpinUntil(() => !store.Find("child").BeingRecorded, TimeSpan.FromMinutes(1)).ShouldBeTrue();
        SessionInfo info = store.Find("child");
        info.Version.ShouldBeGreaterThanOrEqualTo(safe);
        Rows.ShouldBeWhole(store.Read(info.Id), "child", info.Version);
        store.Prune(info.Id);
        store.List().ShouldBeEmpty();
    }

    [Fact]
    public void A_writer_whose_connection_is_lost_holds_nothing_any_more()
    {
        using ISessionWriter writer = store.Create(Rows.SessionId("a"), "a");
        writer.Append(Rows.Range("a", 1, 2));
        Db.Scalar<bool>(url, """
            select bool_and(pg_terminate_backend(pid, 60000)) from pg_locks
            where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())
            """).ShouldBeTrue();
        LogException e = Should.Throw<LogException>(() => writer.Append(Rows.Range("a", 3, 2)));
        e.Trouble.ShouldBe(LogTrouble.Unavailable);
        e.Message.ShouldContain("rows up to 2 are safe");
        e.Message.ShouldNotContain("\n");
        store.Find("a").BeingRecorded.ShouldBeFalse();
        Should.Throw<LogException>(() => writer.Append(Rows.Range("a", 3, 2)));
        Rows.ShouldBeWhole(store.Read(Rows.SessionId("a")), "a", 2);
    }

    [Fact]
    public void Signatures_come_back_in_order_and_only_for_rows_that_are_there()
    {
        using ISessionWriter writer = store.Create(Rows.SessionId("a"), "a");
        writer.Append(Rows.Range("a", 1, 2));
        HeadSignature[] signatures = [.. Enumerable.Range(1, 3).Select(i =>
            new HeadSignature(Math.Min(i, 2), Rows.Bytes("head", i, 32), Rows.Bytes("signature", i, 64), Rows.Bytes("key", i, 91)))];
        foreach (HeadSignature signature in signatures)
            writer.Sign(signature);
        Should.Throw<LogException>(() => writer.Sign(signatures[0] with { Version = 3 })).Message.ShouldContain("row 3 cannot be signed");
        IReadOnlyList<HeadSignature> read = store.Signatures(Rows.SessionId("a"));
        read.Select(s => s.Version).ShouldBe([1, 2, 2]);
        read.Select(s => s.Head).ShouldBe(signatures.Select(s => s.Head));
        read.Select(s => s.Signature).ShouldBe(signatures.Select(s => s.Signature));
        read.Select(s => s.PublicKey).ShouldBe(signatures.Select(s => s.PublicKey));
    }

    [Fact]
    public void Pruning_takes_one_session_and_leaves_an_event()
    {
        foreach (string name in (string[])["a", "b"])
        {
            using ISessionWriter writer = store.Create(Rows.SessionId(name), name);
            writer.Append(Rows.Range(name, 1, 4, bytes: 1000));
            writer.Sign(new HeadSignature(1, new byte[32], new byte[64], new byte[91]));
        }
        SessionPruned pruned = store.Delete(Rows.SessionId("a"));
        (pruned.Name, pruned.Rows, pruned.Events, pruned.Bytes).ShouldBe(("a", 4, 40, 4000));
        store.Pruned().ShouldBe([pruned]);
        store.List().Select(s => s.Name).ShouldBe(["b"]);
        store.Read(Rows.SessionId("a")).ShouldBeEmpty();
        store.Signatures(Rows.SessionId("a")).ShouldBeEmpty();
        Rows.ShouldBeWhole(store.Read(Rows.SessionId("b")), "b", 4);
        store.Signatures(Rows.SessionId("b")).Count.ShouldBe(1);
        Db.Lines(url, "select version, type, data->>'Name' from rv_admin").ShouldBe(["1|session_pruned|a"]);

        store.Create(Rows.SessionId("a"), "a").Dispose();
        store.Prune(Rows.SessionId("a"));
        store.Pruned().Select(p => p.Rows).ShouldBe([4, 0]);
        Should.Throw<PostgresException>(() => Db.Execute(url, "delete from mt_events")).MessageText.ShouldContain("append-only");
    }

    [Fact]
    public void A_session_that_is_missing_or_being_recorded_is_not_pruned()
    {
        using ISessionWriter writer = store.Create(Rows.SessionId("a"), "a");
        writer.Append(Rows.Range("a", 1, 1));
        Should.Throw<LogException>(() => store.Prune(Rows.SessionId("a"))).Message.ShouldContain("being recorded");
        Should.Throw<LogException>(() => store.Prune(Rows.SessionId("b"))).Trouble.ShouldBe(LogTrouble.BadRequest);
        writer.Append(Rows.Range("a", 2, 1));
        store.Pruned().ShouldBeEmpty();
    }

    [Fact]
    public void Pruned_space_is_used_again()
    {
        long Round(string name)
        {
            using (ISessionWriter writer = store.Create(Rows.SessionId(name), name))
                writer.Append(Rows.Range(name, 1, 50, bytes: 100_000));
            long size = Db.Scalar<long>(url, "select pg_total_relation_size('mt_events')");
            store.Prune(Rows.SessionId(name));
            return size;
        }
        long first = Round("a");
        Round("b").ShouldBeLessThan(first * 3 / 2);
        Round("c").ShouldBeLessThan(first * 3 / 2);
    }

    [Fact]
    public void A_writer_may_record_and_read_and_an_owner_may_prune()
    {
        Db.Execute(url, "drop role if exists rv_test_w; drop role if exists rv_test_o; drop role if exists rv_test_n");
        Db.Execute(url, "create role rv_test_w login in role replayvmm_writer; create role rv_test_o login in role replayvmm_owner");
        Db.Execute(url, "create role rv_test_n login");
        string As(string user) => url.Replace("Username=replayvmm", $"Username={user}", StringComparison.Ordinal);

        using (EventStore asWriter = EventStore.Open(As("rv_test_w")))
        {
            using (ISessionWriter writer = asWriter.Create(Rows.SessionId("a"), "a"))
            {
                writer.Append(Rows.Range("a", 1, 2));
                writer.Sign(new HeadSignature(1, new byte[32], new byte[64], new byte[91]));
                writer.Append([Rows.Row("a", 3, type: "session_ended")]);
            }
            Rows.ShouldBeWhole(asWriter.Read(asWriter.Find("a").Id), "a", 3);
            LogException refused = Should.Throw<LogException>(() => asWriter.Prune(Rows.SessionId("a")));
            refused.Trouble.ShouldBe(LogTrouble.Unavailable);
            refused.Message.ShouldContain("replayvmm_owner");
        }
        Should.Throw<PostgresException>(() => Db.Execute(As("rv_test_w"), "alter table mt_events disable trigger all"))
            .SqlState.ShouldBe(PostgresErrorCodes.InsufficientPrivilege);
        Should.Throw<LogException>(() => EventStore.Open(As("rv_test_n")));
        using EventStore asOwner = EventStore.Open(As("rv_test_o"));
        asOwner.Delete(Rows.SessionId("a")).User.ShouldBe("rv_test_o");
    }

    public void Dispose() => store.Dispose();
}
