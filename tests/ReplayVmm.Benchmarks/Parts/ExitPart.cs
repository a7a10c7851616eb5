using ReplayVmm.Machine;
using ReplayVmm.Store;

namespace ReplayVmm.Benchmarks;

/// <summary>Where the time of an exit goes, by taking one stage after the other away.</summary>
internal static class ExitPart
{
    public static void Run(Bench bench, Section section)
    {
        BenchGuest guest = BenchGuest.Multiboot(bench, bench.Size("port_exits-100.elf", "port_exits-1.elf"));
        using EventStore store = EventStore.Open(bench.NewDatabase());
        var sink = new NullSink();
        var shortcut = new MachineOptions { Seat = ShortcutProcessor.Seat };
        var constant = new MachineOptions { ReplaceDevice = device => new ConstantDevice(device) };
        ulong exits = 0;
        int number = 0;
        double Nanoseconds(double seconds) => seconds * 1e9 / exits;
        double Plain(MachineOptions? options) => guest.Run(sink, options).Seconds;
        // What is compiled at its first use is compiled here; and a run without a stage has as many exits as this one.
        exits = guest.Run(sink).Result.Position;
        Plain(shortcut);
        Plain(constant);
        IReadOnlyDictionary<string, double[]> seconds = SideBySide.Run(
            bench, guest.Name, bench.Rounds,
            new("processor", () => Plain(shortcut)),
            new("and handler", () => Plain(constant)),
            new("and devices", () => Plain(null)),
            new("and append", () => guest.Record(store, $"exits-{++number}").Seconds));
        Table table = section.Table("what runs", "median", "ns an exit", "the stage it adds", "ns an exit");
        (string Name, string What, string Stage)[] rows =
        [
            ("processor", "the processor alone: exits are answered in its seat", "processor, exit and completion"),
            ("and handler", "handler, events, fold and loop; devices answer at once", "handler"),
            ("and devices", "devices as they are; no log", "device"),
            ("and append", "recorded, until all of it is durable", "append"),
        ];
        double before = 0;
        foreach ((string name, string what, string stage) in rows)
        {
            double median = section.Keep(name, "s", seconds[name]);
            table.Add(what, Format.Seconds(median), Format.Number(Nanoseconds(median)), stage, Format.Number(Nanoseconds(median - before)));
            before = median;
        }

        double rate = exits / Median.Of(seconds["and append"]);
        section.Say(
            $"{guest.Name}: {exits:n0} events, recorded end to end at {rate / 1e6:0.0} M events/s, the last commit included. Each line replaces one stage of the line below it by nothing: a seat that completes these exits by itself; a device that answers at once; no log. A stage's time is the difference of the medians. Encoding and PostgreSQL run on other threads: the append's share is what the guest feels of them on this machine, and the end of the last commit.");
        section.Promise($"{guest.Name} recorded end to end", $"4 M events/s", $"{rate / 1e6:0.0} M events/s", rate >= 4e6);
    }
}
