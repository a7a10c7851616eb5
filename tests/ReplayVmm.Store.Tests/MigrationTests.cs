namespace ReplayVmm.Store.Tests;

public sealed class MigrationTests(ServerFixture fixture)
{
    private const string Applied = "select version, name from rv_schema order by version";

    [Fact]
    public void A_new_database_gets_every_migration_once()
    {
        string url = fixture.NewDatabase();
        EventStore.Open(url).Dispose();
        string[] expected = ["1|streams-and-events", "2|append-only", "3|sessions", "4|event-table"];
        Db.Lines(url, Applied).ShouldBe(expected);
        EventStore.Open(url).Dispose();
        Db.Lines(url, Applied).ShouldBe(expected);
    }

    [Fact]
    public void Programs_that_open_a_new_database_at_once_all_get_a_whole_schema()
    {
        string url = fixture.NewDatabase();
        Parallel.For(0, 6, new ParallelOptions { MaxDegreeOfParallelism = 6 }, i =>
        {
            using EventStore store = EventStore.Open(url);
            using ISessionWriter writer = store.Create(Rows.SessionId($"s{i}"), $"s{i}");
            writer.Append(Rows.Range($"s{i}", 1, 3));
        });
        Db.Lines(url, Applied).Count.ShouldBe(Migrations.Current);
        using EventStore opened = EventStore.Open(url);
        opened.List().Count.ShouldBe(6);
    }

    [Fact]
    public void An_older_database_gets_what_is_missing_and_keeps_its_rows()
    {
        string url = fixture.NewDatabase();
        Db.Execute(url, "create table rv_schema (version integer primary key, name varchar, applied timestamptz, program varchar)");
        Db.Execute(url, Migrations.Resource("Schema/0001-streams-and-events.sql"));
        Db.Execute(url, "insert into rv_schema values (1, 'streams-and-events', now(), '0.0.1')");
        Db.Execute(url, "insert into mt_streams (id, version) values ($1, 0)", Rows.SessionId("old"));
        EventStore.Open(url).Dispose();
        Db.Lines(url, Applied).Count.ShouldBe(Migrations.Current);
        Db.Scalar<long>(url, "select count(*) from mt_streams").ShouldBe(1);
    }

    [Fact]
    public void A_newer_schema_is_refused_with_the_version_to_upgrade_to()
    {
        string url = fixture.NewDatabase();
        EventStore.Open(url).Dispose();
        Db.Execute(url, "insert into rv_schema values (99, 'from-the-future', now(), '7.1.0')");
        LogException e = Should.Throw<LogException>(() => EventStore.Open(url));
        e.Trouble.ShouldBe(LogTrouble.Unavailable);
        e.Message.ShouldContain("schema 99");
        e.Message.ShouldContain("7.1.0");
        e.Message.ShouldNotContain("\n");
    }

    [Fact]
    public void A_migration_that_fails_leaves_nothing_behind()
    {
        string url = fixture.NewDatabase();
        Db.Execute(url, "create table rv_signatures (something integer)");
        Should.Throw<LogException>(() => EventStore.Open(url)).Message.ShouldContain("rv_signatures");
        Db.Scalar<string>(url, "select to_regclass('mt_events')::text").ShouldBeNull();
        Db.Execute(url, "drop table rv_signatures");
        EventStore.Open(url).Dispose();
    }
}
