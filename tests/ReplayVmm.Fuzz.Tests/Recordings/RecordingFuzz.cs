using ReplayVmm.Events;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>Recording files that were damaged or forged.</summary>
public sealed class RecordingFuzz(ITestOutputHelper output)
{
    private const long Floor = 2_000, AllocatedAtLeast = 8 << 20, AllocatedTimes = 64;

    [Fact]
    public void A_file_cut_at_any_byte_of_its_head_or_at_random_ones_is_refused()
    {
        var dice = new Dice(1);
        foreach (byte[] file in GoldenFiles.All)
        {
            RecordFile parts = RecordFile.Split(file);
            int head = RecordingFormat.PreambleSize + parts.Records.Take(2).Sum(r => r.Payload.Length + RecordingFormat.HeadSize + RecordingFormat.ChecksumSize);
            for (int length = 0; length < head; length++)
                Reads(file[..length]).ShouldBeFalse($"{length} bytes");
            for (int n = 0; n < 200; n++)
            {
                int length = dice.Below(file.Length);
                Reads(file[..length]).ShouldBeFalse($"{length} bytes");
            }
        }
    }

    [Fact]
    public void A_file_with_any_of_a_thousand_bits_flipped_is_refused()
    {
        var dice = new Dice(2);
        for (int n = 0; n < 1000; n++)
        {
            byte[] file = [.. GoldenFiles.All[n % GoldenFiles.All.Count]];
            Mutation.Flip(dice, file);
            Reads(file).ShouldBeFalse($"flip {n}");
        }
    }

    [Fact]
    public void A_forged_file_is_read_or_refused_in_one_line_with_memory_in_proportion_to_its_size()
    {
        long read = 0;
        string folder = Directory.CreateTempSubdirectory("fuzz-").FullName;
        try
        {
            var campaign = new Campaign("recordings", output) { Summary = _ => $"{read} were read" };
            campaign.Run(Floor, (dice, number) =>
            {
                byte[] file = Forge(dice);
                long before = GC.GetAllocatedBytesForCurrentThread();
                bool whole = Reads(file);
                long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
                if (number % 32 == 0)
                    FuzzException.Unless(ReadsFromDisk(Path.Combine(folder, "forged.rvmm"), file) || !whole, "a file and a stream do not agree");
                FuzzException.Unless(allocated <= AllocatedAtLeast + (AllocatedTimes * file.Length), $"{allocated} bytes were allocated for a file of {file.Length}");
                read += whole ? 1 : 0;
            });
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>What import does before it imports, and what replays read.</summary>
    private static bool Reads(byte[] file) => Readers.Try(() =>
    {
        using var stream = new MemoryStream(file);
        using var reader = new RecordingFileReader(stream, "forged.rvmm");
        List<LogRow> rows = [.. reader.Rows()];
        var log = new RowsLog(rows, reader.Signatures);
        Readers.Verify(log);
        Readers.Fold(log);
    });

    private static bool ReadsFromDisk(string path, byte[] file)
    {
        File.WriteAllBytes(path, file);
        return Readers.Try(() => _ = new Cli.RecordingFileLog(path));
    }

    private static byte[] Forge(Dice dice)
    {
        byte[] file = GoldenFiles.All[dice.Below(GoldenFiles.All.Count)];
        if (dice.OnceIn(8))
            return Mutation.Spoil(dice, file, 256);
        RecordFile parts = RecordFile.Split(file);
        for (int n = dice.Below(3); n >= 0; n--)
        {
            int at = dice.Below(parts.Records.Count);
            (uint type, byte[] payload) = parts.Records[at];
            switch (dice.Below(10))
            {
                case 0:
                    parts.Records.RemoveAt(at);
                    break;
                case 1:
                    parts.Records.Insert(at, parts.Records[dice.Below(parts.Records.Count)]);
                    break;
                case 2:
                    parts.Records[at] = ((uint)dice.Number(), payload);
                    break;
                case 3:
                    parts.Records[at] = (type, Packed.Throw(dice));
                    break;
                case 4 when type == (uint)RecordType.Row:
                    parts.Records[at] = (type, WithCopy(dice, payload));
                    break;
                default:
                    parts.Records[at] = (type, Mutation.Spoil(dice, payload, 128));
                    break;
            }

            if (parts.Records.Count == 0)
                break;
        }

        return parts.Join();
    }

    /// <summary>The row with a copy of its header that is no copy: JSON of any kind.</summary>
    private static byte[] WithCopy(Dice dice, byte[] payload)
    {
        if (payload.Length == 0 || payload[^1] != 0xC0)
            return payload;
        byte[] text = JsonNoise.Throw(dice);
        return [.. payload.AsSpan(0, payload.Length - 1), 0xDA, (byte)(text.Length >> 8), (byte)text.Length, .. text];
    }
}
