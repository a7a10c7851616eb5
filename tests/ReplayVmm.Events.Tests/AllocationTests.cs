namespace ReplayVmm.Events.Tests;

public class AllocationTests
{
    /// <summary>The row itself, its bytes and the copy of its header; nothing that grows with events beyond their bytes.</summary>
    private const int PerRow = 4096;

    [Fact]
    public void Writing_allocates_the_rows_and_nothing_per_event()
    {
        EventBuffer buffer = Samples.PortLoop(409_600);
        EventBuffer mix = Samples.Mix(40_960, 9);
        var rows = new List<LogRow>(1000);
        using var writer = new SegmentWriter();
        using var other = new SegmentWriter();
        other.Append(mix.Events, mix.Arena, rows);
        writer.Append(buffer.Events[..4096], buffer.Arena, rows);
        rows.Clear();

        long before = GC.GetAllocatedBytesForCurrentThread();
        writer.Append(buffer.Events[4096..], buffer.Arena, rows);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        rows.Count.ShouldBe(99);
        allocated.ShouldBeLessThan(rows.Count * PerRow);
    }

    [Fact]
    public void Reading_allocates_nothing()
    {
        foreach (EventBuffer buffer in (EventBuffer[])[Samples.PortLoop(40_960), Samples.Mix(40_960, 9)])
        {
            List<LogRow> rows = Samples.Rows(buffer);
            using var reader = new SegmentReader();
            using var content = new ContentHash();
            byte[] hash = new byte[ContentHash.Size];
            var decoder = new SegmentDecoder();
            foreach (LogRow row in rows)
                decoder.Decode(row);
            reader.Read(rows[0]);
            content.CopyTo(hash);

            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 1; i < rows.Count; i++)
            {
                decoder.Decode(rows[i]);
                content.Append(decoder.Events, decoder.Arena);
                reader.Read(rows[i]);
            }

            // A hash is handed out by way of the operating system's library, which may allocate a handle.
            (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(rows.Count * 2048);
        }
    }
}
