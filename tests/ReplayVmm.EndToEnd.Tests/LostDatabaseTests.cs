using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using ReplayVmm.Store;

namespace ReplayVmm.EndToEnd.Tests;

/// <summary>PostgreSQL goes away under a recording.</summary>
public sealed partial class LostDatabaseTests(ITestOutputHelper log)
{
    private static readonly string[] Ways = ["killed", "stopped", "disconnected"];

    /// <summary>How often; eng/soak asks for more.</summary>
    private static int Losses => Knobs.Count("REPLAYVMM_DATABASE_LOSSES", 3);

    [Fact]
    public void A_recorder_that_loses_its_database_stops_the_guest_and_says_what_is_safe()
    {
        Assert.SkipUnless(ServerFixture.IsInstalled, "PostgreSQL's server programs are not installed");
        using TemporaryServer own = TemporaryServer.Start();
        using var bench = new Workbench(own.NewDatabase());
        bench.Record(TinyGuests.Ten, "first").Good();
        for (int i = 0; i < Losses; i++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"{Ways[i % Ways.Length]}-{i}");
            using ChildProgram recorder = bench.Start(bench.Recording(TinyGuests.Endless, name));
            Lose(own, bench, name, recorder);
            Outcome outcome = recorder.Finish().With(3);
            Match said = Safe().Match(outcome.Error.TrimEnd('\n').Split('\n')[^1]);
            said.Success.ShouldBeTrue(outcome.Error);
            said.Groups["name"].Value.ShouldBe(name);
            ulong safe = ulong.Parse(said.Groups["safe"].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);

            own.Server.EnsureStarted();
            ulong positions = Prefix.MustBeGood(bench, name);
            // A commit may have reached the disk whose answer was lost.
            positions.ShouldBeGreaterThanOrEqualTo(safe);
            safe.ShouldBeGreaterThan(0UL);
            log.WriteLine($"{name}: {safe} positions were called safe, {positions} are there");
        }
    }

    private static void Lose(TemporaryServer server, Workbench bench, string name, ChildProgram recorder)
    {
        using (var sql = new Sql(bench.Database))
        {
            sql.WaitForRows(name, 8, recorder);
            if (name.StartsWith(Ways[2], StringComparison.Ordinal))
            {
                sql.Execute("""
                    select pg_terminate_backend(pid) from pg_stat_activity
                    where pid <> pg_backend_pid() and application_name = 'replayvmm' and datname = current_database()
                    """);
                return;
            }
        }

        if (name.StartsWith(Ways[1], StringComparison.Ordinal))
            server.Server.Stop();
        else
            Process.GetProcessById(server.Server.Status().ProcessId!.Value).Kill();
    }

    [GeneratedRegex(
        "^replayvmm: recording '(?<name>[^']+)' stopped: .+; events before (?<safe>[0-9,]+) \\(t [0-9,]+\\) are safe and replay$")]
    private static partial Regex Safe();
}
