using ReplayVmm.Machine;

namespace ReplayVmm.Cli.Tests;

public sealed class ProgressTests : IDisposable
{
    private readonly TestBench bench = new();

    public void Dispose() => bench.Dispose();

    [Theory]
    [InlineData(120, "event 1,902,114", "412 MIPS")]
    [InlineData(60, "replaying nightly-7", "412 MIPS")]
    public void A_bar_fits_its_terminal(int width, string first, string second)
    {
        string line = Report(terminal: true, width, "");
        line.Length.ShouldBeLessThan(width);
        line.ShouldContain(first);
        line.ShouldContain(second);
        line.ShouldContain("84 %");
        line.ShouldContain("3 s left");
    }

    [Fact]
    public void Elsewhere_it_is_a_plain_line()
    {
        string line = Report(terminal: false, 80, "");
        line.ShouldBe("replaying nightly-7  84 %  5.7 G of 6.8 G instructions  event 1,902,114  t 5.688 s  412 MIPS  137.6 k events/s  3 s left\n");
    }

    [Theory]
    [InlineData("--quiet")]
    [InlineData("--json")]
    public void It_is_silent_where_only_results_are_wanted(string option) => Report(terminal: true, 80, option).ShouldBeEmpty();

    /// <summary>5.688 G of 6.8 G instructions after 13.82 s.</summary>
    private string Report(bool terminal, int width, string option)
    {
        var clock = new SteppedClock();
        bench.Terminal.HasError = terminal;
        bench.Terminal.Width = width;
        using var error = new StringWriter();
        var invocation = new Invocation(bench.Doors with { Clock = clock }, TextWriter.Null, error);
        var root = new System.CommandLine.RootCommand();
        root.Options.Add(invocation.Options.Json);
        root.Options.Add(invocation.Options.Quiet);
        invocation.Parsed = root.Parse(option);
        var progress = new ProgressReport(invocation, "replaying nightly-7", 6_800_000_000, "instructions");
        clock.Now = TimeSpan.FromSeconds(13.82).Ticks;
        progress.Report(new MachineProgress(1_902_114, 5_688_201_930, 5_693_840_000));
        return error.ToString().TrimStart('\r');
    }

    private sealed class SteppedClock : TimeProvider
    {
        public long Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now;
    }
}
