namespace ReplayVmm.Events.Tests;

public sealed class RecordingFileTests : IDisposable
{
    private static readonly RecordingSession Session =
        new(new Guid("00112233-4455-6677-8899-aabbccddeeff"), "été-7", new DateTimeOffset(2026, 11, 20, 18, 30, 0, TimeSpan.Zero));

    private readonly string folder = Directory.CreateTempSubdirectory("replayvmm-").FullName;

    private string FilePath => Path.Combine(folder, "a.rvmm");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void What_is_exported_is_imported_the_same()
    {
        List<LogRow> rows = Samples.Rows(Samples.Session());
        rows[1] = rows[1] with { HeaderJson = """{"as": "the database gave it"}""" };
        HeadSignature signature = new(rows.Count, new byte[32], [1, 2, 3], [4, 5]);
        Write(FilePath, rows, signature);

        using RecordingFileReader reader = RecordingFileReader.Open(FilePath);
        List<LogRow> back = [.. reader.Rows()];

        reader.Session.ShouldBe(Session);
        back.Count.ShouldBe(rows.Count);
        for (int i = 0; i < rows.Count; i++)
        {
            (back[i].Version, back[i].Type, back[i].HeaderJson).ShouldBe((rows[i].Version, rows[i].Type, rows[i].HeaderJson));
            back[i].Binary.ToArray().ShouldBe(rows[i].Binary.ToArray());
        }

        HeadSignature read = reader.Signatures.ShouldHaveSingleItem();
        (read.Version, read.Head.Length, read.Signature[2], read.PublicKey[1]).ShouldBe(((long)rows.Count, 32, (byte)3, (byte)5));
    }

    [Fact]
    public void The_same_session_gives_the_same_file()
    {
        List<LogRow> rows = Samples.Rows(Samples.Session());

        Bytes(rows).ShouldBe(Bytes(rows));
    }

    [Fact]
    public void A_row_that_is_damaged_in_the_log_is_exported_as_it_is()
    {
        LogRow row = Samples.Rows(Samples.PortLoop(3))[0] with { Binary = new byte[] { 1, 2, 3 } };

        using RecordingFileReader reader = Reader(Bytes([row]));

        reader.Rows().Single().Binary.ToArray().ShouldBe([1, 2, 3]);
    }

    [Fact]
    public void A_file_cut_at_any_byte_is_refused_and_the_byte_named()
    {
        byte[] file = Small();
        for (int length = 0; length < file.Length; length++)
        {
            LogException e = Refused(file[..length]);
            e.Message.ShouldStartWith($"recording, byte {length}: ");
        }
    }

    [Fact]
    public void Any_flipped_bit_is_noticed_and_a_byte_at_or_before_it_named()
    {
        byte[] file = Small();
        for (int bit = 0; bit < file.Length * 8; bit++)
        {
            byte[] bad = [.. file];
            bad[bit / 8] ^= (byte)(1 << (bit % 8));
            LogException e = Refused(bad);
            int named = int.Parse(e.Message.Split(' ', ':')[2], null);
            named.ShouldBeInRange(Math.Max(0, bit / 8 - 600), bit / 8, e.Message);
        }
    }

    [Fact]
    public void Bytes_after_the_end_are_refused()
    {
        byte[] file = Small();

        Refused([.. file, 0]).Message.ShouldBe($"recording, byte {file.Length}: bytes follow the end mark");
        Refused([.. file, .. file]).Message.ShouldContain("bytes follow the end mark");
    }

    [Fact]
    public void Records_that_are_whole_but_in_another_order_are_refused()
    {
        byte[] file = Bytes(Samples.Rows(Samples.PortLoop(9000)));
        List<byte[]> records = Split(file, out byte[] preamble);
        for (int i = 0; i < records.Count; i++)
        {
            List<byte[]> without = [.. records];
            without.RemoveAt(i);
            List<byte[]> twice = [.. records];
            twice.Insert(i, records[i]);
            List<byte[]> moved = [.. without, records[i]];
            Refused([.. preamble, .. without.SelectMany(record => record)]);
            Refused([.. preamble, .. twice.SelectMany(record => record)]);
            if (i < records.Count - 1)
                Refused([.. preamble, .. moved.SelectMany(record => record)]);
        }
    }

    [Fact]
    public void A_newer_version_is_named_and_what_is_no_recording_too()
    {
        byte[] file = Small();
        file[8] = 2;

        Refused(file).Message.ShouldBe(
            "recording, byte 8: format 2 was written by a newer version; this one reads up to format 1, so upgrade it");
        Refused([.. "hello, this is some text"u8]).Message.ShouldBe("recording, byte 0: this is not a recording (.rvmm) file");
        Refused([]).Message.ShouldBe("recording, byte 0: the file is empty");
    }

    [Fact]
    public void A_record_that_claims_much_costs_only_what_is_there()
    {
        byte[] file = Small();
        byte[] head = new byte[12];
        head[0] = (byte)RecordType.Row;
        BitConverter.TryWriteBytes(head.AsSpan(4), SegmentLimits.MaxBinaryBytes);
        BitConverter.TryWriteBytes(head.AsSpan(8), RecordingFormat.Checksum(head.AsSpan(0, 8)));
        List<byte[]> records = Split(file, out byte[] preamble);
        byte[] claims = [.. preamble, .. records[0], .. head, .. new byte[1000]];

        long before = GC.GetAllocatedBytesForCurrentThread();
        Refused(claims).Message.ShouldContain("it is truncated");
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1 << 20);

        BitConverter.TryWriteBytes(head.AsSpan(4), int.MaxValue);
        BitConverter.TryWriteBytes(head.AsSpan(8), RecordingFormat.Checksum(head.AsSpan(0, 8)));
        Refused([.. preamble, .. records[0], .. head]).Message.ShouldContain("at most");
    }

    [Fact]
    public void Random_payloads_behind_right_checksums_give_one_clear_line()
    {
        var random = new Random(5);
        byte[] file = Bytes(Samples.Rows(Samples.PortLoop(3)), new HeadSignature(1, new byte[32], new byte[64], new byte[91]));
        List<byte[]> records = Split(file, out byte[] preamble);
        for (int round = 0; round < 5000; round++)
        {
            List<byte[]> bad = [.. records.Select(record => (byte[])[.. record])];
            byte[] record = bad[random.Next(bad.Count)];
            Span<byte> payload = record.AsSpan(12..^4);
            payload[random.Next(payload.Length)] = (byte)random.Next(256);
            BitConverter.TryWriteBytes(record.AsSpan(record.Length - 4), RecordingFormat.Checksum(payload));
            try
            {
                using RecordingFileReader reader = Reader([.. preamble, .. bad.SelectMany(part => part)]);
                _ = reader.Rows().Count();
            }
            catch (LogException e)
            {
                e.Message.ShouldNotContain('\n');
                e.Message.ShouldStartWith("recording,");
            }
        }
    }

    [Fact]
    public void A_file_that_was_not_completed_is_not_there()
    {
        using (RecordingFileWriter writer = RecordingFileWriter.Create(FilePath, Session))
            writer.Write(Samples.Rows(Samples.PortLoop(3))[0]);

        Directory.GetFiles(folder).ShouldBeEmpty();
        Should.Throw<LogException>(() => RecordingFileReader.Open(FilePath)).Trouble.ShouldBe(LogTrouble.BadRequest);
    }

    [Fact]
    public void An_existing_file_is_never_overwritten()
    {
        File.WriteAllText(FilePath, "precious");

        Should.Throw<LogException>(() => RecordingFileWriter.Create(FilePath, Session)).Message.ShouldContain("exists already");
        File.ReadAllText(FilePath).ShouldBe("precious");
        Should.Throw<LogException>(() => RecordingFileWriter.Create(Path.Combine(folder, "none", "a.rvmm"), Session))
            .Message.ShouldContain("cannot be written");
        Should.Throw<LogException>(() => RecordingFileWriter.Create(FilePath + "2", Session with { Name = new string('x', 2000) }))
            .Message.ShouldContain("longer than");
        Directory.GetFiles(folder).Length.ShouldBe(1);
    }

    [Fact]
    public void A_row_out_of_order_is_our_own_error()
    {
        List<LogRow> rows = Samples.Rows(Samples.PortLoop(9000));
        using var writer = new RecordingFileWriter(new MemoryStream(), Session);

        Should.Throw<InvalidOperationException>(() => writer.Write(rows[1]));
    }

    [Fact]
    public void A_long_recording_is_read_without_keeping_its_rows()
    {
        List<LogRow> rows = Samples.Rows(Samples.PortLoop(41_000));
        int total = rows.Count * 20;
        using (RecordingFileWriter writer = RecordingFileWriter.Create(FilePath, Session))
        {
            for (int i = 0; i < total; i++)
                writer.Write(rows[i % rows.Count] with { Version = i + 1, HeaderJson = "{}" });
            writer.Complete();
        }

        using RecordingFileReader reader = RecordingFileReader.Open(FilePath);
        List<WeakReference> taken = [];
        foreach (LogRow row in reader.Rows())
            taken.Add(new WeakReference(row));
        GC.Collect();

        taken.Count.ShouldBe(total);
        taken.Count(row => row.IsAlive).ShouldBeLessThan(3);
    }

    private static byte[] Small() =>
        Bytes(Samples.Rows(Samples.PortLoop(20)), new HeadSignature(1, new byte[32], new byte[64], new byte[91]));

    private static byte[] Bytes(List<LogRow> rows, params HeadSignature[] signatures)
    {
        var stream = new MemoryStream();
        using var writer = new RecordingFileWriter(stream, Session);
        foreach (LogRow row in rows)
            writer.Write(row);
        foreach (HeadSignature signature in signatures)
            writer.Write(signature);
        writer.Complete();
        return stream.ToArray();
    }

    private static void Write(string path, List<LogRow> rows, HeadSignature signature)
    {
        using RecordingFileWriter writer = RecordingFileWriter.Create(path, Session);
        foreach (LogRow row in rows)
            writer.Write(row);
        writer.Write(signature);
        writer.Complete();
    }

    private static RecordingFileReader Reader(byte[] file) => new(new MemoryStream(file));

    private static LogException Refused(byte[] file)
    {
        LogException e = Should.Throw<LogException>(() =>
        {
            using RecordingFileReader reader = Reader(file);
            _ = reader.Rows().Count();
        });
        e.Trouble.ShouldBe(LogTrouble.BadRecording);
        e.Message.ShouldNotContain('\n');
        return e;
    }

    private static List<byte[]> Split(byte[] file, out byte[] preamble)
    {
        preamble = file[..12];
        var records = new List<byte[]>();
        for (int at = 12; at < file.Length;)
        {
            int length = 12 + BitConverter.ToInt32(file, at + 4) + 4;
            records.Add(file[at..(at + length)]);
            at += length;
        }

        return records;
    }
}
