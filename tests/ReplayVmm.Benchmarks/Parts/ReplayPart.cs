using ReplayVmm.Events;
using ReplayVmm.Replay;
using ReplayVmm.Store;

namespace ReplayVmm.Benchmarks;

/// <summary>The levels of replay, and verification, in this process and as whole processes.</summary>
internal static class ReplayPart
{
    public static void Run(Bench bench, Section section)
    {
        string url = bench.NewDatabase();
        using EventStore store = EventStore.Open(url);
        BenchGuest ports = BenchGuest.Multiboot(bench, bench.Size("port_exits-100.elf", "port_exits-1.elf"));
        BenchGuest memtest = BenchGuest.Memtest(bench, bench.Size(3_000_000_000UL, 20_000_000UL));
        Execute(bench, section, store, [ports, memtest]);
        Read(bench, section, store, url, ports.Name + "-0");
    }

    private static void Execute(Bench bench, Section section, EventStore store, BenchGuest[] guests)
    {
        Table table = section.Table("guest", "recorded", "replayed", "ratio, pair by pair", "range");
        int rounds = bench.Size(Math.Min(bench.Rounds, 5), 1);
        foreach (BenchGuest guest in guests)
        {
            int recorded = 0;
            // The first recording is what is replayed until its round has made another.
            string Name() => $"{guest.Name}-{recorded}";
            guest.Record(store, Name());
            IReadOnlyDictionary<string, double[]> seconds = SideBySide.Run(
                bench, guest.Name, rounds,
                new("recorded", () =>
                {
                    recorded++;
                    return guest.Record(store, Name()).Seconds;
                }),
                new("replayed", () => Clock.Seconds(() => Identical(store, Name()))));
            double[] ratios = Median.Ratios(seconds["replayed"], seconds["recorded"]);
            double ratio = section.Keep(guest.Name + " ratio", "", ratios);
            double record = section.Keep(guest.Name + " recorded", "s", seconds["recorded"]);
            double replay = section.Keep(guest.Name + " replayed", "s", seconds["replayed"]);
            table.Add(guest.Name, Format.Seconds(record), Format.Seconds(replay), Format.Number(ratio), Format.Range(ratios));
            section.Promise($"execute-replay of {guest.Name}", $"at most 1.1 of recording it", $"{ratio:0.00}", ratio <= 1.1);
        }

        section.Say($"Unpaced recording until all of it is durable, and its replay, building the machine and reading the log included.");
    }

    private static void Identical(EventStore store, string name)
    {
        ReplayReport report = new Replayer(store).Execute(store.Find(name));
        if (report.Outcome != ReplayOutcome.Identical)
            throw new BenchException($"the replay of {name} was not identical: {report.Outcome}");
    }

    private static void Read(Bench bench, Section section, EventStore store, string url, string name)
    {
        SessionInfo session = store.Find(name);
        IReadOnlyDictionary<string, double[]> seconds = SideBySide.Run(
            bench, "reading", bench.Rounds,
            new("fold", () => Clock.Seconds(() => Folder.Fold(store, session))),
            new("verify", () => Clock.Seconds(() => Verify(store, session))),
            new("fold, whole process", () => bench.RunProgram("replay", name, "--level", "fold", "--database", url).Seconds),
            new("verify, whole process", () => bench.RunProgram("verify", name, "--database", url).Seconds));
        Table table = section.Table("of " + name, "median", "range, s", "events/s");
        foreach ((string what, double[] samples) in seconds)
        {
            double median = section.Keep(what, "s", samples);
            table.Add(what, Format.Seconds(median), Format.Range(samples), Format.Millions(session.Events / median));
        }

        double fold = session.Events / Median.Of(seconds["fold"]), verify = session.Events / Median.Of(seconds["verify"]);
        section.Say($"{session.Events:n0} events in {session.Version:n0} rows, read from PostgreSQL each time.");
        section.Promise("fold", $"10 M events/s", $"{fold / 1e6:0.0} M events/s", fold >= 10e6);
        section.Promise("verify", $"5 M events/s", $"{verify / 1e6:0.0} M events/s", verify >= 5e6);
    }

    private static void Verify(EventStore store, SessionInfo session)
    {
        using var verifier = new Verifier(store.Signatures(session.Id));
        foreach (LogRow row in store.Read(session.Id))
        {
            if (!verifier.Add(row))
                break;
        }

        if (!verifier.Finish(session.Version).IsGood)
            throw new BenchException($"{session.Name} does not verify");
    }
}
