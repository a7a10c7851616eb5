using System.Text.Json;
using ReplayVmm.Events;
using ReplayVmm.Store;

namespace ReplayVmm.EndToEnd.Tests;

/// <summary>Somebody who owns the database edits a recording: one port answered otherwise.</summary>
public sealed class ForgeryTests(ServerFixture server)
{
    private const ulong LineStatus = 0x3FD;
    private readonly Guid forgedId = new("00000000-0000-4000-8000-0000000000f0");

    [Fact]
    public void An_edited_row_is_named_by_verify()
    {
        using Workbench bench = Recorded();
        using EventStore store = EventStore.Open(bench.Database);
        SessionInfo session = store.Find("honest");
        (List<LogRow> forged, ForgedRead read) = Forge(store, session);
        Sql.Run(bench.Database, "alter table mt_events disable trigger all");
        Sql.Run(
            bench.Database, "update mt_events set bdata = $3 where stream_id = $1 and version = $2",
            session.Id, read.Row, forged[(int)read.Row - 1].Binary.ToArray());

        JsonElement report = bench.Run("verify", "honest", "--json").With(1).Json;
        report.GetProperty("good").GetBoolean().ShouldBeFalse();
        report.GetProperty("fault").GetProperty("row").GetInt64().ShouldBe(read.Row);
        report.GetProperty("fault").GetProperty("reason").GetString().ShouldBe("changed");
        bench.Run("verify", "honest").With(1).Output.ShouldStartWith($"honest: NOT GOOD from row {read.Row}: changed: ");
    }

    [Fact]
    public void A_recording_forged_as_a_whole_is_not_signed_by_the_pinned_key_and_does_not_replay()
    {
        using Workbench bench = Recorded();
        using EventStore store = EventStore.Open(bench.Database);
        SessionInfo session = store.Find("honest");
        (List<LogRow> forged, ForgedRead read) = Forge(store, session);
        IReadOnlyList<HeadSignature> stolen = store.Signatures(session.Id);
        using (ISessionWriter writer = store.Create(forgedId, "forged"))
            writer.Append(forged);

        // The chain was made anew and is whole: without the signer's key nothing can be seen.
        bench.Run("verify", "forged").Good().Output.ShouldContain("signed     not at all");
        bench.Run("verify", "forged", "--key", bench.PublicKey).With(1).Output.ShouldContain("NOT GOOD");
        stolen.ShouldNotBeEmpty();
        Verifier.Verify(forged, stolen).IsGood.ShouldBeFalse();

        // Running the guest again shows it, and where.
        JsonElement replay = bench.Run("replay", "forged", "--json").With(1).Json;
        replay.GetProperty("outcome").GetString().ShouldBe("diverged");
        replay.GetProperty("divergence").GetProperty("position").GetUInt64().ShouldBe(read.Position);
        string text = bench.Run("replay", "forged").With(1).Output;
        text.ShouldStartWith($"DIVERGED at event {read.Position:n0} · t {read.VirtualTime:n0} · vcpu 0");
        text.ShouldContain("expected   port_read 0x3fd");
        text.ShouldContain("in al, dx");
        bench.Run("replay", "forged", "--for-git-bisect").Code.ShouldBe(1);
    }

    private Workbench Recorded()
    {
        var bench = new Workbench(server.NewDatabase());
        bench.Record(TinyGuests.Endless, "honest", "--until-time", "5ms").Good();
        return bench;
    }

    /// <summary>The whole log written again with one bit of one port read changed, hashes and all.</summary>
    private static (List<LogRow> Rows, ForgedRead Read) Forge(EventStore store, SessionInfo session)
    {
        var rows = new List<LogRow>();
        using var writer = new SegmentWriter();
        ForgedRead? forged = null;
        var decoder = new SegmentDecoder();
        foreach (LogRow row in store.Read(session.Id))
        {
            decoder.Decode(row);
            Event[] events = decoder.Events.ToArray();
            for (int i = 0; i < events.Length; i++)
            {
                if (forged is null && row.Version > 2 && events[i].Kind == EventKind.PortRead && events[i].A == LineStatus)
                {
                    forged = new ForgedRead(row.Version, events[i].Position, events[i].VirtualTime);
                    events[i] = events[i] with { C = events[i].C ^ 1 };
                }

                if (events[i].Kind == EventKind.SessionEnded)
                    Resize(ref events[i]);
            }

            writer.Append(events, decoder.Arena, rows);
            writer.Flush(rows);
        }

        forged.ShouldNotBeNull();
        rows.Count.ShouldBe((int)session.Version);
        return (rows, forged);
    }

    /// <summary>Only the final digest: the writer adds the content hash anew.</summary>
    private static void Resize(ref Event end) => end = end with { PayloadLength = SessionEnded.DigestSize };

    private sealed record ForgedRead(long Row, ulong Position, ulong VirtualTime);
}
