namespace ReplayVmm.Devices.Tests;

/// <summary>The MMIO transport, by the entropy device, which has the least of its own.</summary>
public sealed class VirtioTransportTests
{
    private const ulong Buffer = Ram.Start + 0x8_0000;

    private const ushort Next = VirtioDriver.Next, Write = VirtioDriver.Write;

    private static readonly Dictionary<string, Action<VirtioDriver, Ram>> Acts = new()
    {
        ["a chain that is a loop"] = (d, _) => Chain(d, (Buffer, 8, Write | Next, 1), (Buffer, 8, Write | Next, 0)),
        ["a descriptor that is its own successor"] = (d, _) => Chain(d, (Buffer, 0, Write | Next, 0)),
        ["a next descriptor that the table does not have"] = (d, _) => Chain(d, (Buffer, 8, Write | Next, 16)),
        ["a head that the table does not have"] = (d, _) => d.Publish(0, 16),
        ["more chains than descriptors"] = (d, r) => r.Word(d.Available(0) + 2, 17),
        ["a buffer below RAM"] = (d, _) => Chain(d, (Ram.Start - 4, 8, Write, 0)),
        ["a buffer that reaches beyond RAM"] = (d, _) => Chain(d, (Ram.Start + Ram.Length - 4, 8, Write, 0)),
        ["a buffer whose end wraps"] = (d, _) => Chain(d, (ulong.MaxValue - 3, 8, Write, 0)),
        ["a buffer of 4 GiB"] = (d, _) => Chain(d, (Buffer, uint.MaxValue, Write, 0)),
        ["an indirect descriptor, which was not offered"] = (d, _) => Chain(d, (Buffer, 16, VirtioDriver.Indirect, 0)),
        ["a readable descriptor behind a writable one"] = (d, _) => Chain(d, (Buffer, 8, Write | Next, 1), (Buffer, 8, 0, 0)),
        ["a readable buffer for a device that only fills"] = (d, _) => Chain(d, (Buffer, 8, 0, 0)),
        ["a buffer without a byte"] = (d, _) => Chain(d, (Buffer, 0, Write, 0)),
    };

    private readonly Ram ram = new();
    private readonly ManualClock clock = new();
    private readonly RecordedLine line = new();
    private readonly VirtioEntropy device;
    private readonly VirtioDriver driver;

    public VirtioTransportTests()
    {
        device = new VirtioEntropy(new Counter(), new VirtioWiring(clock, line, ram));
        driver = new VirtioDriver(device, ram, clock);
    }

    public static TheoryData<string> Offences => [.. Acts.Keys];

    [Fact]
    public void The_first_registers_say_what_is_there()
    {
        driver.Read(0x000).ShouldBe(0x74726976u);
        driver.Read(0x004).ShouldBe(2u);
        driver.Read(0x008).ShouldBe(4u);
        driver.Read(0x00C).ShouldBe(VirtioDevice.Vendor);
        driver.OfferedFeatures().ShouldBe(1ul << 32);
        driver.Set(0x014, 2);
        driver.Read(0x010).ShouldBe(0u);
        driver.Read(0x0FC).ShouldBe(0u);
        (driver.Read(0x0B0), driver.Read(0x0B4)).ShouldBe((uint.MaxValue, uint.MaxValue));
        driver.Read(0x100).ShouldBe(0u);
    }

    [Fact]
    public void A_register_answers_aligned_accesses_of_four_bytes_only()
    {
        foreach ((ulong offset, int size) in new (ulong, int)[] { (0, 1), (0, 2), (0, 8), (2, 4), (1, 4), (0xFC, 8) })
            device.ReadMemory(offset, size).ShouldBe(0ul, $"{size} bytes at {offset:x}");
        device.WriteMemory(0x070, 1, 1);
        device.WriteMemory(0x070, 8, 1);
        device.WriteMemory(0x06E, 4, 0x0001_0000);
        driver.Status.ShouldBe(0u);
    }

    [Fact]
    public void Negotiation_ends_with_FEATURES_OK_only_for_features_that_were_offered_and_for_a_modern_driver()
    {
        driver.Negotiate(1ul << 32);
        driver.Status.ShouldBe(0x0Bu);
        driver.Negotiate(0);
        driver.Status.ShouldBe(3u, "a legacy driver");
        driver.Negotiate((1ul << 32) | 1);
        driver.Status.ShouldBe(3u, "a feature that was not offered");
        driver.Negotiate((1ul << 32) | (1ul << 28));
        driver.Status.ShouldBe(3u, "indirect descriptors, not offered");
        driver.Set(0x024, 2);
        driver.Set(0x020, 1);
        driver.Set(0x070, 0x0B);
        driver.Status.ShouldBe(3u, "a feature above bit 63");
    }

    [Fact]
    public void Features_cannot_be_changed_after_FEATURES_OK_and_DRIVER_OK_needs_it()
    {
        driver.Negotiate(1ul << 32);
        driver.Set(0x024, 1);
        driver.Set(0x020, 0);
        driver.Set(0x070, 0x0F);
        driver.Status.ShouldBe(0x0Fu);
        driver.Set(0x070, 0);
        driver.Status.ShouldBe(0u);
        driver.Set(0x070, 7);
        driver.Status.ShouldBe(3u);
    }

    [Fact]
    public void Status_bits_are_taken_back_by_a_reset_only_and_a_driver_cannot_set_NEEDS_RESET()
    {
        driver.Start(1);
        driver.Set(0x070, 1);
        driver.Status.ShouldBe(0x0Fu);
        driver.Set(0x070, 0x4F);
        driver.Status.ShouldBe(0x0Fu);
        driver.Set(0x070, 0);
        driver.Status.ShouldBe(0u);
        driver.Read(0x044).ShouldBe(0u);
    }

    [Fact]
    public void A_queue_that_is_not_there_has_no_size_and_swallows_what_is_written()
    {
        driver.Set(0x030, 0);
        driver.Read(0x034).ShouldBe(128u);
        driver.Set(0x030, 1);
        driver.Read(0x034).ShouldBe(0u);
        driver.Set(0x044, 1);
        driver.Read(0x044).ShouldBe(0u);
        driver.Set(0x030, uint.MaxValue);
        driver.Read(0x034).ShouldBe(0u);
        driver.Set(0x050, 1);
        driver.Set(0x050, uint.MaxValue);
        driver.NeedsReset.ShouldBeFalse();
    }

    [Theory]
    [InlineData(0u, 0u, 0u, 0u)]
    [InlineData(3u, 0u, 0u, 0u)]
    [InlineData(256u, 0u, 0u, 0u)]
    [InlineData(0x10010u, 0u, 0u, 0u)]
    [InlineData(16u, 8u, 0u, 0u)]
    [InlineData(16u, 0u, 1u, 0u)]
    [InlineData(16u, 0u, 0u, 2u)]
    public void A_queue_of_an_impossible_size_or_alignment_needs_a_reset(uint size, uint descriptors, uint available, uint used)
    {
        driver.Negotiate(1ul << 32);
        driver.Set(0x030, 0);
        driver.Set(0x038, size);
        driver.Set(0x080, (uint)Ram.Start + descriptors);
        driver.Set(0x090, (uint)Ram.Start + 0x4000 + available);
        driver.Set(0x0A0, (uint)Ram.Start + 0x5000 + used);
        driver.Set(0x044, 1);
        driver.NeedsReset.ShouldBeTrue();
        driver.InterruptStatus.ShouldBe(0u, "before DRIVER_OK no interrupt");
        driver.Start(1);
    }

    [Fact]
    public void A_queue_in_use_does_not_move()
    {
        driver.Start(1);
        driver.Set(0x080, 0);
        driver.Set(0x038, 8);
        driver.Send(0, (Buffer, 8, true));
        driver.Finish();
        driver.Take(0).ShouldBe((0u, 8u));
    }

    [Fact]
    public void A_buffer_comes_back_filled_at_its_time_and_the_line_is_high_until_the_interrupt_is_acknowledged()
    {
        driver.Start(1);
        clock.Now = 500;
        ushort head = driver.Send(0, (Buffer, 12, true));
        device.Deadline.ShouldBe(10_500ul);
        driver.Take(0).ShouldBeNull();
        clock.Now = 10_499;
        device.Advance();
        driver.Take(0).ShouldBeNull();
        clock.Now = 10_500;
        device.Advance();
        driver.Take(0).ShouldBe((head, 12u));
        Convert.ToHexString(ram.At(Buffer, 16)).ShouldBe("01000000000000000200000000000000");
        (line.Level, driver.InterruptStatus).ShouldBe((true, 1u));
        driver.Set(0x064, 2);
        line.Level.ShouldBeTrue();
        driver.Set(0x064, 1);
        (line.Level, driver.InterruptStatus).ShouldBe((false, 0u));
    }

    [Fact]
    public void A_driver_that_polls_gets_no_interrupt()
    {
        driver.Start(1);
        ram.Word(driver.Available(0), 1);
        driver.Send(0, (Buffer, 12, true));
        driver.Finish();
        driver.Take(0).ShouldNotBeNull();
        line.Rises.ShouldBe(0);
    }

    [Fact]
    public void Chains_are_served_in_order_one_after_the_other_around_the_ring_and_beyond_the_indexes_end()
    {
        driver.Size = 4;
        driver.Start(1);
        for (int round = 0; round < 40_000; round++)
        {
            ushort a = driver.Send(0, (Buffer, 1, true)), b = driver.Send(0, (Buffer + 8, 1, true), (Buffer + 16, 1, true));
            driver.Finish();
            driver.Take(0).ShouldBe((a, 1u));
            driver.Take(0).ShouldBe((b, 2u));
        }

        driver.Take(0).ShouldBeNull();
        driver.NeedsReset.ShouldBeFalse();
    }

    [Fact]
    public void A_device_that_is_not_live_touches_nothing_and_takes_what_waits_once_it_is()
    {
        driver.Negotiate(1ul << 32);
        driver.SetUp(0);
        driver.Send(0, (Buffer, 8, true));
        device.Deadline.ShouldBe(ulong.MaxValue);
        driver.Set(0x070, 0x0F);
        driver.Finish();
        driver.Take(0).ShouldBe((0u, 8u));
        driver.Set(0x070, 0x8F);
        driver.Send(0, (Buffer, 8, true));
        device.Deadline.ShouldBe(ulong.MaxValue);
    }

    [Fact]
    public void A_reset_or_a_stopped_queue_drops_what_is_in_work()
    {
        driver.Start(1);
        driver.Send(0, (Buffer, 8, true));
        driver.Set(0x044, 0);
        device.Deadline.ShouldBe(ulong.MaxValue);
        driver.SetUp(0);
        driver.Send(0, (Buffer, 8, true));
        driver.Set(0x070, 0);
        device.Deadline.ShouldBe(ulong.MaxValue);
        clock.Now = 1_000_000;
        device.Advance();
        driver.Take(0).ShouldBeNull();
        line.Level.ShouldBeFalse();
    }

    [Theory]
    [MemberData(nameof(Offences))]
    public void A_driver_that_breaks_the_rules_finds_NEEDS_RESET_and_is_told(string offence)
    {
        driver.Start(1);
        Acts[offence](driver, ram);
        driver.Set(0x050, 0);
        driver.Finish();
        driver.NeedsReset.ShouldBeTrue(offence);
        driver.InterruptStatus.ShouldBe(2u);
        line.Level.ShouldBeTrue();
        driver.Take(0).ShouldBeNull();
        driver.Set(0x050, 0);
        device.Deadline.ShouldBe(ulong.MaxValue, "nothing goes on");
        driver.Start(1);
        driver.Send(0, (Buffer, 8, true));
        driver.Finish();
        driver.Take(0).ShouldBe((0u, 8u));
    }

    [Theory]
    [InlineData(0x80u)]
    [InlineData(0x90u)]
    [InlineData(0xA0u)]
    public void Rings_outside_RAM_need_a_reset(uint register)
    {
        driver.Start(1);
        driver.Set(0x044, 0);
        driver.Set(register, 0x1000);
        driver.Set(register + 4, 0xFFFF_FFFF);
        driver.Set(0x044, 1);
        // The available ring is the old one unless it is the one that moved: one chain waits there.
        driver.Describe(0, 0, Buffer, 8, VirtioDriver.Write);
        driver.Publish(0, 0);
        driver.Set(0x050, 0);
        driver.Finish();
        driver.NeedsReset.ShouldBeTrue();
    }

    [Fact]
    public void A_chain_that_is_spoilt_while_it_is_in_work_needs_a_reset()
    {
        driver.Start(1);
        driver.Send(0, (Buffer, 8, true));
        driver.Describe(0, 0, 0, 8, VirtioDriver.Write);
        driver.Finish();
        driver.NeedsReset.ShouldBeTrue();
    }

    private static void Chain(VirtioDriver driver, params (ulong Address, uint Length, int Flags, ushort Next)[] descriptors)
    {
        for (int i = 0; i < descriptors.Length; i++)
            driver.Describe(0, i, descriptors[i].Address, descriptors[i].Length, (ushort)descriptors[i].Flags, descriptors[i].Next);
        driver.Publish(0, 0);
    }

    private sealed class Counter : IEntropyDoor
    {
        private ulong drawn;

        public ulong Draw(int size) => ++drawn;
    }
}
