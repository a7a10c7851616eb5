using System.Globalization;

namespace ReplayVmm.EndToEnd.Tests;

/// <summary><c>kill -9</c> of the recorder: what reached PostgreSQL is a whole prefix of the run.</summary>
public sealed class KilledRecorderTests(ServerFixture server, ITestOutputHelper log)
{
    private const int Seed = 20261120, MostRows = 48;

    /// <summary>How often; eng/soak asks for more.</summary>
    private static int Kills => Knobs.Count("REPLAYVMM_KILLS", 20);

    [Fact]
    public void A_recorder_killed_at_any_moment_leaves_a_prefix_that_verifies_and_replays()
    {
        using var bench = new Workbench(server.NewDatabase());
        bench.Record(TinyGuests.Ten, "first").Good(); // makes the schema and the key
        using var sql = new Sql(bench.Database);
        var random = new Random(Seed);
        log.WriteLine($"seed {Seed}, {Kills} kills");
        for (int i = 0; i < Kills; i++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"killed-{i}");
            int moment = random.Next(1, MostRows);
            using (ChildProgram recorder = bench.Start(bench.Recording(TinyGuests.Endless, name)))
            {
                sql.WaitForRows(name, moment, recorder);
                recorder.Kill();
            }

            WaitUntilReleased(sql, name);
            ulong positions = Prefix.MustBeGood(bench, name);
            log.WriteLine($"{name}: killed after row {moment}; {sql.Rows(name)} rows and {positions} positions are there");
        }
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

    /// <summary>The server notices that the recorder's connection is closed; nobody has to clean up.</summary>
    private static void WaitUntilReleased(Sql sql, string name)
    {
        for (int i = 0; sql.Scalar<bool>("select being_recorded from rv_session_list where name = $1", name); i++)
        {
            i.ShouldBeLessThan(10_000, "the lock of a killed recorder is not released");
            sql.Scalar<object>("select pg_sleep(0.002)");
        }
    }
}
