using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace ReplayVmm.EndToEnd.Tests;

/// <summary>
/// <c>kill -9</c> of the recorder: what it said to be in the log is there, and what is there is a whole prefix of the run.
/// </summary>
public sealed class KilledRecorderTests(ServerFixture server, ITestOutputHelper log)
{
    private const int Seed = 20261120, MostRows = 40;
    private const double LongestLag = 60, LongestBeginning = 400;

    private const string Others = """
        select exists (select from pg_stat_activity
                       where datname = current_database() and application_name = 'replayvmm' and backend_type = 'client backend')
        """;

    /// <summary>How often; eng/soak asks for more.</summary>
    private static int Kills => Knobs.Count("REPLAYVMM_KILLS", 20);

    [Fact]
    public void A_recorder_killed_at_any_moment_loses_nothing_that_it_said_to_be_in_the_log()
    {
        using var bench = new Workbench(server.NewDatabase());
        bench.Record(TinyGuests.Ten, "first").Good(); // makes the schema and the key
        using var sql = new Sql(bench.Database);
        var random = new Random(Seed);
        TimeSpan whole = Whole(bench);
        log.WriteLine($"seed {Seed}, {Kills} kills; a whole recording takes {whole.TotalMilliseconds:0} ms");
        var found = new SortedDictionary<string, int>();
        ulong acknowledged = 0;
        for (int i = 0; i < Kills; i++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"killed-{i}");
            string commits = bench.Path_(name);
            string moment = Kill(bench, sql, i % 4, name, commits, whole, random);
            Commits said = Commits.Last(commits);
            WaitUntilReleased(sql, name);
            string state = MustHold(bench, sql, name, said);
            found[state] = found.GetValueOrDefault(state) + 1;
            acknowledged += said.Position;
            log.WriteLine($"{name}: {moment}; row {said.Row}, position {said.Position} were acknowledged; {state}, {sql.Rows(name)} rows are there");
            // Nobody needs it any more, and the disk is not endless.
            if (sql.Rows(name) >= 0)
                bench.Run("prune", name, "--yes").Good();
        }

        log.WriteLine(string.Join(", ", found.Select(state => $"{state.Value} {state.Key}")) + $"; {acknowledged:n0} positions acknowledged, none lost");
        found.ShouldContainKey("cut short");
        acknowledged.ShouldBeGreaterThan(0UL);
    }

    [Fact]
    public void An_import_killed_at_any_moment_leaves_the_whole_session_or_nothing()
    {
        using var bench = new Workbench(server.NewDatabase());
        bench.Record(TinyGuests.Endless, "source", "--until-time", "60ms").Good();
        bench.Run("export", "source", bench.Path_("source.rvmm")).Good();
        bench.Run("prune", "source", "--yes").Good();
        string[] import = ["import", bench.Path_("source.rvmm")];
        using var sql = new Sql(bench.Database);
        TimeSpan whole = Duration(bench, import);
        long rows = sql.Scalar<long>("select count(*) from mt_events");
        bench.Run("prune", "source", "--yes").Good();
        var random = new Random(Seed + 1);
        int imported = 0;
        for (int i = 0; i < Count; i++)
        {
            string output = KillAt(bench, import, random.NextDouble() * 1.1 * whole);
            // Its transaction is over once the server has noticed.
            WaitUntilAlone(sql);
            long found = sql.Scalar<long>("select count(*) from mt_events where bdata is not null");
            if (output.Contains("imported", StringComparison.Ordinal) || found > 0)
            {
                imported++;
                found.ShouldBe(rows - 1); // the pruning before is an event too
                bench.Run("verify", "source", "--key", bench.PublicKey).Good();
                bench.Run("prune", "source", "--yes").Good();
            }
            else
            {
                bench.Session("source").ShouldBeNull();
                sql.Scalar<long>("select count(*) from rv_signatures").ShouldBe(0);
            }
        }

        log.WriteLine($"{Count} kills within {whole.TotalMilliseconds:0} ms: {imported} imported, {Count - imported} nothing");
    }

    [Fact]
    public void A_table_killed_while_it_is_made_is_the_same_in_the_end()
    {
        using var bench = new Workbench(server.NewDatabase());
        bench.Record(TinyGuests.Endless, "source", "--until-time", "60ms").Good();
        string[] table = ["database", "table"];
        const string Content = "select md5(string_agg(e::text, '|' order by session, row_version, row_index)) from rv_events e";
        using var sql = new Sql(bench.Database);
        TimeSpan whole = Duration(bench, table);
        string expected = sql.Scalar<string>(Content)!;
        var random = new Random(Seed + 2);
        int partial = 0;
        for (int i = 0; i < Count; i++)
        {
            sql.Execute("delete from rv_events; delete from rv_progress");
            KillAt(bench, table, random.NextDouble() * 1.1 * whole);
            WaitUntilAlone(sql);
            partial += sql.Scalar<string>(Content) == expected ? 0 : 1;
            bench.Run("database", "table").Good();
            sql.Scalar<string>(Content).ShouldBe(expected);
        }

        log.WriteLine($"{Count} kills within {whole.TotalMilliseconds:0} ms: {partial} left something to do");
    }

    [Fact]
    public void A_recorder_that_dies_before_its_first_row_leaves_a_session_that_says_so_and_can_be_pruned()
    {
        using var bench = new Workbench(server.NewDatabase());
        using (Store.EventStore store = Store.EventStore.Open(bench.Database))
            store.Create(new Guid("00000000-0000-4000-8000-000000000001"), "stillborn").Dispose();
        bench.Run("verify", "stillborn").With(1).Output.ShouldContain("the log is empty");
        bench.Run("replay", "stillborn").With(2).Complaint.ShouldContain("it holds no events yet, so there is nothing to replay");
        bench.Run("prune", "stillborn", "--yes").Good();
    }

    private static int Count => Math.Max(2, Kills / 10);

    /// <summary>
    /// At any time from its start to after its end; some time after it reached the database, so before, within and after its first rows; some
    /// time after a commit, so also within the next; or some time after Ctrl-C, while it writes what is left, signs and ends.
    /// </summary>
    private static string Kill(Workbench bench, Sql sql, int way, string name, string commits, TimeSpan whole, Random random)
    {
        string[] end = way == 0 ? Short : [];
        using ChildProgram recorder = bench.Start(bench.Recording(TinyGuests.Endless, name, ["--commits", commits, .. end]));
        double longest = way switch { 0 => 1.1 * whole.TotalMilliseconds, 1 => LongestBeginning, _ => LongestLag };
        TimeSpan lag = TimeSpan.FromMilliseconds(random.NextDouble() * longest);
        int row = random.Next(1, MostRows);
        if (way == 1)
            WaitUntilConnected(sql, recorder);
        if (way > 1)
            Commits.WaitFor(commits, row, recorder);
        if (way == 3)
            recorder.Interrupt();
        recorder.EndsWithin(lag);
        recorder.Kill();
        string after = way switch { 0 => "its start", 1 => "it reached the database", 2 => $"row {row} was acknowledged", _ => "Ctrl-C" };
        return string.Create(CultureInfo.InvariantCulture, $"killed {lag.TotalMilliseconds:0} ms after {after}");
    }

    /// <summary>What was acknowledged is there; what is there verifies and replays.</summary>
    private static string MustHold(Workbench bench, Sql sql, string name, Commits said)
    {
        long rows = sql.Rows(name);
        rows.ShouldBeGreaterThanOrEqualTo(said.Row == 0 ? -1 : said.Row);
        if (rows < 0)
            return "not begun";
        if (rows == 0)
        {
            bench.Run("verify", name).With(1).Output.ShouldContain("the log is empty");
            return "without a row";
        }

        if (bench.Session(name)!.Value.GetProperty("state").GetString() != "cut short")
        {
            JsonElement verified = bench.Run("verify", name, "--json").Good().Json;
            verified.GetProperty("positions").GetUInt64().ShouldBeGreaterThanOrEqualTo(said.Position);
            verified.GetProperty("ended").GetBoolean().ShouldBeTrue();
            bench.Run("replay", name, "--json").Good().Json.GetProperty("outcome").GetString().ShouldBe("identical");
            return verified.GetProperty("signedThrough").GetInt64() == rows ? "ended and signed" : "ended";
        }

        Prefix.MustBeGood(bench, name).ShouldBeGreaterThanOrEqualTo(said.Position);
        return "cut short";
    }

    private static string[] Short => ["--until-time", "40ms"];

    private static TimeSpan Whole(Workbench bench) =>
        Duration(bench, bench.Recording(TinyGuests.Endless, "whole", ["--commits", bench.Path_("whole"), .. Short]));

    private static TimeSpan Duration(Workbench bench, string[] arguments)
    {
        var time = Stopwatch.StartNew();
        using ChildProgram program = bench.Start(arguments);
        program.Finish().Good();
        return time.Elapsed;
    }

    /// <summary>Gives what it had written to standard output.</summary>
    private static string KillAt(Workbench bench, string[] arguments, TimeSpan moment)
    {
        using ChildProgram program = bench.Start(arguments);
        program.EndsWithin(moment);
        program.Kill();
        return program.Finish().Output;
    }

    /// <summary>The server notices that the recorder's connection is closed; nobody has to clean up.</summary>
    private static void WaitUntilReleased(Sql sql, string name)
    {
        WaitUntilAlone(sql);
        sql.Scalar<bool>("select being_recorded from rv_session_list where name = $1", name).ShouldBeFalse();
    }

    private static void WaitUntilConnected(Sql sql, ChildProgram recorder)
    {
        while (!sql.Scalar<bool>(Others))
            recorder.EndsWithin(TimeSpan.FromMilliseconds(1)).ShouldBeFalse();
    }

    private static void WaitUntilAlone(Sql sql)
    {
        for (int i = 0; sql.Scalar<bool>(Others); i++)
        {
            i.ShouldBeLessThan(10_000, "the connection of a killed program stays open");
            sql.Scalar<object>("select pg_sleep(0.002)");
        }
    }
}
