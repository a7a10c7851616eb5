using Npgsql;

namespace ReplayVmm.Store.Tests;

public sealed class AppendOnlyTests : IDisposable
{
    private const string PruneAnother = "begin; set local replayvmm.pruning = '00000000-0000-0000-0000-000000000000'; ";

    private readonly string url;
    private readonly EventStore store;

    public AppendOnlyTests(ServerFixture fixture)
    {
        url = fixture.NewDatabase();
        store = EventStore.Open(url);
        using ISessionWriter a = store.Create(Rows.SessionId("a"), "a");
        a.Append(Rows.Range("a", 1, 3));
        using ISessionWriter b = store.Create(Rows.SessionId("b"), "b");
        b.Append(Rows.Range("b", 1, 3));
    }

    [Theory]
    [InlineData("update mt_events set type = 'x'")]
    [InlineData("update mt_events set bdata = null where version = 2")]
    [InlineData("update mt_events set is_archived = true where false")]
    [InlineData("delete from mt_events")]
    [InlineData("delete from mt_events where version = 3")]
    [InlineData("delete from mt_events where false")]
    [InlineData("delete from mt_streams")]
    [InlineData("truncate mt_events")]
    [InlineData("truncate mt_streams cascade")]
    [InlineData("set session_replication_role = replica; delete from mt_events")]
    [InlineData(PruneAnother + "delete from mt_events; commit")]
    [InlineData(PruneAnother + "truncate mt_events; commit")]
    [InlineData(PruneAnother + "update mt_events set type = 'x'; commit")]
    public void Events_cannot_be_changed_or_taken_away(string sql)
    {
        PostgresException e = Should.Throw<PostgresException>(() => Db.Execute(url, sql));
        e.SqlState.ShouldBe(PostgresErrorCodes.RestrictViolation);
        e.MessageText.ShouldContain("append-only");
        Rows.ShouldBeWhole(store.Read(Rows.SessionId("a")), "a", 3);
        Rows.ShouldBeWhole(store.Read(Rows.SessionId("b")), "b", 3);
    }

    [Fact]
    public void The_way_out_for_one_session_does_not_open_another()
    {
        string pruneA = $"begin; select set_config('replayvmm.pruning', '{Rows.SessionId("a")}', true); ";
        Should.Throw<PostgresException>(() => Db.Execute(url, pruneA + "delete from mt_events; commit"));
        Rows.ShouldBeWhole(store.Read(Rows.SessionId("a")), "a", 3);
        Rows.ShouldBeWhole(store.Read(Rows.SessionId("b")), "b", 3);
    }

    public void Dispose() => store.Dispose();
}
