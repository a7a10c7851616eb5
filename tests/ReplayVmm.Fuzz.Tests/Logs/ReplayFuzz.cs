using ReplayVmm.Events;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>Logs whose hashes are right and whose events make no sense.</summary>
public sealed class ReplayFuzz(ITestOutputHelper output)
{
    private const long Floor = 64, AllocatedAtLeast = 64 << 20, AllocatedTimes = 64;
    private const ulong MostMemory = 64 << 20;

    [Fact]
    public void Events_that_make_no_sense_are_folded_and_replayed_to_a_result_or_one_line()
    {
        long replayed = 0;
        var campaign = new Campaign("replays", output) { Summary = _ => $"{replayed} were replayed" };
        campaign.Run(Floor, (dice, _) =>
        {
            List<LogRow> rows = EventNoise.Throw(dice);
            var log = new RowsLog(rows, []);
            long size = rows.Sum(row => (long)row.Binary.Length + row.HeaderJson.Length);
            long before = Allocated.Now;
            Readers.Verify(log);
            FuzzException.Unless(Readers.Fold(log), "a log that is well formed is refused");
            Readers.Show(log);
            replayed += Readers.Replay(log, MostMemory) ? 1 : 0;
            Allocated.AtMost(AllocatedAtLeast + (AllocatedTimes * size), before);
        });
    }
}
