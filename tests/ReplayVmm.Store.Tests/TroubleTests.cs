using Npgsql;

namespace ReplayVmm.Store.Tests;

public sealed class TroubleTests(ServerFixture fixture)
{
    private static void OneLine(LogException e, params string[] parts)
    {
        e.Trouble.ShouldBe(LogTrouble.Unavailable);
        e.Message.ShouldNotContain("\n");
        e.Message.ShouldNotContain("hunter2");
        foreach (string part in parts)
            e.Message.ShouldContain(part);
    }

    private static LogException Opening(string url) => Should.Throw<LogException>(() => EventStore.Open(url));

    [Fact]
    public void Nothing_listens() => OneLine(Opening("postgres://u:hunter2@127.0.0.1:1/d"), "nothing listens at", "127.0.0.1:1", "start the server");

    [Fact]
    public void A_socket_is_missing() => OneLine(Opening("Host=/nonexistent;Username=u;Password=hunter2"), "/nonexistent");

    [Fact]
    public void A_host_is_not_known() => OneLine(Opening("postgres://u:hunter2@no-such-host.invalid/d"), "no-such-host.invalid");

    [Fact]
    public void A_database_is_absent() =>
        OneLine(Opening(fixture.Server.Server.ConnectionString + "x;Password=hunter2"), "replayvmmx", "does not exist", "createdb");

    [Fact]
    public void A_password_is_wrong()
    {
        string url = fixture.NewDatabase();
        string rules = Path.Combine(fixture.Server.Server.DataDirectory, "cluster", "pg_hba.conf");
        Db.Execute(url, "drop role if exists rv_test_locked");
        Db.Execute(url, "create role rv_test_locked login password 'right'");
        File.WriteAllText(rules, "local all rv_test_locked scram-sha-256\n" + File.ReadAllText(rules));
        Db.Execute(url, "select pg_reload_conf()");
        string locked = url.Replace("Username=replayvmm", "Username=rv_test_locked;Password=hunter2", StringComparison.Ordinal);
        LogException? refused = null;
        SpinWait.SpinUntil(
            () =>
            {
                refused = Opening(locked);
                return refused.InnerException is PostgresException { SqlState: PostgresErrorCodes.InvalidPassword };
            },
            TimeSpan.FromMinutes(1));
        OneLine(refused!, "refused user 'rv_test_locked'", "--database");
    }

    [Fact]
    public void A_read_only_database_can_be_read_but_not_recorded_into()
    {
        string url = fixture.NewDatabase();
        using (EventStore store = EventStore.Open(url))
            Recording.Append(store, "a", Recording.Make(10));
        Db.Execute(url, $"alter database {new NpgsqlConnectionStringBuilder(url).Database} set default_transaction_read_only = on");
        using EventStore readOnly = EventStore.Open(url);
        readOnly.Read(readOnly.Find("a").Id).ShouldNotBeEmpty();
        OneLine(Should.Throw<LogException>(() => readOnly.Create(Rows.SessionId("b"), "b")), "session 'b'", "read-only");
        OneLine(Should.Throw<LogException>(() => readOnly.Prune(Rows.SessionId("a"))), "read-only");

        string fresh = fixture.NewDatabase();
        Db.Execute(fresh, $"alter database {new NpgsqlConnectionStringBuilder(fresh).Database} set default_transaction_read_only = on");
        OneLine(Opening(fresh), "read-only");
    }

    [Fact]
    public void A_disk_that_is_full_stops_the_append_and_keeps_what_was_there()
    {
        string url = fixture.NewDatabase();
        using EventStore store = EventStore.Open(url);
        using ISessionWriter writer = store.Create(Rows.SessionId("a"), "a");
        writer.Append(Rows.Range("a", 1, 2));
        Db.Execute(url, """
            create function full_disk() returns trigger language plpgsql as
              $$ begin raise exception 'could not extend file "base/1/2": No space left on device' using errcode = 'disk_full'; end $$;
            create trigger full_disk before insert on mt_events for each row execute function full_disk();
            """);
        OneLine(Should.Throw<LogException>(() => writer.Append(Rows.Range("a", 3, 2))), "rows up to 2 are safe", "full", "free space");
        Rows.ShouldBeWhole(store.Read(Rows.SessionId("a")), "a", 2);
        Db.Execute(url, "drop function full_disk cascade");
        // Npgsql ends the connection on such an error, and the lock goes with it: this recorder is finished.
        OneLine(Should.Throw<LogException>(() => writer.Append(Rows.Range("a", 3, 2))), "rows up to 2 are safe");
        Rows.ShouldBeWhole(store.Read(Rows.SessionId("a")), "a", 2);
    }

    [Fact]
    public void A_table_that_someone_dropped_is_named()
    {
        string url = fixture.NewDatabase();
        using EventStore store = EventStore.Open(url);
        Db.Execute(url, "drop table rv_signatures");
        OneLine(Should.Throw<LogException>(() => store.Signatures(Rows.SessionId("a"))), "rv_signatures", "schema");
    }
}
