using System.Text;
using System.Text.Json;

namespace ReplayVmm.EndToEnd.Tests;

/// <summary>A person at the program: Ctrl-C, a terminal, a progress bar.</summary>
public sealed class InterruptTests(ServerFixture server)
{
    [Fact]
    public void Ctrl_C_ends_a_recording_cleanly_and_it_replays()
    {
        using var bench = new Workbench(server.NewDatabase());
        bench.Record(TinyGuests.Ten, "first").Good();
        using ChildProgram recorder = bench.Start(bench.Recording(TinyGuests.Endless, "interrupted"));
        using (var sql = new Sql(bench.Database))
            sql.WaitForRows("interrupted", 3, recorder);
        recorder.Interrupt();
        Outcome outcome = recorder.Finish().Good();
        outcome.Error.ShouldContain("recorded · interrupted · operator stopped");
        JsonElement end = bench.Run("show", "interrupted", "--json").Good().Json.GetProperty("end");
        end.GetProperty("reason").GetString().ShouldBe("operatorStopped");
        bench.Run("console", "interrupted").Good().Bytes.ShouldBe(outcome.Bytes);
        bench.Run("replay", "interrupted").Good().Output.ShouldContain("to the end (operator stopped)");
        bench.Run("verify", "interrupted", "--key", bench.PublicKey).Good();
    }

    [Fact]
    public void At_a_terminal_a_person_types_to_the_guest_and_sees_what_it_prints()
    {
        using var bench = new Workbench(server.NewDatabase());
        bench.Record(TinyGuests.Ten, "first").Good();
        using ChildProgram terminal = OnTerminal(bench, bench.Recording(TinyGuests.Echo, "typed"));
        using (var sql = new Sql(bench.Database))
            sql.WaitForRows("typed", 1, terminal);
        terminal.Input.Write("hi q");
        terminal.Input.Flush();
        terminal.Finish().Good().Output.ShouldContain("ready> ");
        bench.Run("console", "typed").Good().Output.ShouldBe("ready> hi q");
        string typed = string.Concat(bench.Run("events", "typed", "--kind", "console_input").Good().Output);
        typed.ShouldContain("console_input");
        bench.Run("replay", "typed").Good();
    }

    [Fact]
    public void At_a_terminal_Ctrl_C_ends_the_recording_and_long_work_shows_a_bar()
    {
        using var bench = new Workbench(server.NewDatabase());
        bench.Record(TinyGuests.Ten, "first").Good();
        using (ChildProgram terminal = OnTerminal(bench, bench.Recording(TinyGuests.Endless, "stopped")))
        {
            using (var sql = new Sql(bench.Database))
                sql.WaitForRows("stopped", 40, terminal);
            terminal.Input.Write('\x03');
            terminal.Input.Flush();
            terminal.Finish().Good().Output.ShouldContain("recorded · stopped · operator stopped");
        }

        using ChildProgram replay = OnTerminal(bench, ["replay", "stopped"]);
        string shown = replay.Finish().Good().Output;
        shown.ShouldContain("replaying stopped");
        shown.ShouldContain("░");
        shown.ShouldContain(" MIPS");
        shown.ShouldContain("identical · stopped · ");
    }

    /// <summary>
    /// The program on a pseudo-terminal, which <c>script</c> (util-linux) makes, and with the signals of one: tests that were started in the background inherit that
    /// Ctrl-C is ignored.
    /// </summary>
    private static ChildProgram OnTerminal(Workbench bench, string[] arguments)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "script (package bsdutils) is not installed");
        var command = new StringBuilder("stty cols 120; exec env --default-signal dotnet ").Append(Quoted(ChildProgram.Program));
        foreach (string argument in arguments)
            command.Append(' ').Append(Quoted(argument));
        return bench.StartOther("/usr/bin/script", "--quiet", "--return", "--command", command.ToString(), "/dev/null");
    }

    private static string Quoted(string argument) => $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
