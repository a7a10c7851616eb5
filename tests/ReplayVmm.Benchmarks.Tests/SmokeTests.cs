using ReplayVmm.Store;

namespace ReplayVmm.Benchmarks.Tests;

/// <summary>Every part of the benchmark runs; what it measures here means nothing.</summary>
public sealed class SmokeTests
{
    public static TheoryData<string> Parts => [.. Part.All.Select(part => part.Name)];

    private static string Guests { get; } = Path.Combine(Root(), "artifacts", "guests");

    [Theory]
    [MemberData(nameof(Parts))]
    public void A_part_of_the_benchmark_runs_and_gives_figures(string part)
    {
        Assert.SkipWhen(PostgresBinaries.FindAll(HostEnvironment.FromProcess()).Count == 0, "PostgreSQL's server programs are not installed");
        Assert.SkipUnless(File.Exists(Path.Combine(Guests, "port_exits-1.elf")), "the benchmark guests are not there: eng/guests builds them");
        Assert.SkipUnless(File.Exists(Path.Combine(Guests, "memtest86+x64.bin")), "memtest86+ is not there: eng/guests fetches it");
        using var output = new StringWriter();
        using var progress = new StringWriter();
        var options = new BenchOptions
        {
            Parts = [part],
            Smoke = true,
            Program = Path.Combine(AppContext.BaseDirectory, "replayvmm.dll"),
            Guests = Guests,
        };

        int code = Runner.Run(options, json: true, update: null, output, progress);

        code.ShouldBe(0, progress.ToString());
        System.Text.Json.JsonElement figures = System.Text.Json.JsonDocument.Parse(output.ToString()).RootElement.GetProperty(part);
        figures.EnumerateObject().Count(property => property.Name != "goals").ShouldBeGreaterThan(0);
    }

    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "ReplayVmm.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("ReplayVmm.sln is in none of the folders above the tests");
    }
}
