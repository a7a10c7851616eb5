namespace ReplayVmm.Machine.Tests;

public sealed class DiskOverlayTests : IDisposable
{
    private const int Sector = DiskManifest.SectorLength;

    private readonly string path = Path.Combine(Path.GetTempPath(), $"disk-overlay-{Guid.NewGuid():n}.img");

    public void Dispose() => File.Delete(path);

    [Theory]
    [InlineData(0L)]
    [InlineData(1L << 20)]
    [InlineData(DiskOverlay.DefaultMemory)]
    public void Random_reads_and_writes_give_what_an_array_gives_wherever_clusters_lie(long memory)
    {
        // Not a whole number of clusters, and more than one region of the table.
        const int Sectors = 8195;
        var random = new Random(11);
        byte[] model = Image(Sectors, random);
        byte[] original = [.. model];
        using var disk = new DiskOverlay(DiskImage.Open(path), memory);
        for (int i = 0; i < 4000; i++)
        {
            int sector = random.Next(Sectors), count = Math.Min(Sectors - sector, 1 + random.Next(i % 50 == 0 ? 900 : 30));
            Span<byte> expected = model.AsSpan(sector * Sector, count * Sector);
            if (random.Next(3) == 0)
            {
                random.NextBytes(expected);
                disk.Write((ulong)sector, expected);
                continue;
            }

            byte[] actual = new byte[count * Sector];
            disk.Read((ulong)sector, actual);
            actual.AsSpan().SequenceEqual(expected).ShouldBeTrue($"step {i}: {count} sectors at {sector}");
        }

        disk.Clusters.ShouldBeGreaterThan(300);
        byte[] all = new byte[Sectors * Sector];
        disk.Read(0, all);
        all.AsSpan().SequenceEqual(model).ShouldBeTrue();
        File.ReadAllBytes(path).AsSpan().SequenceEqual(original).ShouldBeTrue("the image was written");
    }

    [Fact]
    public void What_was_written_put_into_a_fresh_overlay_gives_the_same_disk()
    {
        var random = new Random(12);
        byte[] model = Image(5001, random);
        using var first = new DiskOverlay(DiskImage.Open(path), 0);
        using var second = new DiskOverlay(DiskImage.Open(path));
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < 50; i++)
            {
                int sector = i == 0 ? 5000 : random.Next(5000);
                random.NextBytes(model.AsSpan(sector * Sector, Sector));
                first.Write((ulong)sector, model.AsSpan(sector * Sector, Sector));
            }

            ulong last = 0;
            first.VisitWrittenClusters((number, bytes) =>
            {
                (number >= last).ShouldBeTrue();
                last = number;
                second.Write(number * (DiskOverlay.ClusterLength / Sector), bytes.Span);
            });
            last.ShouldBe(625ul);
            byte[] all = new byte[model.Length];
            second.Read(0, all);
            all.AsSpan().SequenceEqual(model).ShouldBeTrue($"round {round}");
        }

        first.VisitWrittenClusters((_, _) => Assert.Fail("nothing was written since"));
    }

    [Fact]
    public void Sectors_beyond_the_end_are_refused()
    {
        Image(4, new Random(1));
        using var disk = new DiskOverlay(DiskImage.Open(path));
        Should.Throw<ArgumentOutOfRangeException>(() => disk.Read(4, new byte[Sector]));
        Should.Throw<ArgumentOutOfRangeException>(() => disk.Write(3, new byte[2 * Sector]));
        Should.Throw<ArgumentOutOfRangeException>(() => disk.Read(ulong.MaxValue, new byte[Sector]));
        Should.Throw<ArgumentOutOfRangeException>(() => disk.Read(0, new byte[100]));
    }

    [Theory]
    [InlineData(0, "it is empty")]
    [InlineData(511, "truncate -s 512")]
    [InlineData(1025, "1025 bytes are not a multiple of 512; make it whole sectors first: truncate -s 1536")]
    public void An_image_of_odd_size_is_refused_with_what_to_do(int length, string message)
    {
        File.WriteAllBytes(path, new byte[length]);
        Should.Throw<BootException>(() => DiskImage.Open(path)).Message.ShouldContain(message);
    }

    [Fact]
    public void A_symbolic_link_is_the_image_that_it_names()
    {
        string image = Path.GetTempFileName(), link = image + ".link";
        File.WriteAllBytes(image, new byte[2048]);
        File.CreateSymbolicLink(link, image);
        try
        {
            using DiskImage opened = DiskImage.Open(link);
            opened.Length.ShouldBe(2048);
        }
        finally
        {
            File.Delete(link);
            File.Delete(image);
        }
    }

    [Fact]
    public void An_image_that_is_missing_or_becomes_shorter_is_the_hosts_trouble()
    {
        Should.Throw<DiskException>(() => DiskImage.Open(path)).Message.ShouldContain("there is no such file");
        Image(64, new Random(2));
        using var disk = new DiskOverlay(DiskImage.Open(path));
        File.WriteAllBytes(path, new byte[Sector]);
        Should.Throw<DiskException>(() => disk.Read(8, new byte[Sector])).Message.ShouldContain("has become shorter");
    }

    private byte[] Image(int sectors, Random random)
    {
        byte[] bytes = new byte[sectors * Sector];
        random.NextBytes(bytes);
        File.WriteAllBytes(path, bytes);
        return bytes;
    }
}
