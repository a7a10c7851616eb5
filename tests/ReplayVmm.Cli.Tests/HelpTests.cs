namespace ReplayVmm.Cli.Tests;

public sealed class HelpTests : IDisposable
{
    private readonly TestBench bench = new();

    public static TheoryData<string> Commands =>
    [
        "", "record", "replay", "list", "show", "events", "console", "verify", "export", "export-disk", "import", "prune", "database", "database start",
        "database stop", "database status", "database backup", "doctor",
    ];

    public void Dispose() => bench.Dispose();

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_command_has_help_with_an_example_of_itself(string command)
    {
        TestBench.Outcome outcome = bench.Run([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        outcome.Code.ShouldBe(0);
        outcome.Error.ShouldBeEmpty();
        string examples = outcome.Output[outcome.Output.IndexOf("Examples:", StringComparison.Ordinal)..];
        examples.ShouldContain($"replayvmm {command}".TrimEnd());
        outcome.Output.ShouldContain("--json");
    }

    [Fact]
    public void A_command_that_is_misspelt_is_suggested()
    {
        TestBench.Outcome outcome = bench.Run("recrod");
        outcome.Code.ShouldBe(ExitCode.BadUsage);
        outcome.Complaint.ShouldBe("replayvmm: unknown command 'recrod'; did you mean record?");
        outcome.Output.ShouldBeEmpty();
    }

    [Fact]
    public void An_option_that_is_misspelt_is_suggested()
    {
        TestBench.Outcome outcome = bench.Run("record", "--memroy", "1G");
        outcome.Code.ShouldBe(ExitCode.BadUsage);
        outcome.Complaint.ShouldContain("unknown option '--memroy'; did you mean --memory");
    }

    [Theory]
    [InlineData("replay")]
    [InlineData("import")]
    [InlineData("database")]
    [InlineData("")]
    public void A_command_line_that_lacks_something_says_so_and_names_the_help(string command)
    {
        TestBench.Outcome outcome = bench.Run(command.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        outcome.Code.ShouldBe(ExitCode.BadUsage);
        outcome.Complaint.ShouldContain($"replayvmm {command}".TrimEnd() + " --help");
    }

    [Fact]
    public void The_version_is_told()
    {
        TestBench.Outcome outcome = bench.Run("--version");
        outcome.Code.ShouldBe(0);
        outcome.Output.Trim().ShouldBe(CommandLine.Version);
    }
}
