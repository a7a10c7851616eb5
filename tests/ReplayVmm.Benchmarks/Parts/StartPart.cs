namespace ReplayVmm.Benchmarks;

/// <summary>How long a person waits for a short command.</summary>
internal static class StartPart
{
    public static void Run(Bench bench, Section section)
    {
        string data = Path.Combine(bench.Folder, "data");
        Directory.CreateDirectory(data);
        var variables = new Dictionary<string, string> { ["XDG_DATA_HOME"] = data, ["XDG_CONFIG_HOME"] = data, ["REPLAYVMM_DATABASE"] = "" };
        double Time(string program, params string[] arguments) => Child.Run(program, arguments, variables).Must(program, 0).Seconds;
        double Dotnet(params string[] arguments) => Time("dotnet", [bench.Options.Program, .. arguments]);
        Dotnet("database", "start");
        try
        {
            foreach (string name in (string[])["one", "two", "three"])
                Dotnet("record", "--multiboot", bench.Guest("port_exits-1.elf"), "--memory", "16M", "--quiet", "--until-events", "1000", "--name", name);
            Measure(bench, section, Time, Dotnet);
        }
        finally
        {
            Dotnet("database", "stop");
        }
    }

    private static void Measure(Bench bench, Section section, Func<string, string[], double> time, Func<string[], double> dotnet)
    {
        var contenders = new List<Contender>
        {
            new("replayvmm.dll --version", () => dotnet(["--version"])),
            new("replayvmm.dll list", () => dotnet(["list"])),
        };
        string goal = contenders[^1].Name;
        if (bench.Options.Launcher is { } launcher)
        {
            // The first call would build it.
            time(launcher, ["--version"]);
            goal = "eng/replayvmm list";
            contenders.Add(new(goal, () => time(launcher, ["list"])));
            contenders.Add(new("eng/replayvmm show one", () => time(launcher, ["show", "one"])));
        }

        IReadOnlyDictionary<string, double[]> seconds = SideBySide.Run(bench, "start", bench.Size(20, 1), contenders);
        Table table = section.Table("command", "median", "range, s");
        foreach ((string name, double[] samples) in seconds)
            table.Add($"`{name}`", Format.Seconds(section.Keep(name, "s", samples)), Format.Range(samples));
        section.Say($"The private server runs already and holds three sessions; {Math.Max(1, seconds[goal].Length)} times each, in turn.");
        double median = Median.Of(seconds[goal]);
        section.Promise(goal, $"under 0.3 s", $"{median:0.00} s", median < 0.3);
    }
}
