using ReplayVmm.Events;
using ReplayVmm.Replay;
using ReplayVmm.Store;

namespace ReplayVmm.Benchmarks;

/// <summary>How many events a second become durable, and what segments buy.</summary>
internal static class EventPart
{
    private sealed record Way(string Name, EventMix Mix, int Events, bool ByRow);

    public static void Run(Bench bench, Section section)
    {
        EventMix ports = EventMix.PortLoop(), kernel = EventMix.Kernels();
        int many = bench.Size(8_000_000, 20_000), few = bench.Size(500_000, 2_000);
        Way[] ways =
        [
            new("port loop, segments", ports, many, ByRow: false), new("port loop, a row an event", ports, few, ByRow: true),
            new("kernel mix, segments", kernel, many, ByRow: false), new("kernel mix, a row an event", kernel, few, ByRow: true),
        ];
        var bytes = new Dictionary<string, (double Disk, double Wal)>(StringComparer.Ordinal);
        foreach (Way way in ways)
            Seconds(bench, way with { Events = Math.Min(way.Events, few) }, bytes);
        IReadOnlyDictionary<string, double[]> seconds = SideBySide.Run(
            bench, "durable", bench.Rounds, [.. ways.Select(way => new Contender(way.Name, () => Seconds(bench, way, bytes)))]);
        Table table = section.Table("events", "count", "median", "range, s", "events/s", "bytes an event on disk", "bytes an event of WAL");
        var rates = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (Way way in ways)
        {
            double median = section.Keep(way.Name, "s", seconds[way.Name]);
            (double disk, double wal) = bytes[way.Name];
            section.Keep(way.Name + ", disk", "bytes/event", disk);
            section.Keep(way.Name + ", WAL", "bytes/event", wal);
            rates[way.Name] = way.Events / median;
            table.Add(
                way.Name, Format.Number(way.Events), Format.Seconds(median), Format.Range(seconds[way.Name]), Format.Millions(rates[way.Name]),
                Format.Number(disk), Format.Number(wal));
        }

        double Gain(string mix) => rates[$"{mix}, segments"] / rates[$"{mix}, a row an event"];
        double Saving(string mix) => bytes[$"{mix}, a row an event"].Disk / bytes[$"{mix}, segments"].Disk;
        section.Say(
            $"From a generator through the recorder until the last commit is durable, each time into an empty database. Segments take {Gain("port loop"):0} and {Gain("kernel mix"):0} times as many events a second as one row an event through the same COPY with as many events a transaction, in {Saving("port loop"):0} and {Saving("kernel mix"):0} times less space.");
        foreach (string mix in (string[])["port loop", "kernel mix"])
        {
            double rate = rates[$"{mix}, segments"];
            section.Promise($"durable events, {mix}", $"4 M events/s", $"{rate / 1e6:0.0} M events/s", rate >= 4e6);
        }
    }

    private static double Seconds(Bench bench, Way way, Dictionary<string, (double Disk, double Wal)> bytes)
    {
        string url = bench.NewDatabase();
        double seconds;
        using (EventStore store = EventStore.Open(url))
        {
            DatabaseSize size = new DatabaseSize(url).Begin();
            seconds = way.ByRow ? ByRow(url, way) : BySegment(store, way);
            bytes[way.Name] = (size.Bytes / (double)way.Events, size.WalBytes / (double)way.Events);
        }

        new DatabaseSize(bench.Server.Server.ConnectionString).Ask($"drop database {url.Split("Database=")[1].Split(';')[0]} with (force)");
        return seconds;
    }

    private static double ByRow(string url, Way way)
    {
        using var rows = new RowByRow(url);
        return Clock.Seconds(() =>
        {
            EventPump.Run(way.Mix, way.Events, rows);
            rows.Commit();
        });
    }

    private static double BySegment(EventStore store, Way way)
    {
        using ISessionWriter writer = store.Create(Guid.NewGuid(), "events");
        using var recorder = new Recorder(writer, TimeProvider.System);
        double seconds = Clock.Seconds(() =>
        {
            EventPump.Run(way.Mix, way.Events, recorder);
            recorder.Finish();
        });
        return recorder.Failure is { } failure ? throw new BenchException(failure.Message) : seconds;
    }
}
