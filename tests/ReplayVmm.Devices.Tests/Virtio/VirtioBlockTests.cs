using System.Buffers.Binary;
using System.Text;

namespace ReplayVmm.Devices.Tests;

public sealed class VirtioBlockTests
{
    private const int Sectors = 256;
    private const ulong Header = Ram.Start + 0x8_0000, Data = Ram.Start + 0x9_0000, Status = Ram.Start + 0x8_1000;
    private const uint In = 0, Out = 1, Flush = 4, GetId = 8;

    private readonly Ram ram = new();
    private readonly ManualClock clock = new();
    private readonly RecordedLine line = new();
    private readonly ArrayDisk disk = new(Sectors);
    private readonly VirtioBlock device;
    private readonly VirtioDriver driver;

    public VirtioBlockTests()
    {
        new Random(3).NextBytes(disk.Bytes);
        device = new VirtioBlock(disk, disk, new VirtioWiring(clock, line, ram), 5000, 1024);
        driver = new VirtioDriver(device, ram, clock);
    }

    [Fact]
    public void The_configuration_gives_capacity_segments_and_block_size()
    {
        driver.Read(0x008).ShouldBe(2u);
        device.ReadMemory(0x100, 8).ShouldBe((ulong)Sectors);
        (driver.Read(0x100), driver.Read(0x104)).ShouldBe(((uint)Sectors, 0u));
        driver.Read(0x108).ShouldBe(0x10000u);
        driver.Read(0x10C).ShouldBe(126u);
        driver.Read(0x114).ShouldBe(512u);
        device.ReadMemory(0x115, 1).ShouldBe(2ul);
        device.ReadMemory(0x1000 - 4, 8).ShouldBe(0ul);
        device.ReadMemory(ulong.MaxValue, 8).ShouldBe(0ul);
        driver.OfferedFeatures().ShouldBe((1ul << 32) | (1ul << 1) | (1ul << 2) | (1ul << 6) | (1ul << 9));
        driver.Set(0x100, 7);
        driver.Read(0x100).ShouldBe((uint)Sectors);
    }

    [Fact]
    public void A_read_brings_the_sectors_after_latency_and_length()
    {
        driver.Start(1);
        clock.Now = 1000;
        Ask(In, 3, 1024);
        // Header, data and status together are 1,041 bytes at a nanosecond each.
        device.Deadline.ShouldBe(1000ul + 5000 + 1041);
        driver.Finish();
        driver.Take(0).ShouldBe((0u, 1025u));
        ram.At(Status, 1)[0].ShouldBe((byte)0);
        ram.At(Data, 1024).SequenceEqual(disk.Bytes.AsSpan(3 * 512, 1024)).ShouldBeTrue();
        disk.Done.ShouldBe([(false, 3ul, 1024u, (byte)0)]);
        line.Level.ShouldBeTrue();
    }

    [Fact]
    public void A_write_reaches_the_disk_and_changes_the_state_that_digests_cover()
    {
        driver.Start(1);
        byte[] before = device.State.ToArray();
        new Random(4).NextBytes(ram.At(Data, 65536));
        Ask(Out, 17, 65536);
        driver.Finish();
        driver.Take(0).ShouldBe((0u, 1u));
        disk.Bytes.AsSpan(17 * 512, 65536).SequenceEqual(ram.At(Data, 65536)).ShouldBeTrue();
        disk.Done.ShouldBe([(true, 17ul, 65536u, (byte)0)]);
        byte[] first = device.State.ToArray();
        first.AsSpan()[^80..].SequenceEqual(before.AsSpan()[^80..]).ShouldBeFalse();
        driver.Set(0x070, 0);
        device.State[^80..].SequenceEqual(first.AsSpan()[^80..]).ShouldBeTrue("the disk outlives a reset");
        device.State[^80..^48].SequenceEqual(before.AsSpan()[^80..^48]).ShouldBeFalse();
    }

    [Fact]
    public void A_request_may_be_cut_into_descriptors_as_the_driver_likes()
    {
        driver.Start(1);
        WriteHeader(In, 1);
        driver.Send(0, (Header, 3, false), (Header + 3, 13, false), (Data, 100, true), (Data + 100, 0, true), (Data + 100, 413, true));
        driver.Finish();
        driver.Take(0).ShouldBe((0u, 513u));
        ram.At(Data, 512).SequenceEqual(disk.Bytes.AsSpan(512, 512)).ShouldBeTrue();
        ram.At(Data + 512, 1)[0].ShouldBe((byte)0);
        WriteHeader(Out, 2);
        ram.At(Header + 16, 512).Fill(0x77);
        driver.Send(0, (Header, 20, false), (Header + 20, 508, false), (Status, 1, true));
        driver.Finish();
        disk.Bytes.AsSpan(1024, 512).IndexOfAnyExcept((byte)0x77).ShouldBe(-1);
    }

    [Theory]
    [InlineData(In, Sectors, 512u)]
    [InlineData(In, Sectors - 1, 1024u)]
    [InlineData(In, -1, 512u)]
    [InlineData(In, 0, 511u)]
    [InlineData(Out, Sectors, 512u)]
    [InlineData(Out, -1, 1024u)]
    [InlineData(Out, 1, 100u)]
    public void A_request_that_does_not_lie_on_the_disk_is_an_error_and_moves_nothing(uint type, long sector, uint length)
    {
        byte[] before = [.. disk.Bytes];
        driver.Start(1);
        ram.At(Data, 2048).Fill(0x5A);
        Ask(type, (ulong)sector, length);
        driver.Finish();
        ram.At(Status, 1)[0].ShouldBe((byte)1);
        driver.Take(0)!.Value.Length.ShouldBe(type == In ? 0u : 1u);
        disk.Bytes.ShouldBe(before);
        ram.At(Data, 2048).IndexOfAnyExcept((byte)0x5A).ShouldBe(-1);
        disk.Done[0].Status.ShouldBe((byte)1);
        driver.NeedsReset.ShouldBeFalse();
    }

    [Fact]
    public void A_request_without_header_or_status_cannot_be_answered_and_needs_a_reset()
    {
        driver.Start(1);
        driver.Send(0, (Header, 15, false), (Status, 1, true));
        driver.Finish();
        driver.NeedsReset.ShouldBeTrue();
        driver.Start(1);
        driver.Send(0, (Header, 16, false));
        driver.Finish();
        driver.NeedsReset.ShouldBeTrue();
    }

    [Fact]
    public void Flush_succeeds_the_identity_is_twenty_characters_and_other_commands_are_unsupported()
    {
        driver.Start(1);
        WriteHeader(Flush, 0);
        driver.Send(0, (Header, 16, false), (Status, 1, true));
        driver.Finish();
        driver.Take(0).ShouldBe((0u, 1u));
        ram.At(Status, 1)[0].ShouldBe((byte)0);
        Ask(GetId, 0, 20);
        driver.Finish();
        Encoding.ASCII.GetString(ram.At(Data, 20)).ShouldBe("0123456789abcdef0123");
        ram.At(Status, 1)[0].ShouldBe((byte)0);
        Ask(11, 0, 512);
        driver.Finish();
        ram.At(Status, 1)[0].ShouldBe((byte)2);
    }

    [Fact]
    public void A_transfer_beyond_the_announced_limits_is_an_error()
    {
        driver.Size = 128;
        driver.Start(1);
        WriteHeader(In, 0);
        // One descriptor of 512 KiB, used sixteen times: more than 126 segments of 64 KiB.
        var many = Enumerable.Repeat((Ram.Start + 0x8_0000, 0x8_0000u, true), 16);
        driver.Send(0, [(Ram.Start + 0x7_0000, 16, false), .. many, (Ram.Start + 0x7_1000, 1, true)]);
        driver.Finish();
        ram.At(Ram.Start + 0x7_1000, 1)[0].ShouldBe((byte)1);
    }

    private void Ask(uint type, ulong sector, uint length)
    {
        WriteHeader(type, sector);
        driver.Send(0, (Header, 16, false), (Data, length, type != Out), (Status, 1, true));
    }

    private void WriteHeader(uint type, ulong sector)
    {
        Span<byte> header = ram.At(Header, 16);
        header.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header, type);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], sector);
        ram.At(Status, 1)[0] = 0xEE;
    }
}
