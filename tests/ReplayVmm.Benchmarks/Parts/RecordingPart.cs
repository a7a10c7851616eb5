using ReplayVmm.Store;

namespace ReplayVmm.Benchmarks;

/// <summary>What a log costs a guest that does other things too.</summary>
internal static class RecordingPart
{
    public static void Run(Bench bench, Section section)
    {
        BenchGuest guest = BenchGuest.Memtest(bench, bench.Size(3_000_000_000UL, 20_000_000UL));
        using EventStore store = EventStore.Open(bench.NewDatabase());
        var runs = new List<RecordedRun>();
        GuestRun first = guest.Run(new NullSink());
        IReadOnlyDictionary<string, double[]> seconds = SideBySide.Run(
            bench, guest.Name, bench.Rounds,
            new("no log", () => guest.Run(new NullSink()).Seconds),
            new("recorded", () =>
            {
                runs.Add(guest.Record(store, $"recording-{runs.Count}"));
                return runs[^1].Run.Seconds;
            }));
        double[] ratios = Median.Ratios(seconds["recorded"], seconds["no log"]);
        double without = section.Keep("no log", "s", seconds["no log"]), with = section.Keep("recorded", "s", seconds["recorded"]);
        double ratio = section.Keep("ratio, pair by pair", "", ratios);
        double commit = section.Keep("last commit", "s", [.. runs.Select(run => run.CommitSeconds)]);
        double handed = section.Keep("handing over", "s", [.. runs.Select(run => run.Statistics.GuestCost.TotalSeconds)]);
        double blocked = section.Keep("waiting for room", "s", [.. runs.Select(run => run.Statistics.Blocked.TotalSeconds)]);
        double mips = first.Result.Instructions / without / 1e6;
        Table table = section.Table("run", "median", "range, s", "MIPS");
        table.Add("no log", Format.Seconds(without), Format.Range(seconds["no log"]), Format.Number(mips));
        table.Add("recorded", Format.Seconds(with), Format.Range(seconds["recorded"]), Format.Number(first.Result.Instructions / with / 1e6));
        table.Add("ratio, pair by pair", Format.Number(ratio), Format.Range(ratios), "");
        section.Say(
            $"{guest.Name}, 64 MiB, {first.Result.VirtualTime / 1e9:0.##} virtual seconds, {first.Result.Instructions / 1e9:0.00} G instructions, {runs[0].Statistics.Events:n0} events; the guest's thread from its first instruction to its last. Handing events over took {Format.Seconds(handed)} of that, waiting for room {Format.Seconds(blocked)}; connecting is before, the last commit after it ({Format.Seconds(commit)}).");
        section.Promise("recording memtest86+", $"at most 15 % of the guest's thread", $"{(ratio - 1) * 100:0.0} %", ratio <= 1.15);
    }
}
