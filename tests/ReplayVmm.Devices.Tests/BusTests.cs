namespace ReplayVmm.Devices.Tests;

public sealed class BusTests
{
    private sealed class Echo(string name) : IPortDevice, IMmioDevice
    {
        public List<string> Seen { get; } = [];

        public string Name => name;

        public Span<byte> State => [];

        public uint ReadPort(ushort port, int size)
        {
            Seen.Add($"in{size} {port:X}");
            return (uint)port & (uint.MaxValue >> (32 - (8 * size)));
        }

        public void WritePort(ushort port, int size, uint value) => Seen.Add($"out{size} {port:X} {value:X}");

        public ulong ReadMemory(ulong offset, int size)
        {
            Seen.Add($"load{size} {offset:X}");
            return offset;
        }

        public void WriteMemory(ulong offset, int size, ulong value) => Seen.Add($"store{size} {offset:X} {value:X}");
    }

    [Fact]
    public void Unclaimed_ports_read_all_ones_and_swallow_writes()
    {
        var bus = new PortBus([]);
        bus.Read(0x1234, 1).ShouldBe(0xFFu);
        bus.Read(0x1234, 2).ShouldBe(0xFFFFu);
        bus.Read(0xFFFF, 4).ShouldBe(0xFFFF_FFFFu);
        bus.Write(0xFFFE, 4, 1);
        bus.DeviceAt(5).ShouldBeNull();
    }

    [Fact]
    public void A_wide_access_to_a_byte_device_is_split_low_byte_first()
    {
        var echo = new Echo("e");
        var bus = new PortBus([new PortClaim(echo, 0x40, 3)]);
        bus.Read(0x40, 4).ShouldBe(0xFF42_4140u);
        bus.Write(0x3F, 4, 0x4433_2211);
        echo.Seen.ShouldBe(["in1 40", "in1 41", "in1 42", "out1 40 22", "out1 41 33", "out1 42 44"]);
        bus.DeviceAt(0x41).ShouldBe(echo);
    }

    [Fact]
    public void A_word_device_takes_aligned_words_and_halves_of_doublewords()
    {
        var echo = new Echo("e");
        var bus = new PortBus([new PortClaim(echo, 0x600, 4, PortWidths.Byte | PortWidths.Word)]);
        bus.Write(0x600, 4, 0x4433_2211);
        bus.Write(0x601, 2, 0x2211);
        echo.Seen.ShouldBe(["out2 600 2211", "out2 602 4433", "out1 601 11", "out1 602 22"]);
    }

    [Fact]
    public void A_doubleword_at_CF8_does_not_reach_the_reset_register_inside_it()
    {
        var platform = new RecordedPlatform();
        var bus = new PortBus([.. new AbsentPci().Ports, .. new ResetControl(platform).Ports]);
        bus.Write(0xCF8, 4, 0x8000_FF00);
        platform.Count.ShouldBe(0);
        bus.Read(0xCF8, 4).ShouldBe(0xFFFF_FFFFu);
        bus.Read(0xCFC, 4).ShouldBe(0xFFFF_FFFFu);
        bus.Read(0xCFE, 2).ShouldBe(0xFFFFu);
        bus.Write(0xCF9, 1, 0x02);
        bus.Write(0xCF9, 1, 0x06);
        platform.Count.ShouldBe(1);
        platform.Last.ShouldBe(PlatformRequest.Reset);
    }

    [Fact]
    public void Two_devices_at_one_port_are_refused_when_the_bus_is_built()
    {
        Echo a = new("first"), b = new("second");
        Should.Throw<ArgumentException>(() => new PortBus([new PortClaim(a, 0x60, 5), new PortClaim(b, 0x64, 1)])).Message.ShouldContain("0064h");
        Should.Throw<ArgumentException>(() => new PortBus([new PortClaim(a, 0xFFFF, 2)]));
        Should.Throw<ArgumentException>(() => new PortBus([new PortClaim(a, 0, 0)]));
        _ = new PortBus([new PortClaim(a, 0x60, 1), new PortClaim(a, 0x64, 1), new PortClaim(b, 0x61, 3)]);
    }

    [Fact]
    public void Memory_ranges_are_found_by_address_and_what_straddles_is_split()
    {
        Echo a = new("first"), b = new("second");
        var bus = new MmioBus([new MmioClaim(b, 0x2000, 0x1000), new MmioClaim(a, 0x1000, 0x1000)]);
        bus.Read(0x1010, 4).ShouldBe(0x10ul);
        bus.Read(0x5000, 8).ShouldBe(ulong.MaxValue);
        bus.Write(0x1FFE, 4, 0x4433_2211);
        a.Seen.ShouldBe(["load4 10", "store2 FFE 2211"]);
        b.Seen.ShouldBe(["store2 0 4433"]);
        bus.Contains(0x2FFF).ShouldBeTrue();
        bus.Contains(0x3000).ShouldBeFalse();
        bus.Claims[0].Base.ShouldBe(0x1000ul);
    }

    [Theory]
    [InlineData(3, "load2 4,load1 6")]
    [InlineData(5, "load4 4,load1 8")]
    [InlineData(6, "load4 4,load2 8")]
    [InlineData(7, "load4 4,load2 8,load1 A")]
    public void What_straddles_the_end_of_memory_reaches_a_device_in_sizes_that_it_knows(int size, string loads)
    {
        var device = new Echo("device");
        var bus = new MmioBus([new MmioClaim(device, 0x1000, 0x1000)]);
        bus.Read(0x1004, size);
        device.Seen.ShouldBe(loads.Split(','));
        device.Seen.Clear();
        bus.Write(0x1004, size, 0x8877_6655_4433_2211);
        device.Seen.Select(s => s.Split(' ')[0]).ShouldBe(loads.Replace("load", "store").Split(',').Select(s => s.Split(' ')[0]));
        bus.Read(0x5000, size).ShouldBe(ulong.MaxValue >> (64 - (8 * size)));
    }

    [Fact]
    public void Overlapping_memory_ranges_are_refused_when_the_bus_is_built()
    {
        Echo a = new("first"), b = new("second");
        Should.Throw<ArgumentException>(() => new MmioBus([new MmioClaim(a, 0x1000, 0x1001), new MmioClaim(b, 0x2000, 1)]));
        Should.Throw<ArgumentException>(() => new MmioBus([new MmioClaim(a, ulong.MaxValue, 2)]));
        Should.Throw<ArgumentException>(() => new MmioBus([new MmioClaim(a, 0, 0)]));
        new MmioBus([new MmioClaim(a, ulong.MaxValue, 1)]).Contains(ulong.MaxValue).ShouldBeTrue();
    }
}
