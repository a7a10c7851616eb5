namespace ReplayVmm.Store.Tests;

public sealed class ImportTests : IDisposable
{
    private static readonly DateTimeOffset Created = new(2030, 1, 2, 3, 4, 5, TimeSpan.FromHours(2));

    private readonly string url;
    private readonly EventStore store;

    public ImportTests(ServerFixture fixture)
    {
        url = fixture.NewDatabase();
        store = EventStore.Open(url);
    }

    private static LogRow NoDisk(LogRow row) => row.Version == 5 ? throw new IOException("no disk") : row;

    private static HeadSignature Signature(long version) => new(version, new byte[32], new byte[64], new byte[91]);

    [Fact]
    public void What_was_recorded_comes_back_byte_for_byte_and_verifies()
    {
        List<LogRow> rows = Recording.Make(300_000);
        Guid id = Rows.SessionId("a");
        store.Import(id, "a", Created, rows, () => []);
        List<LogRow> read = [.. store.Read(id)];
        read.Count.ShouldBe(rows.Count);
        for (int i = 0; i < rows.Count; i++)
        {
            (read[i].Version, read[i].Type, read[i].HeaderJson).ShouldBe((rows[i].Version, rows[i].Type, rows[i].HeaderJson));
            read[i].Binary.Span.SequenceEqual(rows[i].Binary.Span).ShouldBeTrue();
        }
        VerificationReport report = Verifier.Verify(store.Read(id), [], lastVersion: rows.Count);
        report.Fault.ShouldBeNull();
        SessionInfo info = store.Find("a");
        (info.Version, info.Events, info.Ended, info.BeingRecorded, info.Created).ShouldBe((rows.Count, 300_002, true, false, Created));
    }

    [Fact]
    public void A_row_changed_in_the_database_does_not_verify()
    {
        Guid id = Rows.SessionId("a");
        store.Import(id, "a", Created, Recording.Make(20_000), () => []);
        Db.Execute(url, "alter table mt_events disable trigger all");
        Db.Execute(url, "update mt_events set bdata = set_byte(bdata, 500, get_byte(bdata, 500) # 1) where version = 4");
        Verifier.Verify(store.Read(id), []).Fault.ShouldNotBeNull().Row.ShouldBe(4);
        Db.Execute(url, "delete from mt_events where version = 4");
        Verifier.Verify(store.Read(id), []).Fault.ShouldNotBeNull().Row.ShouldBe(4);
    }

    [Fact]
    public void A_source_that_fails_leaves_nothing()
    {
        List<LogRow> rows = Recording.Make(100_000);
        IEnumerable<LogRow> Failing()
        {
            foreach (LogRow row in rows.SkipLast(1))
                yield return row;
            store.List().ShouldBeEmpty();
            throw new LogException(LogTrouble.BadRecording, "byte 7: not what belongs there");
        }
        Should.Throw<LogException>(() => store.Import(Rows.SessionId("a"), "a", Created, Failing(), () => [])).Message.ShouldStartWith("byte 7");
        Should.Throw<LogException>(() => store.Import(Rows.SessionId("a"), "a", Created, [rows[0], rows[2]], () => []))
            .Trouble.ShouldBe(LogTrouble.BadRequest);
        Should.Throw<LogException>(() => store.Import(Rows.SessionId("a"), "a", Created, [rows[0]], () => [Signature(2)]))
            .Message.ShouldContain("row 2 cannot be signed");
        Should.Throw<LogException>(() => store.Import(Rows.SessionId("a"), "a", Created, rows.Select(NoDisk), () => []))
            .Message.ShouldBe("the recording cannot be read to its end (no disk)");
        store.List().ShouldBeEmpty();
        Db.Scalar<long>(url, "select count(*) from mt_streams").ShouldBe(0);
        Db.Scalar<long>(url, "select count(*) from mt_events").ShouldBe(0);
        store.Import(Rows.SessionId("a"), "a", Created, rows, () => [Signature(1), Signature(rows.Count)]);
        store.Signatures(Rows.SessionId("a")).Count.ShouldBe(2);
        Should.Throw<LogException>(() => store.Import(Rows.SessionId("b"), "a", Created, rows, () => [])).Message.ShouldContain("named 'a'");
    }

    public void Dispose() => store.Dispose();
}
