using System.Text.RegularExpressions;

namespace ReplayVmm.Architecture.Tests;

public sealed partial class DoorTests
{
    public static TheoryData<string> Sources => [.. Doors.All.Select(door => door.Source)];

    [Theory]
    [MemberData(nameof(Sources))]
    public void A_source_of_nondeterminism_is_reached_only_through_its_doors(string source)
    {
        Door door = Doors.All.Single(d => d.Source == source);
        List<string> offences = [];
        foreach ((string path, string text) in Sources_of_the_product())
        {
            if (door.Files.Any(file => path == file || (file.EndsWith('/') && path.StartsWith(file, StringComparison.Ordinal))))
                continue;
            string[] lines = text.Split('\n');
            for (int i = 0; i < lines.Length; i++)
            {
                if (door.Pattern.IsMatch(WithoutComment(lines[i])))
                    offences.Add($"{path}:{i + 1}: {lines[i].Trim()}");
            }
        }
        offences.ShouldBeEmpty($"{source} outside its doors");
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public void Every_door_that_the_table_names_is_there_and_open(string source)
    {
        Door door = Doors.All.Single(d => d.Source == source);
        (string Path, string Text)[] all = [.. Sources_of_the_product()];
        foreach (string file in door.Files)
        {
            all.Where(s => s.Path == file || (file.EndsWith('/') && s.Path.StartsWith(file, StringComparison.Ordinal)))
                .Any(s => s.Text.Split('\n').Any(line => door.Pattern.IsMatch(WithoutComment(line)))).ShouldBeTrue($"{file} opens no {source}");
        }
    }

    [Fact]
    public void The_patterns_find_what_they_are_meant_to_find()
    {
        string[] samples =
        [
            "var t = DateTime.UtcNow;", "long t = Stopwatch.GetTimestamp();", "Thread.Sleep(5);", "var r = new Random(7);",
            "Environment.GetEnvironmentVariable(\"X\")", "HashCode.Combine(1)", "Math.Sin(x)",
        ];
        Doors.All.Length.ShouldBe(samples.Length);
        for (int i = 0; i < samples.Length; i++)
            Doors.All[i].Pattern.IsMatch(samples[i]).ShouldBeTrue(samples[i]);
        Doors.All.Any(door => door.Pattern.IsMatch("ulong r = RandomAccessLength; Environment.NewLine; x.GetHashCode()")).ShouldBeFalse();
    }

    private static IEnumerable<(string Path, string Text)> Sources_of_the_product()
    {
        // The fuzzers too: a case is a function of its number.
        string[] folders = ["src", "tests/ReplayVmm.Fuzz.Tests"];
        foreach (string file in folders.SelectMany(f => Directory.EnumerateFiles(Path.Combine(Houses.Root, f), "*.cs", SearchOption.AllDirectories))
            .Order(StringComparer.Ordinal))
        {
            string relative = Path.GetRelativePath(Houses.Root, file);
            if (!relative.Contains("/obj/", StringComparison.Ordinal) && !relative.Contains("/bin/", StringComparison.Ordinal))
                yield return (relative, File.ReadAllText(file));
        }
    }

    private static string WithoutComment(string line) => Comment().Replace(line, "");

    [GeneratedRegex(@"(?<!:)//.*$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Comment();
}
