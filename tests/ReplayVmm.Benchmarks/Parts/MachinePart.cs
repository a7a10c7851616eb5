using System.Globalization;
using System.Text.RegularExpressions;

namespace ReplayVmm.Benchmarks;

/// <summary>What everything else was measured on.</summary>
internal static partial class MachinePart
{
    public static void Run(Bench bench, Section section)
    {
        Table table = section.Table("what", "which");
        table.Add("date", DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture));
        table.Add("processor", $"{Line("/proc/cpuinfo", "model name")}, family {Line("/proc/cpuinfo", "cpu family")}, {Environment.ProcessorCount} logical");
        table.Add("memory", Format.Bytes(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes));
        string load = File.ReadAllText("/proc/loadavg");
        table.Add("load before the first part", string.Join(", ", load.Split(' ').Take(3)));
        section.Keep("load", "", double.Parse(load.Split(' ')[0], CultureInfo.InvariantCulture));
        table.Add("system", $"{Line("/etc/os-release", "PRETTY_NAME", '=').Trim('"')}, Linux {File.ReadAllText("/proc/sys/kernel/osrelease").Trim()}");
        table.Add(".NET", Environment.Version.ToString());
        var database = new DatabaseSize(bench.NewDatabase());
        table.Add(
            "PostgreSQL", $"{database.Ask("show server_version")}, fsync {database.Ask("show fsync")}, synchronous_commit {database.Ask("show synchronous_commit")}");
        table.Add("QEMU", Version("qemu-system-x86_64", "--version", VersionNumber()));
        table.Add("Bochs", Version("bochs", "--help", BochsVersion()));
        table.Add("data on", FileSystem(bench));
        Fsync(bench, section);
    }

    private static string Line(string file, string key, char separator = ':') => File.ReadLines(file)
        .Where(line => line.StartsWith(key, StringComparison.Ordinal))
        .Select(line => line[(line.IndexOf(separator, StringComparison.Ordinal) + 1)..].Trim()).FirstOrDefault("unknown");

    private static string Version(string program, string option, Regex pattern)
    {
        if (Child.Find(program) is not { } path)
            return "not here";
        Child.Result said = Child.Run(path, [option], patience: 20);
        return pattern.Match(said.Output + said.Error) is { Success: true } match ? match.Groups[1].Value : Package(program);
    }

    /// <summary>Bochs says its version only where it runs: the package knows it.</summary>
    private static string Package(string name)
    {
        if (Child.Find("dpkg-query") is not { } query)
            return "here";
        Child.Result said = Child.Run(query, ["-W", "-f=${Version}", name], patience: 20);
        return said.Code == 0 ? said.Output : "here";
    }

    private static string FileSystem(Bench bench)
    {
        Child.Result said = Child.Run("stat", ["-f", "-c", "%T", bench.Server.Server.DataDirectory], patience: 20);
        return said.Output.Trim();
    }

    private static void Fsync(Bench bench, Section section)
    {
        string? program = Child.Find("pg_test_fsync") ?? Directory.GetDirectories("/usr/lib/postgresql").Order(StringComparer.Ordinal)
            .Select(folder => Path.Combine(folder, "bin", "pg_test_fsync")).LastOrDefault(File.Exists);
        if (program is null)
        {
            section.Say($"pg_test_fsync is not here.");
            return;
        }

        bench.Progress("pg_test_fsync");
        if (bench.Options.Smoke)
            return;
        Child.Result said = Child.Run(program, ["-s", "1", "-f", Path.Combine(bench.Folder, "fsync")], patience: 120).Must("pg_test_fsync", 0);
        Table table = section.Table("pg_test_fsync, one 8 KiB write", "µs an operation");
        // The first block of methods is that of one write.
        foreach (Match match in FsyncLine().Matches(said.Output.Split("Compare file sync methods using two")[0]))
        {
            double microseconds = double.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture);
            section.Keep(match.Groups[1].Value, "µs", microseconds);
            table.Add(match.Groups[1].Value, Format.Number(microseconds));
        }
    }

    [GeneratedRegex(@"version ([\d.]+)", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex VersionNumber();

    [GeneratedRegex(@"Bochs x86 Emulator ([\d.]+)", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex BochsVersion();

    [GeneratedRegex(@"^\s+(\w+)\s+[\d.]+ ops/sec\s+([\d.]+) usecs/op", RegexOptions.CultureInvariant | RegexOptions.Multiline, 1000)]
    private static partial Regex FsyncLine();
}
