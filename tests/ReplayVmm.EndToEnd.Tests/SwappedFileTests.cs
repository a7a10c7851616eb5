namespace ReplayVmm.EndToEnd.Tests;

/// <summary>A file that is another one by the time it is imported.</summary>
public sealed class SwappedFileTests(ServerFixture server)
{
    [Fact]
    public void What_is_imported_is_what_was_verified_or_nothing()
    {
        using var bench = new Workbench(server.NewDatabase());
        foreach ((string name, TinyGuest guest) in new[] { ("a", TinyGuests.Ten), ("b", TinyGuests.Ticks) })
        {
            bench.Record(guest, name).Good();
            bench.Run("export", name, bench.Path_(name + ".rvmm")).Good();
            bench.Run("prune", name, "--yes").Good();
        }

        string path = bench.Path_("a.rvmm");
        string before = Sql.Everything(bench.Database);
        Outcome outcome = bench.Run(() => File.Copy(bench.Path_("b.rvmm"), path, overwrite: true), ["import", path]).With(2);
        outcome.Complaint.ShouldBe($"{path}: the file was changed while it was being read");
        Sql.Everything(bench.Database).ShouldBe(before);
        bench.Run("import", path).Good();
    }
}
