namespace ReplayVmm.Store.Tests;

public sealed class AppendTests(ServerFixture fixture)
{
    [Fact]
    public void Rows_come_back_as_they_were_appended()
    {
        using EventStore store = EventStore.Open(fixture.NewDatabase());
        Guid id = Rows.SessionId("a");
        using (ISessionWriter writer = store.Create(id, "a"))
        {
            writer.Append(Rows.Range("a", 1, 5));
            writer.Append(Rows.Range("a", 6, 40, bytes: 200_000));
            writer.Append([]);
            writer.Append([Rows.Row("a", 46, bytes: 0)]);
        }
        Rows.ShouldBeWhole(store.Read(id), "a", 46);
        store.Read(id, 44).Select(r => r.Version).ShouldBe([44, 45, 46]);
        store.Read(id, 47).ShouldBeEmpty();
        LogRow first = store.Read(id).First();
        first.Type.ShouldBe("segment");
        using var header = System.Text.Json.JsonDocument.Parse(first.HeaderJson);
        header.RootElement.GetProperty("Events").GetInt32().ShouldBe(10);
    }

    [Fact]
    public void Rows_that_do_not_follow_are_refused_and_leave_nothing()
    {
        using EventStore store = EventStore.Open(fixture.NewDatabase());
        Guid id = Rows.SessionId("a");
        using ISessionWriter writer = store.Create(id, "a");
        writer.Append(Rows.Range("a", 1, 2));
        Should.Throw<LogException>(() => writer.Append(Rows.Range("a", 4, 2))).Message.ShouldContain("row 4 does not follow row 2");
        Should.Throw<LogException>(() => writer.Append([Rows.Row("a", 3), Rows.Row("a", 3)])).Trouble.ShouldBe(LogTrouble.BadRequest);
        Rows.ShouldBeWhole(store.Read(id), "a", 2);
        writer.Append(Rows.Range("a", 3, 1));
        Rows.ShouldBeWhole(store.Read(id), "a", 3);
    }
}
