namespace ReplayVmm.Devices.Tests;

public sealed class PlatformPortTests
{
    private readonly RecordedPlatform platform = new();

    [Fact]
    public void Port_92h_switches_address_line_20_and_resets_on_a_rising_bit()
    {
        var port = new Port92(platform);
        port.ReadPort(0x92, 1).ShouldBe(2u);
        port.WritePort(0x92, 1, 2);
        platform.Count.ShouldBe(0);
        port.WritePort(0x92, 1, 0);
        (platform.Last, platform.Code).ShouldBe((PlatformRequest.AddressLine20, 0u));
        port.WritePort(0x92, 1, 2);
        (platform.Last, platform.Code).ShouldBe((PlatformRequest.AddressLine20, 1u));
        port.WritePort(0x92, 1, 3);
        (platform.Last, platform.Count).ShouldBe((PlatformRequest.Reset, 3));
        port.WritePort(0x92, 1, 3);
        platform.Count.ShouldBe(3);
    }

    [Fact]
    public void Debug_consoles_print_and_can_be_found_and_post_codes_are_kept()
    {
        var sink = new RecordedSink();
        var port = new DebugPorts(sink);
        port.ReadPort(0xE9, 1).ShouldBe(0xE9u);
        port.ReadPort(0x402, 1).ShouldBe(0xE9u);
        port.WritePort(0xE9, 1, 'a');
        port.WritePort(0x402, 1, 'b');
        port.WritePort(0x80, 1, 0x3C);
        sink.Text.ShouldBe("ab");
        port.PostCode.ShouldBe((byte)0x3C);
        port.ReadPort(0x80, 1).ShouldBe(0x3Cu);
    }

    [Fact]
    public void The_exit_port_hands_on_the_whole_value()
    {
        var port = new IsaDebugExit(platform);
        var bus = new PortBus(port.Ports);
        bus.Write(0xF4, 4, 0x1234_5678);
        (platform.Last, platform.Code).ShouldBe((PlatformRequest.Exit, 0x1234_5678u));
        bus.Write(0xF4, 1, 0x10);
        platform.Code.ShouldBe(0x10u);
    }

    [Fact]
    public void Soft_off_needs_the_enable_bit_and_sleep_type_zero()
    {
        var port = new AcpiPower(platform);
        var bus = new PortBus(port.Ports);
        bus.Read(0x604, 2).ShouldBe(1u);
        bus.Write(0x604, 2, 0x0001);
        bus.Write(0x604, 2, 0x3C00);
        platform.Count.ShouldBe(0);
        bus.Read(0x604, 2).ShouldBe(0x1C01u);
        bus.Read(0x605, 1).ShouldBe(0x1Cu);
        bus.Write(0x604, 2, 0x2000);
        (platform.Last, platform.Count).ShouldBe((PlatformRequest.PowerOff, 1));
        bus.Write(0x605, 1, 0x20);
        platform.Count.ShouldBe(2);
    }

    [Fact]
    public void The_event_registers_keep_what_is_enabled_and_never_report_an_event()
    {
        var port = new AcpiPower(platform);
        var bus = new PortBus(port.Ports);
        bus.Write(0x602, 2, 0xFFFF);
        bus.Read(0x602, 2).ShouldBe(0x4721u);
        bus.Write(0x603, 1, 0);
        bus.Read(0x602, 2).ShouldBe(0x0021u);
        bus.Write(0x600, 2, 0xFFFF);
        bus.Read(0x600, 2).ShouldBe(0u);
        bus.Read(0x600, 4).ShouldBe(0x0021_0000u);
        platform.Count.ShouldBe(0);
    }

    [Fact]
    public void The_acpi_timer_counts_virtual_time_and_wraps_after_32_bits()
    {
        var clock = new ManualClock();
        var bus = new PortBus(new AcpiTimer(clock).Ports);
        bus.Read(0x608, 4).ShouldBe(0u);
        clock.Now = 1_000_000_000;
        bus.Read(0x608, 4).ShouldBe(3_579_545u);
        bus.Read(0x609, 1).ShouldBe(0x9Eu);
        bus.Write(0x608, 4, 0);
        bus.Read(0x608, 4).ShouldBe(3_579_545u);
        clock.Now = 1_200_000_000_000;
        bus.Read(0x608, 4).ShouldBe(unchecked((uint)(3_579_545ul * 1200)));
    }
}
