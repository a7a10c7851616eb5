namespace ReplayVmm.EndToEnd.Tests;

/// <summary>A guest that exits faster than the database takes it is slowed; memory does not grow with the recording.</summary>
public sealed class MemoryTests(ServerFixture server, ITestOutputHelper log)
{
    private const long Mebi = 1 << 20, GuestMemory = 64 * Mebi, Beside = 300 * Mebi;

    [Fact]
    public void A_long_recording_stays_below_guest_memory_and_300_MB()
    {
        string image = Repository.Guest("port_exits-100.elf");
        using var bench = new Workbench(server.NewDatabase());
        bench.Record(TinyGuests.Ten, "first").Good();
        using ChildProgram recorder = bench.Start("record", "--multiboot", image, "--memory", "64M", "--name", "long", "--quiet");
        using var sql = new Sql(bench.Database);
        sql.WaitForRows("long", 200, recorder);
        long early = recorder.PeakMemory;
        sql.WaitForRows("long", 600, recorder);
        long late = recorder.PeakMemory;
        recorder.Interrupt();
        recorder.Finish().Good();
        long events = bench.Session("long")!.Value.GetProperty("events").GetInt64();
        log.WriteLine($"{events} events; peak memory {early / Mebi} MiB after 200 rows, {late / Mebi} MiB after 600");
        events.ShouldBeGreaterThan(2_000_000);
        late.ShouldBeLessThan(GuestMemory + Beside);
        bench.Run("verify", "long").Good();
    }
}
