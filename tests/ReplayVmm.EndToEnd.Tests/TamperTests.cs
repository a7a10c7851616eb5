using System.Globalization;
using System.Text.RegularExpressions;

namespace ReplayVmm.EndToEnd.Tests;

/// <summary>Somebody who owns the database edits a recording; <c>verify</c> names the first row that they touched.</summary>
public sealed partial class TamperTests(ServerFixture server, ITestOutputHelper log)
{
    /// <summary>More than a verification reads at once, so that an edge of its pages is among them.</summary>
    private const int Rows = 270;

    /// <summary>How often, and with which draw; eng/soak asks for more and others.</summary>
    private static int Tamperings => Knobs.Count("REPLAYVMM_TAMPERINGS", 1000);

    private static int Seed => Knobs.Count("REPLAYVMM_TAMPER_SEED", 20261121);

    [Fact]
    public void A_thousand_tamperings_are_found_each_and_the_first_bad_row_is_named()
    {
        using var database = TamperedDatabase.Make(server.NewDatabase(), Rows);
        MustBeGood(database);
        log.WriteLine($"seed {Seed}, {Tamperings} tamperings of {Rows} rows");
        var tamperings = new Tamperings(database, new Random(Seed));
        var counts = tamperings.Kinds.ToDictionary(kind => kind, _ => 0);
        for (int i = 0; i < Tamperings; i++)
        {
            (string kind, ExpectedVerdict expected) = tamperings.Next();
            counts[kind]++;
            MustBeNamed(database, expected, $"seed {Seed}, tampering {i}: {kind}: {expected.What}");
            database.Restore();
        }

        MustBeGood(database);
        foreach ((string kind, int count) in counts)
            log.WriteLine($"{count,5}  {kind}");
        counts.Values.Min().ShouldBeGreaterThan(0);
    }

    [Fact]
    public void A_tail_cut_behind_an_older_signed_head_leaves_an_open_recording_and_verify_says_how_far_it_is_signed()
    {
        using var database = TamperedDatabase.Make(server.NewDatabase(), 20);
        database.Do("delete from mt_events where stream_id = $1 and version > 15");
        database.Do("delete from rv_signatures where session = $1 and version > 15");
        database.Do("update mt_streams set version = 15, timestamp = (select timestamp from mt_events where stream_id = $1 and version = 15) where id = $1");
        database.Do("""
            update rv_sessions set ended = false, (events, bytes) = (
                select sum((data->>'Events')::bigint), sum(octet_length(bdata)) from mt_events where stream_id = $1)
            where id = $1
            """);
        string said = Verify(database, pinned: true).Good().Output;
        said.ShouldContain("honest: good · 15 rows");
        said.ShouldContain("signed     up to row 10 by the pinned key");
        said.ShouldContain("end        open");
    }

    [Fact]
    public void The_id_of_a_row_seals_it_as_the_documentation_says()
    {
        using var database = TamperedDatabase.Make(server.NewDatabase(), 20);
        database.Ask<long>("select count(*) from mt_events e where stream_id = $1 and id = saved.seal(e)").ShouldBe(20);
        // Rows that were written before rows were sealed have the hash of their place, and are good.
        database.Do("""
            update mt_events set id = encode(set_byte(set_byte(h, 6, get_byte(h, 6) & 15 | 128), 8, get_byte(h, 8) & 63 | 128), 'hex')::uuid
            from (select version as place, substring(sha256(uuid_send(stream_id) || int8send(version)) for 16) as h
                  from mt_events where stream_id = $1) hash
            where stream_id = $1 and version = place
            """);
        Verify(database, pinned: true).Good();
    }

    private static void MustBeGood(TamperedDatabase database)
    {
        Verify(database, pinned: true).Good();
        database.Bench.Run("verify", TamperedDatabase.Other, "--key", database.Bench.PublicKey).Good();
    }

    private static void MustBeNamed(TamperedDatabase database, ExpectedVerdict expected, string what)
    {
        if (expected.Pinned)
            Verify(database, pinned: false).Code.ShouldBe(0, what);
        Outcome outcome = Verify(database, expected.Pinned);
        outcome.Code.ShouldBe(1, what + outcome.Output + outcome.Error);
        outcome.Error.ShouldBeEmpty(what);
        string[] lines = outcome.Output.TrimEnd('\n').Split('\n');
        Match verdict = Verdict().Match(lines[0]);
        verdict.Success.ShouldBeTrue($"{what}: {outcome.Output}");
        long row = verdict.Groups["row"].Success ? long.Parse(verdict.Groups["row"].ValueSpan, CultureInfo.InvariantCulture) : 0;
        row.ShouldBe(expected.Row, $"{what}: {outcome.Output}");
        lines.Length.ShouldBe(2, what);
    }

    private static Outcome Verify(TamperedDatabase database, bool pinned) => pinned
        ? database.Bench.Run("verify", TamperedDatabase.Honest, "--key", database.Bench.PublicKey)
        : database.Bench.Run("verify", TamperedDatabase.Honest);

    [GeneratedRegex("^honest: NOT GOOD(?: from row (?<row>-?[0-9]+))?: (changed|dropped|reordered|duplicated|truncated|unsigned): [^\\n]{8,300}$")]
    private static partial Regex Verdict();
}
