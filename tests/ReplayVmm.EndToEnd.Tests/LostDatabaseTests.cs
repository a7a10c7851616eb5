using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;
using ReplayVmm.Store;

namespace ReplayVmm.EndToEnd.Tests;

/// <summary>PostgreSQL goes away under a recording, or stays and says nothing.</summary>
public sealed partial class LostDatabaseTests(ServerFixture shared, ITestOutputHelper log)
{
    private const int Seed = 20261120, MostRows = 40;
    private const double LongestLag = 60;

    private const string Recorders = "pid <> pg_backend_pid() and application_name = 'replayvmm' and datname = current_database()";

    private static readonly string[] Ways = ["all-killed", "backend-killed", "server-killed", "crashed", "stopped", "disconnected"];

    /// <summary>How often; eng/soak asks for more.</summary>
    private static int Losses => Knobs.Count("REPLAYVMM_DATABASE_LOSSES", 6);

    [Fact]
    public void A_recorder_that_loses_its_database_stops_the_guest_and_nothing_acknowledged_is_lost()
    {
        Assert.SkipUnless(ServerFixture.IsInstalled, "PostgreSQL's server programs are not installed");
        using TemporaryServer own = TemporaryServer.Start();
        using var bench = new Workbench(own.NewDatabase());
        bench.Record(TinyGuests.Ten, "first").Good();
        var random = new Random(Seed);
        log.WriteLine($"seed {Seed}, {Losses} losses");
        ulong acknowledged = 0;
        for (int i = 0; i < Losses; i++)
        {
            string way = Ways[i % Ways.Length];
            string name = string.Create(CultureInfo.InvariantCulture, $"{way}-{i}");
            string commits = bench.Path_(name);
            using ChildProgram recorder = bench.Start(bench.Recording(TinyGuests.Endless, name, "--commits", commits));
            int[] backends = Moment(bench, commits, recorder, random);
            Lose(own, bench, way, backends);
            Outcome outcome = recorder.Finish().With(3);
            Commits said = Commits.Last(commits);
            ulong safe = Safe(outcome, name);
            safe.ShouldBe(said.Position);
            safe.ShouldBeGreaterThan(0UL);

            Recovered(own, bench);
            using (var sql = new Sql(bench.Database))
                sql.Rows(name).ShouldBeGreaterThanOrEqualTo(said.Row);
            // A commit may have reached the disk whose answer was lost.
            ulong positions = Prefix.MustBeGood(bench, name);
            positions.ShouldBeGreaterThanOrEqualTo(safe);
            acknowledged += safe;
            log.WriteLine($"{name}: {safe} positions were acknowledged, {positions} are there");
            bench.Run("prune", name, "--yes").Good();
        }

        log.WriteLine($"{acknowledged:n0} positions acknowledged, none lost");
    }

    [Fact]
    public void A_database_that_says_nothing_is_waited_for_and_told_of_and_the_recording_goes_on_when_it_answers()
    {
        using var bench = new Workbench(shared.NewDatabase());
        bench.Record(TinyGuests.Ten, "first").Good();
        using ChildProgram recorder = bench.Start(bench.Recording(TinyGuests.Endless, "paused"));
        int[] backends = Pause(bench, "paused", recorder);
        try
        {
            recorder.WaitForError("the log has not answered for ");
        }
        finally
        {
            ChildProgram.Signal("CONT", backends);
        }

        using (var sql = new Sql(bench.Database))
            sql.WaitForRows("paused", sql.Rows("paused") + 8, recorder);
        recorder.Interrupt();
        recorder.Finish().Good().Error.ShouldContain("recorded · paused · operator stopped");
        bench.Run("verify", "paused", "--key", bench.PublicKey).Good();
        bench.Run("replay", "paused").Good();
    }

    [Fact]
    public void Ctrl_C_gives_up_a_database_that_says_nothing()
    {
        using var bench = new Workbench(shared.NewDatabase());
        bench.Record(TinyGuests.Ten, "first").Good();
        using ChildProgram recorder = bench.Start(bench.Recording(TinyGuests.Endless, "given-up"));
        int[] backends = Pause(bench, "given-up", recorder);
        Outcome outcome;
        try
        {
            recorder.WaitForError("; the guest waits for it, and Ctrl-C gives it up");
            recorder.Interrupt();
            outcome = recorder.Finish().With(3);
        }
        finally
        {
            ChildProgram.Signal("CONT", backends);
        }

        outcome.Error.ShouldContain("recording 'given-up' stopped: the log has not answered for ");
        ulong safe = Safe(outcome, "given-up");
        using (var sql = new Sql(bench.Database))
        {
            while (sql.Scalar<bool>($"select exists (select from pg_stat_activity where {Recorders})"))
                sql.Scalar<object>("select pg_sleep(0.002)");
        }

        Prefix.MustBeGood(bench, "given-up").ShouldBeGreaterThanOrEqualTo(safe);
    }

    /// <summary>Some time after some commit; the server's processes that serve the recorder.</summary>
    private static int[] Moment(Workbench bench, string commits, ChildProgram recorder, Random random)
    {
        Commits.WaitFor(commits, random.Next(1, MostRows), recorder);
        using var sql = new Sql(bench.Database);
        int[] backends = sql.Scalar<int[]>($"select array_agg(pid) from pg_stat_activity where {Recorders}")!;
        recorder.EndsWithin(TimeSpan.FromMilliseconds(random.NextDouble() * LongestLag)).ShouldBeFalse();
        return backends;
    }

    /// <summary>Stops the server's processes of a recording that is under way: they are there, and do nothing.</summary>
    private static int[] Pause(Workbench bench, string name, ChildProgram recorder)
    {
        using var sql = new Sql(bench.Database);
        sql.WaitForRows(name, 8, recorder);
        int[] backends = sql.Scalar<int[]>($"select array_agg(pid) from pg_stat_activity where {Recorders}")!;
        ChildProgram.Signal("STOP", backends);
        return backends;
    }

    private static void Lose(TemporaryServer own, Workbench bench, string way, int[] backends)
    {
        int postmaster = own.Server.Status().ProcessId!.Value;
        switch (way)
        {
            case "all-killed":
                ChildProgram.Signal("KILL", [postmaster, .. Children(postmaster)]);
                break;
            case "backend-killed":
                ChildProgram.Signal("KILL", backends);
                break;
            case "server-killed":
                ChildProgram.Signal("KILL", postmaster);
                break;
            case "crashed":
                ChildProgram.Signal("QUIT", postmaster);
                break;
            case "stopped":
                own.Server.Stop();
                break;
            default:
                Sql.Run(bench.Database, $"select pg_terminate_backend(pid) from pg_stat_activity where {Recorders}");
                break;
        }
    }

    /// <summary>All processes that the server started: backends, and those that write.</summary>
    private static int[] Children(int postmaster)
    {
        using Process list = Process.Start(new ProcessStartInfo("ps", ["-o", "pid=", "--ppid", postmaster.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        string text = list.StandardOutput.ReadToEnd();
        return [.. text.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(id => int.Parse(id, CultureInfo.InvariantCulture))];
    }

    /// <summary>Starts the server where it does not run, and waits until it has recovered.</summary>
    private static void Recovered(TemporaryServer own, Workbench bench)
    {
        for (int i = 0; ; i++)
        {
            own.Server.EnsureStarted();
            try
            {
                Sql.Ask<int>(bench.Database, "select 1").ShouldBe(1);
                return;
            }
            catch (NpgsqlException) when (i < 1000)
            {
                // A server that begins anew after one of its processes died refuses for a moment.
            }
        }
    }

    private static ulong Safe(Outcome outcome, string name)
    {
        Match said = SafeLine().Match(outcome.Error.TrimEnd('\n').Split('\n')[^1]);
        said.Success.ShouldBeTrue(outcome.Error);
        said.Groups["name"].Value.ShouldBe(name);
        return ulong.Parse(said.Groups["safe"].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(
        "^replayvmm: recording '(?<name>[^']+)' stopped: .+; events before (?<safe>[0-9,]+) \\(t [0-9,]+\\) are safe and replay$")]
    private static partial Regex SafeLine();
}
