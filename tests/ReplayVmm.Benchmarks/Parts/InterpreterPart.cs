using System.Text.Json;

namespace ReplayVmm.Benchmarks;

/// <summary>Whole programs on the same guests: this one, QEMU, Bochs.</summary>
internal static class InterpreterPart
{
    private const string NoLog = "ours, no log", Recorded = "ours, record", Replayed = "ours, replay";
    private const string BochsName = "Bochs, from the guest's first byte to its end";
    private const int SlowRounds = 2;

    public static void Run(Bench bench, Section section)
    {
        foreach (string name in bench.Size<string[]>(["arithmetic", "sieve", "port_exits"], ["sieve"]))
            Compare(bench, section, name + bench.Size("-10", "-1"));
        section.Say(
            $"Whole processes from start to end, the same images; the guests print the same results in all of them. MIPS are the guest's instructions by that time. QEMU translates to native code; Bochs, whose Debian package has its debugger built in, and this program interpret. QEMU's log holds only what is not deterministic, and its replay does not compare; ours holds and compares every exit.");
    }

    private static void Compare(Bench bench, Section section, string name)
    {
        string guest = bench.Guest(name + ".elf"), url = bench.NewDatabase();
        int sessions = 0;
        string Session() => $"{name}-{sessions}";
        string[] What(params string[] how) => ["record", "--multiboot", guest, "--memory", "64M", "--quiet", "--json", .. how];
        Child.Result Record() => bench.RunProgram(What("--name", Session(), "--database", url));
        double NextRecording()
        {
            sessions++;
            return Record().Seconds;
        }

        double instructions = JsonDocument.Parse(bench.RunProgram(What("--no-record")).Output).RootElement.GetProperty("instructions").GetDouble();
        Record();
        var contenders = new List<Contender>
        {
            new(NoLog, () => bench.RunProgram(What("--no-record")).Seconds),
            new(Recorded, NextRecording),
            new(Replayed, () => bench.RunProgram("replay", Session(), "--quiet", "--database", url).Seconds),
        };
        string result = bench.RunProgram("console", Session(), "--database", url).Output;
        Qemu? qemu = Qemu.Find(guest, bench.Folder);
        if (qemu is not null)
        {
            qemu.Record();
            contenders.AddRange(
            [
                new("QEMU, plain", () => Agrees("QEMU", qemu.Plain(), result)), new("QEMU, icount", () => Agrees("QEMU", qemu.Counting(), result)),
                new("QEMU, record", () => Agrees("QEMU", qemu.Record(), result)), new("QEMU, replay", () => Agrees("QEMU", qemu.Replay(), result)),
            ]);
        }

        Bochs? bochs = Bochs.Find(guest, bench.Folder);
        if (bochs is not null)
        {
            contenders.Add(new(
                BochsName,
                () =>
                {
                    (double seconds, string printed) = bochs.Run();
                    return IsLeftOf(result, printed) ? seconds : throw new BenchException($"Bochs printed something else: {printed}");
                },
                SlowRounds));
        }

        IReadOnlyDictionary<string, double[]> seconds = SideBySide.Run(bench, name, bench.Rounds, contenders);
        Show(section, name, instructions, seconds, [qemu is null ? "QEMU" : null, bochs is null ? BochsName : null]);
    }

    private static double Agrees(string who, Child.Result run, string result) => run.Output.Contains(result.Trim(), StringComparison.Ordinal)
        ? run.Seconds
        : throw new BenchException($"{who} printed something else: {run.Output}");

    /// <summary>True where <paramref name="left"/> is <paramref name="whole"/> with characters missing, by their lower five bits.</summary>
    private static bool IsLeftOf(string whole, string left)
    {
        int at = 0;
        foreach (char c in whole)
        {
            if (at < left.Length && ((left[at] ^ c) & 0x1F) == 0)
                at++;
        }

        return at == left.Length && at > 0;
    }

    private static void Show(Section section, string name, double instructions, IReadOnlyDictionary<string, double[]> seconds, string?[] absent)
    {
        double ours = Median.Of(seconds[NoLog]);
        Table table = section.Table(name, "median", "range, s", "MIPS", "of ours without a log");
        foreach ((string who, double[] samples) in seconds)
        {
            double median = section.Keep($"{name}: {who}", "s", samples);
            table.Add(who, Format.Seconds(median), Format.Range(samples), Format.Number(instructions / median / 1e6), Format.Number(median / ours));
        }

        foreach (string who in absent.OfType<string>())
            table.Add(who, "not here", "", "", "");
        double mips = instructions / ours / 1e6;
        if (!name.StartsWith("port", StringComparison.Ordinal))
            section.Promise($"interpreter, {name}", $"200 MIPS", $"{mips:0} MIPS", mips >= 200);
    }
}
