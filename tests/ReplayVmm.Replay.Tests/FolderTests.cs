using ReplayVmm.Events;
using ReplayVmm.Hypervisor;

namespace ReplayVmm.Replay.Tests;

public class FolderTests
{
    private readonly MemoryLog log = new();

    [Fact]
    public void Folding_event_by_event_gives_the_same_as_folding_whole_at_the_end_of_every_row()
    {
        Recordings.Record(log, "run", Recordings.Factory(turns: 300));
        SessionInfo session = log.Find("run");
        var incremental = new VmState();
        int rows = 0;
        FoldReport whole = Folder.Fold(log, session, onRow: (reader, state) =>
        {
            foreach (ref readonly Event e in reader.Events)
                incremental.Apply(e, e.Payload(reader.Arena));
            state.DescribeDifference(incremental).ShouldBeNull();
            ulong last = reader.NextPosition - 1;
            Folder.Digest(Folder.Fold(log, session, last).State).ShouldBe(Folder.Digest(incremental));
            rows++;
        });
        whole.Rows.ShouldBe(rows);
        whole.Events.ShouldBe(session.Events);
        whole.Ended.ShouldBeTrue();
        whole.State.Memslots[0].Size.ShouldBe(1UL << 20);
    }

    [Fact]
    public void A_fold_to_a_position_stops_after_it()
    {
        Recordings.Record(log, "run");
        FoldReport report = Folder.Fold(log, log.Find("run"), until: 99);
        report.Position.ShouldBe(100UL);
        report.Counts.Sum().ShouldBe(100);
    }

    [Fact]
    public void A_damaged_row_ends_the_fold_with_its_number()
    {
        Recordings.Record(log, "run", Recordings.Factory(turns: 300));
        List<LogRow> rows = log.Sessions[0].Rows;
        byte[] bytes = rows[1].Binary.ToArray();
        bytes[^1] ^= 1;
        rows[1] = rows[1] with { Binary = bytes };
        Should.Throw<LogException>(() => Folder.Fold(log, log.Find("run"))).Message.ShouldMatch("row [23]");
    }
}
