namespace ReplayVmm.Devices.Tests;

public sealed class Keyboard8042Tests
{
    private readonly RecordedPlatform platform = new();
    private readonly RecordedLine irq1 = new();
    private readonly RecordedLine irq12 = new();
    private readonly Keyboard8042 controller;

    public Keyboard8042Tests() => controller = new Keyboard8042(platform, irq1, irq12);

    private byte Data() => (byte)controller.ReadPort(0x60, 1);

    private byte Status() => (byte)controller.ReadPort(0x64, 1);

    private void Command(int value) => controller.WritePort(0x64, 1, (uint)value);

    private void Send(int value) => controller.WritePort(0x60, 1, (uint)value);

    private string Drain()
    {
        List<string> seen = [];
        while ((Status() & 1) != 0)
            seen.Add($"{Data():X2}");
        return string.Join(' ', seen);
    }

    [Fact]
    public void The_probe_of_a_kernel_finds_controller_keyboard_and_no_mouse()
    {
        Drain().ShouldBe("");
        Command(0x20);
        byte saved = Data();
        saved.ShouldBe((byte)0x65);
        Command(0x60);
        Send(0x74);
        Command(0x20);
        Data().ShouldBe((byte)0x74);
        Command(0xAA);
        Drain().ShouldBe("55");
        Command(0xAB);
        Drain().ShouldBe("00");

        // The loop command brings a byte back as if a mouse had sent it.
        Command(0xD3);
        Send(0x5A);
        (Status() & 0x21).ShouldBe(0x21);
        Data().ShouldBe((byte)0x5A);
        Command(0xA9);
        Drain().ShouldBe("00");
        Command(0xA7);
        Command(0x20);
        (Data() & 0x20).ShouldBe(0x20);
        Command(0xA8);
        Command(0x20);
        (Data() & 0x20).ShouldBe(0);

        Command(0xD4);
        Send(0xFF);
        (Status() & 0x61).ShouldBe(0x61, "time-out at the auxiliary port");
        Data().ShouldBe((byte)0xFE);
        Status().ShouldBe((byte)0x14);

        Command(0x60);
        Send(saved & ~0x40);
        Send(0xFF);
        Drain().ShouldBe("FA AA");
        Send(0xF2);
        Drain().ShouldBe("FA AB 83");
        Send(0xED);
        Send(0x05);
        Drain().ShouldBe("FA FA");
        controller.Leds.ShouldBe((byte)5);
        Send(0xF3);
        Send(0x00);
        Drain().ShouldBe("FA FA");
        Send(0xF0);
        Send(0x00);
        Drain().ShouldBe("FA FA 02");
        Send(0xF4);
        Send(0xEE);
        Send(0x12);
        Drain().ShouldBe("FA EE FE");
    }

    [Fact]
    public void Translation_turns_identification_and_keys_into_set_1()
    {
        Send(0xF2);
        Drain().ShouldBe("FA AB 41");
        controller.Feed([0x1C, 0xF0, 0x1C, 0xE0, 0x75, 0xE0, 0xF0, 0x75]);
        Drain().ShouldBe("1E 9E E0 48 E0 C8");
        Command(0x60);
        Send(0x05);
        controller.Feed([0x1C, 0xF0, 0x1C]);
        Drain().ShouldBe("1C F0 1C");
    }

    [Fact]
    public void Each_key_byte_is_an_edge_of_IRQ_1_and_loop_bytes_are_edges_of_IRQ_12()
    {
        controller.Feed([0x1C, 0xF0, 0x1C]);
        irq1.Level.ShouldBeTrue();
        irq1.Rises.ShouldBe(1);
        Data();
        irq1.Rises.ShouldBe(2);
        Data();
        irq1.Level.ShouldBeFalse();
        Command(0x60);
        Send(0x47);
        Command(0xD3);
        Send(0xA5);
        irq12.Level.ShouldBeTrue();
        irq1.Level.ShouldBeFalse();
        Data().ShouldBe((byte)0xA5);
        irq12.Level.ShouldBeFalse();
    }

    [Fact]
    public void A_disabled_keyboard_waits_and_one_that_does_not_scan_loses_keys()
    {
        Command(0xAD);
        controller.Feed([0x1C]);
        (Status() & 1).ShouldBe(0);
        Command(0xAE);
        Drain().ShouldBe("1E");
        Send(0xF5);
        Drain().ShouldBe("FA");
        controller.Feed([0x1C]);
        Drain().ShouldBe("");
        Send(0xF4);
        controller.FeedCapacity.ShouldBe(16);
        controller.Feed(new byte[40]);
        Drain().Split(' ').Length.ShouldBe(17, "an acknowledge in the buffer and sixteen in the queue");
    }

    [Fact]
    public void Pulsing_output_line_0_resets_the_machine_and_other_pulses_do_not()
    {
        Command(0xFF);
        Command(0xF1);
        platform.Count.ShouldBe(0);
        Command(0xFE);
        platform.Count.ShouldBe(1);
        platform.Last.ShouldBe(PlatformRequest.Reset);
        Command(0xD1);
        Send(0xDE);
        platform.Count.ShouldBe(2);
    }

    [Fact]
    public void The_output_port_switches_address_line_20()
    {
        Command(0xD0);
        (Data() & 0x03).ShouldBe(0x03);
        Command(0xD1);
        Send(0xDD);
        (platform.Last, platform.Code, platform.Count).ShouldBe((PlatformRequest.AddressLine20, 0u, 1));
        Command(0xDF);
        (platform.Last, platform.Code, platform.Count).ShouldBe((PlatformRequest.AddressLine20, 1u, 2));
        Command(0xDF);
        platform.Count.ShouldBe(2);
        Command(0xDD);
        platform.Code.ShouldBe(0u);
    }

    [Fact]
    public void Controller_memory_keeps_what_is_written()
    {
        Command(0x7F);
        Send(0x33);
        Command(0x61);
        Send(0x44);
        Command(0x3F);
        Data().ShouldBe((byte)0x33);
        Command(0x21);
        Data().ShouldBe((byte)0x44);
    }
}
