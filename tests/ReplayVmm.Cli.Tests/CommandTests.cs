using ReplayVmm.Events;

namespace ReplayVmm.Cli.Tests;

public sealed class CommandTests : IDisposable
{
    private readonly TestBench bench = new();

    public void Dispose() => bench.Dispose();

    [Fact]
    public void A_new_user_gets_from_a_recording_to_a_verified_replay()
    {
        TestBench.Outcome recorded = bench.Record("first");
        recorded.Code.ShouldBe(0, recorded.Error);
        recorded.Error.ShouldContain("recorded · first");
        recorded.Error.ShouldContain("replayvmm replay first");
        bench.Run("list").Output.ShouldContain("first");
        TestBench.Outcome replayed = bench.Run("replay", "first");
        replayed.Code.ShouldBe(0, replayed.Error);
        replayed.Output.ShouldStartWith("identical · first · ");
        bench.Run("replay", "first", "--level", "fold").Output.ShouldStartWith("folded · first · ");
        bench.Run("verify", "first").Output.ShouldStartWith("first: good · ");
        bench.Run("show", "first").Output.ShouldContain("guest exit with code");
        TestBench.Outcome verified = bench.Run("verify", "first", "--execute", "--key", Path.Combine(bench.Variables["XDG_CONFIG_HOME"], "replayvmm", "signing-key.pub"));
        verified.Code.ShouldBe(0, verified.Error);
        verified.Output.ShouldContain("by the pinned key");
        verified.Output.ShouldContain("identical");
    }

    [Fact]
    public void A_divergence_exits_with_1_and_is_reported_on_standard_output()
    {
        bench.Record("run");
        bench.FlawedRead = 400;
        TestBench.Outcome outcome = bench.Run("replay", "run");
        outcome.Code.ShouldBe(ExitCode.Different);
        outcome.Output.ShouldStartWith("DIVERGED at event ");
        outcome.Error.ShouldBeEmpty();
        bench.Run("replay", "run", "--json").Json.GetProperty("divergence").GetProperty("fields").GetArrayLength().ShouldBe(1);
        bench.Run("replay", "run", "--for-git-bisect").Code.ShouldBe(ExitCode.Different);
        bench.Run("replay", "run", "--until", "10", "--for-git-bisect").Code.ShouldBe(0);
    }

    [Fact]
    public void Git_bisect_skips_whatever_is_neither()
    {
        bench.Run("replay", "no-such", "--for-git-bisect").Code.ShouldBe(ExitCode.BisectSkip);
        bench.Run("replay", "--for-git-bisect").Code.ShouldBe(ExitCode.BisectSkip);
        bench.LogTrouble = new LogException(LogTrouble.Unavailable, "no database at localhost; start it");
        bench.Run("replay", "run", "--for-git-bisect").Code.ShouldBe(ExitCode.BisectSkip);
    }

    [Fact]
    public void A_database_that_is_not_there_exits_with_3_in_one_line()
    {
        bench.LogTrouble = new LogException(LogTrouble.Unavailable, "no database at localhost; start it");
        TestBench.Outcome outcome = bench.Run("list");
        outcome.Code.ShouldBe(ExitCode.Lacking);
        outcome.Complaint.ShouldBe("replayvmm: no database at localhost; start it");
    }

    [Fact]
    public void A_bug_of_ours_exits_with_70_and_names_the_place_without_a_stack_trace()
    {
        bench.Record("run");
        bench.Doors = bench.Doors with { Machine = (_, _, _, _, _) => throw new InvalidOperationException("a\nbug") };
        TestBench.Outcome outcome = bench.Run("replay", "run");
        outcome.Code.ShouldBe(ExitCode.Bug);
        outcome.Complaint.ShouldContain("internal error at session run, event 0, t 0: InvalidOperationException: a bug");
        bench.Variables["REPLAYVMM_TRACE"] = "1";
        bench.Run("replay", "run").Error.ShouldContain("   at ");
    }

    [Theory]
    [InlineData("--level", "exceute", "did you mean execute")]
    [InlineData("--level", "handlers", "arrives with the hypervisor's patch series")]
    [InlineData("--until", "ten", "--until ten: not a number")]
    [InlineData("--patches", "none", "ran under 'latest'")]
    public void Bad_values_of_replay_are_refused(string option, string value, string message)
    {
        bench.Record("run");
        TestBench.Outcome outcome = bench.Run("replay", "run", option, value);
        outcome.Code.ShouldBe(ExitCode.BadUsage);
        outcome.Complaint.ShouldContain(message);
    }

    [Theory]
    [InlineData("list")]
    [InlineData("show run")]
    [InlineData("verify run")]
    [InlineData("replay run")]
    [InlineData("replay run --level fold")]
    [InlineData("console run")]
    [InlineData("prune run --yes")]
    public void Results_for_programs_are_one_json_document(string command)
    {
        bench.Record("run", "--input", bench.File("keys", "hello"u8.ToArray()));
        TestBench.Outcome outcome = bench.Run([.. command.Split(' '), "--json"]);
        outcome.Code.ShouldBe(0, outcome.Error);
        outcome.Error.ShouldBeEmpty();
        outcome.Json.ValueKind.ShouldNotBe(System.Text.Json.JsonValueKind.Undefined);
    }

    [Fact]
    public void A_recording_reports_itself_as_json()
    {
        TestBench.Outcome outcome = bench.Record("run", "--json");
        outcome.Json.GetProperty("session").GetString().ShouldBe("run");
        outcome.Json.GetProperty("reason").GetString().ShouldBe("guestExit");
        outcome.Error.ShouldNotContain("recorded");
    }

    [Fact]
    public void Events_can_be_asked_for_by_kind_position_condition_and_tail()
    {
        bench.Turns = 500;
        bench.Record("run");
        bench.Run("events", "run", "--kind", "port_written", "--from", "100", "--to", "200", "--json").JsonLines
            .ShouldAllBe(e => e.GetProperty("kind").GetString() == "port_written" && e.GetProperty("position").GetUInt64() >= 100);
        bench.Run("events", "run", "--to", "20000", "--tail", "16", "--json").JsonLines
            .Select(e => e.GetProperty("position").GetUInt64()).ShouldBe(Enumerable.Range(19985, 16).Select(i => (ulong)i));
        bench.Run("events", "run", "--kind", "session_started", "--tail", "3").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(1);
        string all = bench.Run("events", "run").Output;
        all.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe((int)bench.Log.Find("run").Events);
        bench.Run("events", "run", "--tail", "1000000").Output.ShouldBe(all);
        bench.Run("events", "run", "--where", "kind == port_read && (value & 1) != 0").Output.ShouldBeEmpty();
        bench.Run("events", "run", "--where", "kind == port_read && position < 20", "--tail", "2").Output.ShouldContain("port_read 0x3fd size 1");
    }

    [Theory]
    [InlineData("--kind", "port_raed", "did you mean port_read")]
    [InlineData("--where", "prot == 1", "did you mean port")]
    [InlineData("--tail", "0", "1 to 1,000,000")]
    [InlineData("--from", "x", "not a number")]
    public void Bad_values_of_events_are_refused(string option, string value, string message)
    {
        TestBench.Outcome outcome = bench.Run("events", "run", option, value);
        outcome.Code.ShouldBe(ExitCode.BadUsage);
        outcome.Complaint.ShouldContain(message);
    }

    [Fact]
    public void Following_goes_on_until_the_recording_has_ended()
    {
        bench.Record("run");
        var stored = bench.Log.Sessions[0];
        LogRow last = stored.Rows[^1];
        stored.Rows.RemoveAt(stored.Rows.Count - 1);
        stored.BeingRecorded = true;
        bench.Slept = () =>
        {
            if (stored.BeingRecorded)
                stored.Rows.Add(last);
            stored.BeingRecorded = false;
        };
        TestBench.Outcome outcome = bench.Run("events", "run", "--follow", "--tail", "1");
        outcome.Output.ShouldContain("session_ended");
        outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(2);
    }

    [Fact]
    public void The_console_gives_what_the_guest_printed()
    {
        bench.Record("run", "--input", bench.File("keys", "Grüße\r\n"u8.ToArray()));
        bench.Run("console", "run").Output.ShouldBe("Grüße\r\n");
        bench.Run("console", "run", "--json").Json.GetProperty("console").GetString().ShouldBe("Grüße\r\n");
    }

    [Fact]
    public void Export_and_import_lose_nothing_and_overwrite_nothing()
    {
        bench.Turns = 500;
        bench.Record("run");
        string file = bench.Path_("run.rvmm");
        bench.Run("export", "run", file).Code.ShouldBe(0);
        bench.Run("export", "run", file).Complaint.ShouldContain("exists already");
        bench.Run("verify", file).Output.ShouldContain(": good · ");
        bench.Run("replay", file).Output.ShouldStartWith("identical");
        bench.Run("import", file).Complaint.ShouldContain("there is a session named 'run' already");
        LogRow[] rows = [.. bench.Log.Sessions[0].Rows];
        HeadSignature[] signatures = [.. bench.Log.Sessions[0].Signatures];
        bench.Run("prune", "run", "--yes").Code.ShouldBe(0);
        bench.Log.Sessions.ShouldBeEmpty();
        bench.Run("import", file, "--name", "again").Code.ShouldBe(0);
        var imported = bench.Log.Sessions.ShouldHaveSingleItem();
        imported.Name.ShouldBe("again");
        imported.Rows.Select(row => Convert.ToHexString(row.Binary.Span)).ShouldBe(rows.Select(row => Convert.ToHexString(row.Binary.Span)));
        imported.Rows.Select(row => row.HeaderJson).ShouldBe(rows.Select(row => row.HeaderJson));
        imported.Signatures.Select(s => Convert.ToHexString(s.Signature)).ShouldBe(signatures.Select(s => Convert.ToHexString(s.Signature)));
        imported.Transactions.ShouldHaveSingleItem();
        bench.Run("replay", "again").Code.ShouldBe(0);
    }

    [Fact]
    public void An_import_of_a_damaged_file_leaves_nothing_behind()
    {
        bench.Turns = 300;
        bench.Record("run");
        string file = bench.Path_("run.rvmm");
        bench.Run("export", "run", file);
        byte[] bytes = File.ReadAllBytes(file);
        bench.Run("prune", "run", "--yes");
        foreach (int length in new[] { 0, 5, bytes.Length / 2, bytes.Length - 1 })
        {
            TestBench.Outcome outcome = bench.Run("import", bench.File("cut.rvmm", bytes[..length]));
            outcome.Code.ShouldBe(ExitCode.BadUsage);
            outcome.Complaint.ShouldContain("cut.rvmm, byte ");
        }

        for (int at = 0; at < bytes.Length; at += 997)
        {
            byte[] changed = [.. bytes];
            changed[at] ^= 0x10;
            bench.Run("import", bench.File("bad.rvmm", changed)).Code.ShouldBe(ExitCode.BadUsage);
        }

        bench.Log.Sessions.ShouldBeEmpty();
        bench.Run("import", bench.Path_("absent.rvmm")).Complaint.ShouldContain("cannot be read");
    }

    [Fact]
    public void An_import_that_the_log_refuses_was_never_begun()
    {
        bench.Record("run");
        string file = bench.Path_("run.rvmm");
        bench.Run("export", "run", file);
        bench.Run("prune", "run", "--yes");
        bench.Log.BeforeAppend = _ => throw new LogException(LogTrouble.Unavailable, "the disk is full");
        TestBench.Outcome outcome = bench.Run("import", file);
        outcome.Code.ShouldBe(ExitCode.Lacking);
        bench.Log.Sessions.ShouldBeEmpty();
        // One transaction: a program that is killed meanwhile, or may not prune, leaves nothing either.
        bench.Log.Begun.ShouldBe(1);
    }

    [Fact]
    public void A_changed_row_does_not_verify()
    {
        bench.Turns = 300;
        bench.Record("run");
        List<LogRow> rows = bench.Log.Sessions[0].Rows;
        byte[] bytes = rows[2].Binary.ToArray();
        bytes[^1] ^= 1;
        rows[2] = rows[2] with { Binary = bytes };
        TestBench.Outcome outcome = bench.Run("verify", "run");
        outcome.Code.ShouldBe(ExitCode.Different);
        outcome.Output.ShouldContain("NOT GOOD from row 3: changed");
        bench.Run("verify", "run", "--json").Json.GetProperty("fault").GetProperty("row").GetInt64().ShouldBe(3);
    }

    [Fact]
    public void Pruning_asks_where_somebody_is_there_and_insists_on_yes_where_nobody_is()
    {
        bench.Record("run");
        bench.Run("prune", "run").Complaint.ShouldContain("--yes");
        bench.Terminal.HasInput = true;
        bench.Terminal.Answer = "n";
        bench.Run("prune", "run").Error.ShouldContain("nothing was deleted");
        bench.Log.Sessions.Count.ShouldBe(1);
        bench.Terminal.Answer = "y";
        bench.Run("prune", "run").Code.ShouldBe(0);
        bench.Log.Sessions.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("replay run")]
    [InlineData("export run x.rvmm")]
    [InlineData("prune run --yes")]
    public void A_session_that_is_being_recorded_is_left_alone(string command)
    {
        bench.Record("run");
        bench.Log.Sessions[0].BeingRecorded = true;
        TestBench.Outcome outcome = bench.Run(command.Split(' '));
        outcome.Code.ShouldBe(ExitCode.BadUsage);
        outcome.Complaint.ShouldContain("being recorded");
    }

    [Fact]
    public void The_private_server_is_not_touched_where_another_is_configured()
    {
        bench.Variables["REPLAYVMM_DATABASE"] = "postgres://elsewhere/db";
        TestBench.Outcome outcome = bench.Run("database", "stop");
        outcome.Code.ShouldBe(ExitCode.BadUsage);
        outcome.Complaint.ShouldContain("another server is configured");
    }

    [Fact]
    public void The_doctor_says_what_is_missing_and_how_to_get_it()
    {
        bench.Variables["REPLAYVMM_DATABASE"] = "postgres://elsewhere/db";
        bench.Run("doctor").Code.ShouldBe(0);
        bench.LogTrouble = new LogException(LogTrouble.Unavailable, "no server answers; start it");
        TestBench.Outcome outcome = bench.Run("doctor", "--json");
        outcome.Code.ShouldBe(ExitCode.Lacking);
        outcome.Json.EnumerateArray().Single(f => f.GetProperty("subject").GetString() == "database")
            .GetProperty("remedy").GetString().ShouldBe("no server answers; start it");
    }
}
