using ReplayVmm.Store;

namespace ReplayVmm.Benchmarks;

/// <summary>What a recording takes on disk.</summary>
internal static class SizePart
{
    public static void Run(Bench bench, Section section)
    {
        (BenchGuest Guest, double Asked)[] guests =
        [
            (BenchGuest.Multiboot(bench, bench.Size("port_exits-100.elf", "port_exits-1.elf")), 1),
            (BenchGuest.Memtest(bench, bench.Size(3_000_000_000UL, 20_000_000UL)), 9),
        ];
        Table table = section.Table(
            "recording", "events", "rows", "their bytes", "bytes an event", "tables, TOAST and indexes", "bytes an event", "WAL", "bytes an event");
        foreach ((BenchGuest guest, double asked) in guests)
        {
            bench.Progress(guest.Name);
            string url = bench.NewDatabase();
            using EventStore store = EventStore.Open(url);
            DatabaseSize size = new DatabaseSize(url).Begin();
            RecordedRun run = guest.Record(store, "size");
            double events = run.Statistics.Events;
            double disk = section.Keep(guest.Name + ", disk", "bytes/event", size.Bytes / events);
            double wal = section.Keep(guest.Name + ", WAL", "bytes/event", size.WalBytes / events);
            double rows = section.Keep(guest.Name + ", rows", "bytes/event", run.Statistics.Bytes / events);
            table.Add(
                guest.Name, Format.Number(events), Format.Number(run.Statistics.Rows), Format.Bytes(run.Statistics.Bytes), Format.Number(rows),
                Format.Bytes(disk * events), Format.Number(disk), Format.Bytes(wal * events), Format.Number(wal));
            section.Promise(
                $"{guest.Name} on disk", $"at most {asked} byte{(asked == 1 ? "" : "s")} an event", $"{disk:0.00}", disk <= asked || bench.Options.Smoke);
        }

        section.Say($"Each in a fresh database, its empty schema not counted. memtest86+ with 64 MiB, its boot image included.");
    }
}
