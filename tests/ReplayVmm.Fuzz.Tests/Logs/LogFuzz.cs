using ReplayVmm.Events;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>Rows straight from a hostile database.</summary>
public sealed class LogFuzz(ITestOutputHelper output)
{
    private const long Floor = 2_000, AllocatedAtLeast = 16 << 20, AllocatedTimes = 64;

    [Fact]
    public void Rows_that_lie_about_anything_are_decoded_or_refused_in_one_line()
    {
        long decoded = 0;
        List<LogRow>[] golden = [.. GoldenFiles.All.Select(file => GoldenFiles.Read(file).Rows)];
        var campaign = new Campaign("rows", output) { Summary = _ => $"{decoded} logs were right" };
        campaign.Run(Floor, (dice, _) =>
        {
            List<LogRow> rows = [.. golden[dice.Below(golden.Length)]];
            if (rows.Count > 8)
                rows.RemoveRange(8, rows.Count - 8);
            for (int n = dice.Below(3); n >= 0; n--)
                HostileRows.Spoil(dice, rows);
            if (!dice.OnceIn(4))
                HostileRows.Chain(rows);
            var log = new RowsLog(rows, []);
            long size = rows.Sum(row => (long)row.Binary.Length + row.HeaderJson.Length);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Readers.Verify(log);
            decoded += Readers.Fold(log) ? 1 : 0;
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            FuzzException.Unless(allocated <= AllocatedAtLeast + (AllocatedTimes * size), $"{allocated} bytes were allocated for rows of {size}");
            Readers.Try(() => rows.ForEach(row => Store.StoredRow.Events(row)));
            Readers.Show(log);
        });
    }
}
