using System.IO.Compression;

namespace ReplayVmm.Events.Tests;

/// <summary>Rows as a hostile database may hold them: events or a LogException, and never much memory.</summary>
public class HostileRowTests
{
    private static readonly string[] OwnRowTypes = ["session_started", "session_ended", "checkpoint_taken"];

    [Theory]
    [InlineData("segment\n")]
    [InlineData("\u001b[2J")]
    [InlineData("\u009b2J")]
    public void What_a_stranger_wrote_cannot_break_the_line_of_a_message_nor_reach_the_terminal_as_a_command(string type)
    {
        LogRow row = SmallRows().First() with { Type = type };
        string message = Should.Throw<LogException>(() => new SegmentDecoder().Decode(row)).Message;
        message.Any(char.IsControl).ShouldBeFalse();
        new LogException(LogTrouble.BadRequest, new string('x', 100_000)).Message.Length.ShouldBe(OneLine.Longest);
    }

    [Fact]
    public void A_body_that_claims_much_and_decompresses_to_little_takes_little_memory()
    {
        LogRow row = Samples.Rows(Samples.Mix(300, 3))[0];
        byte[] body = Body(row, out RowHeader header);
        const int claimed = 60 << 20;
        byte[] packed = new byte[BrotliEncoder.GetMaxCompressedLength(body.Length)];
        BrotliEncoder.TryCompress(body, packed, out int length, 1, 18).ShouldBeTrue();
        header.PayloadBytes = claimed;
        long before = GC.GetAllocatedBytesForCurrentThread();
        Decodes(new SegmentDecoder(), Wrap(row, header, packed[..length], claimed, BodyCompression.Brotli)).ShouldBeFalse();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(4 << 20);
    }

    [Fact]
    public void A_row_cut_at_any_byte_is_refused()
    {
        foreach (LogRow row in SmallRows())
        {
            for (int length = 0; length < row.Binary.Length; length++)
                Should.Throw<LogException>(() => new SegmentDecoder().Decode(row with { Binary = row.Binary[..length] }))
                    .Trouble.ShouldBe(LogTrouble.BadRecording);
        }
    }

    [Fact]
    public void A_row_with_any_bit_flipped_gives_events_or_one_clear_line()
    {
        int refused = 0;
        int total = 0;
        foreach (LogRow row in SmallRows())
        {
            var decoder = new SegmentDecoder();
            for (int bit = 0; bit < row.Binary.Length * 8; bit++)
            {
                byte[] binary = row.Binary.ToArray();
                binary[bit / 8] ^= (byte)(1 << (bit % 8));
                total++;
                if (!Decodes(decoder, row with { Binary = binary }))
                    refused++;
            }
        }

        refused.ShouldBeGreaterThan(total / 10);
    }

    [Fact]
    public void Columns_with_random_bytes_changed_give_events_or_one_clear_line()
    {
        var random = new Random(42);
        var decoder = new SegmentDecoder();
        LogRow row = Samples.Rows(Samples.Mix(300, 3))[0];
        byte[] body = Body(row, out RowHeader header);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] changed = [.. body];
            for (int i = random.Next(1, 4); i > 0; i--)
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            if (random.Next(8) == 0)
                changed = changed[..random.Next(changed.Length)];
            Decodes(decoder, Wrap(row, header, changed, changed.Length));
        }
    }

    [Fact]
    public void Random_bytes_give_one_clear_line()
    {
        var random = new Random(43);
        var decoder = new SegmentDecoder();
        for (int round = 0; round < 20_000; round++)
        {
            byte[] binary = new byte[random.Next(200)];
            random.NextBytes(binary);
            if (binary.Length > 2 && random.Next(2) == 0)
                (binary[0], binary[1], binary[2]) = (0x92, 0x9C, 0x01);
            Decodes(decoder, new LogRow(1, "segment", binary, "{}")).ShouldBeFalse();
        }
    }

    [Fact]
    public void Deep_nesting_is_refused_without_recursion()
    {
        byte[] nested = new byte[1 << 20];
        nested.AsSpan().Fill(0x91);
        LogRow row = Samples.Rows(Samples.PortLoop(10))[0];
        _ = Body(row, out RowHeader header);

        Decodes(new SegmentDecoder(), row with { Binary = nested }).ShouldBeFalse();
        Decodes(new SegmentDecoder(), Wrap(row, header, nested[..1000], 1000)).ShouldBeFalse();
    }

    [Fact]
    public void A_small_row_that_claims_much_costs_no_memory_beyond_the_limit()
    {
        LogRow row = Samples.Rows(Samples.PortLoop(4096))[0];
        byte[] body = Body(row, out RowHeader header);
        header.PayloadBytes = SegmentLimits.MaxPayloadBytes;
        LogRow claims = Wrap(row, header, body, SegmentLimits.MaxPayloadBytes, BodyCompression.Brotli);
        LogRow beyond = Wrap(row, header, body, int.MaxValue, BodyCompression.Brotli);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Decodes(new SegmentDecoder(), claims).ShouldBeFalse();
        Decodes(new SegmentDecoder(), beyond).ShouldBeFalse();

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(2L * SegmentLimits.MaxBinaryBytes);
    }

    [Fact]
    public void A_body_that_decompresses_to_more_or_less_than_its_header_says_is_refused()
    {
        LogRow row = Samples.Rows(Samples.PortLoop(4096))[0];
        byte[] body = Body(row, out RowHeader header);
        header.Compression.ShouldBe(BodyCompression.Brotli);
        byte[] packed = new byte[body.Length];
        BrotliEncoder.TryCompress(body, packed, out int length, 1, 18).ShouldBeTrue();

        Decodes(new SegmentDecoder(), Wrap(row, header, packed[..length], body.Length, BodyCompression.Brotli)).ShouldBeTrue();
        Decodes(new SegmentDecoder(), Wrap(row, header, packed[..length], body.Length - 1, BodyCompression.Brotli)).ShouldBeFalse();
        Decodes(new SegmentDecoder(), Wrap(row, header, packed[..length], body.Length + 1, BodyCompression.Brotli)).ShouldBeFalse();
    }

    [Theory]
    [InlineData(3UL, 3UL, true)]
    [InlineData(7UL, 0xFFFF_FFFFUL, false)]
    [InlineData(0xFFFF_FFFF_0000_0003UL, 3UL, false)]
    [InlineData(6UL, 1UL, false)]
    [InlineData(2UL, 3UL, false)]
    public void Lengths_of_payloads_must_add_up_without_wrapping(ulong first, ulong second, bool good)
    {
        var buffer = new EventBuffer();
        var events = new EventWriter(buffer, 1, 0, 0);
        events.Write(EventKind.ConsoleOutput, "abc"u8);
        events.Write(EventKind.ConsoleOutput, "def"u8);
        LogRow row = Samples.Rows(buffer)[0];
        _ = Body(row, out RowHeader header);
        byte[] body = new byte[100];
        var writer = new MessagePackWriter(body);
        writer.Array(6);
        writer.UInt(0);
        writer.UInt(1);
        writer.UInt(0);
        writer.UInt(0);
        writer.Array(1);
        writer.Array(2);
        writer.Array(0);
        writer.Array(2);
        writer.UInt(1);
        writer.Array(2);
        writer.UInt(first);
        writer.UInt(second);
        writer.Bin("abcdef"u8);

        Decodes(new SegmentDecoder(), Wrap(row, header, body[..writer.Length], writer.Length)).ShouldBe(good);
    }

    [Fact]
    public void A_newer_format_is_named()
    {
        byte[] binary = Samples.Rows(Samples.PortLoop(1))[0].Binary.ToArray();
        binary[2] = SegmentLimits.FormatVersion + 1;

        Should.Throw<LogException>(() => new SegmentDecoder().Decode(new LogRow(1, "segment", binary, "")))
            .Message.ShouldContain("newer version");
    }

    [Fact]
    public void A_row_under_another_type_or_number_is_refused()
    {
        LogRow row = Samples.Rows(Samples.PortLoop(1))[0];

        Decodes(new SegmentDecoder(), row with { Type = "session_ended" }).ShouldBeFalse();
        Decodes(new SegmentDecoder(), row with { Type = new string('x', 100_000) }).ShouldBeFalse();
        Decodes(new SegmentDecoder(), row with { Version = 2 }).ShouldBeFalse();
    }

    private static IEnumerable<LogRow> SmallRows()
    {
        foreach (LogRow row in Samples.Rows(Samples.Session()).Where(row => OwnRowTypes.Contains(row.Type, StringComparer.Ordinal)))
            yield return row;
        yield return Samples.Rows(Samples.PortLoop(6))[0];
        yield return Samples.Rows(Samples.Mix(12, 5))[0];
        yield return Samples.Rows(Samples.PortLoop(2000))[0];
    }

    private static bool Decodes(SegmentDecoder decoder, LogRow row)
    {
        try
        {
            decoder.Decode(row);
            decoder.Events.Length.ShouldBeInRange(1, SegmentLimits.MaxEvents);
            foreach (ref readonly Event e in decoder.Events)
                e.Payload(decoder.Arena);
            return true;
        }
        catch (LogException e)
        {
            e.Trouble.ShouldBe(LogTrouble.BadRecording);
            e.Message.ShouldStartWith($"row {row.Version}");
            e.Message.ShouldNotContain('\n');
            e.Message.Length.ShouldBeLessThan(300);
            decoder.Events.Length.ShouldBe(0);
            return false;
        }
    }

    private static byte[] Body(LogRow row, out RowHeader header)
    {
        header = RowHeader.Of(row);
        ReadOnlySpan<byte> stored = header.ReadBinary(row);
        if (header.Compression == BodyCompression.None)
            return stored.ToArray();
        byte[] body = new byte[header.BodyBytes];
        BrotliDecoder.TryDecompress(stored, body, out _).ShouldBeTrue();
        return body;
    }

    private static LogRow Wrap(
        LogRow row, RowHeader header, byte[] body, int claimed, BodyCompression compression = BodyCompression.None)
    {
        header.Compression = compression;
        header.BodyBytes = claimed;
        byte[] binary = new byte[body.Length + 4096];
        var writer = new MessagePackWriter(binary);
        writer.Array(2);
        header.Write(ref writer);
        writer.Bin(body);
        return row with { Binary = binary.AsMemory(0, writer.Length) };
    }
}
