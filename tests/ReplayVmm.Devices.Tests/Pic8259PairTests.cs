namespace ReplayVmm.Devices.Tests;

public sealed class Pic8259PairTests
{
    private readonly RecordedLine intr = new();
    private readonly Pic8259Pair pic;

    public Pic8259PairTests() => pic = new Pic8259Pair(intr);

    private byte In(ushort port) => (byte)pic.ReadPort(port, 1);

    private void Out(ushort port, int value) => pic.WritePort(port, 1, (uint)value);

    /// <summary>The usual sequence of a PC kernel: vectors 30h and 38h, cascade on 2, 8086 mode, everything unmasked.</summary>
    private void Initialize(int masterIcw4 = 1, int slaveIcw4 = 1)
    {
        Out(0x20, 0x11);
        Out(0x21, 0x30);
        Out(0x21, 0x04);
        Out(0x21, masterIcw4);
        Out(0xA0, 0x11);
        Out(0xA1, 0x38);
        Out(0xA1, 0x02);
        Out(0xA1, slaveIcw4);
        Out(0x21, 0);
        Out(0xA1, 0);
    }

    private void Pulse(int irq)
    {
        pic.Line(irq).Set(asserted: false);
        pic.Line(irq).Set(asserted: true);
    }

    [Fact]
    public void Before_initialisation_the_mask_is_readable_and_nothing_interrupts()
    {
        Out(0x21, 0xFB);
        In(0x21).ShouldBe((byte)0xFB);
        Out(0x21, 0);
        Pulse(0);
        intr.Level.ShouldBeFalse();
    }

    [Fact]
    public void Requests_are_served_by_priority_and_lower_ones_wait_for_the_end_of_interrupt()
    {
        Initialize();
        Pulse(4);
        Pulse(1);
        intr.Level.ShouldBeTrue();
        pic.Acknowledge().ShouldBe(0x31);
        intr.Level.ShouldBeFalse();
        Out(0x20, 0x0B);
        In(0x20).ShouldBe((byte)0x02);
        Out(0x20, 0x0A);
        In(0x20).ShouldBe((byte)0x10);
        Pulse(0);
        intr.Level.ShouldBeTrue("IRQ 0 nests inside IRQ 1");
        pic.Acknowledge().ShouldBe(0x30);
        Out(0x20, 0x20);
        intr.Level.ShouldBeFalse();
        Out(0x20, 0x20);
        pic.Acknowledge().ShouldBe(0x34);
    }

    [Fact]
    public void A_slave_request_comes_through_the_cascade_and_needs_two_ends_of_interrupt()
    {
        Initialize();
        Pulse(12);
        Pulse(8);
        pic.Acknowledge().ShouldBe(0x38);
        Out(0xA0, 0x60);
        intr.Level.ShouldBeFalse("the master's cascade input is still in service");
        Out(0x20, 0x62);
        intr.Level.ShouldBeTrue();
        pic.Acknowledge().ShouldBe(0x3C);
    }

    [Fact]
    public void A_request_that_goes_away_before_the_acknowledge_is_a_spurious_7_that_enters_no_service()
    {
        Initialize();
        Pulse(3);
        pic.Line(3).Set(asserted: false);
        intr.Level.ShouldBeFalse();
        pic.Acknowledge().ShouldBe(0x37);
        Out(0x20, 0x0B);
        In(0x20).ShouldBe((byte)0);

        // A slave's request that goes takes the master's cascade request with it.
        Pulse(9);
        pic.Line(9).Set(asserted: false);
        pic.Acknowledge().ShouldBe(0x37);
    }

    [Fact]
    public void A_level_triggered_input_asks_again_until_the_device_lets_go()
    {
        Initialize();
        Out(0x4D0, 0xFF);
        In(0x4D0).ShouldBe((byte)0xF8);
        Out(0x4D1, 0xFF);
        In(0x4D1).ShouldBe((byte)0xDE);
        pic.Line(5).Set(asserted: true);
        pic.Acknowledge().ShouldBe(0x35);
        Out(0x20, 0x20);
        intr.Level.ShouldBeTrue();
        pic.Line(5).Set(asserted: false);
        intr.Level.ShouldBeFalse();
        pic.Line(0).Set(asserted: true);
        pic.Acknowledge().ShouldBe(0x30);
        Out(0x20, 0x20);
        intr.Level.ShouldBeFalse("an edge-triggered input needs a new edge");
    }

    [Fact]
    public void Automatic_end_of_interrupt_leaves_nothing_in_service_and_loses_no_slave_request()
    {
        Initialize(masterIcw4: 3, slaveIcw4: 3);
        Pulse(10);
        Pulse(11);
        pic.Acknowledge().ShouldBe(0x3A);
        intr.Level.ShouldBeTrue();
        pic.Acknowledge().ShouldBe(0x3B);
        intr.Level.ShouldBeFalse();
    }

    [Fact]
    public void Rotation_makes_the_served_input_the_lowest()
    {
        Initialize();
        Pulse(3);
        pic.Acknowledge().ShouldBe(0x33);
        Out(0x20, 0xA0);
        Pulse(3);
        Pulse(5);
        pic.Acknowledge().ShouldBe(0x35);
        Out(0x20, 0xE5);
        pic.Acknowledge().ShouldBe(0x33);
        Out(0x20, 0x20);
        Out(0x20, 0xC7);
        Pulse(0);
        Pulse(7);
        pic.Acknowledge().ShouldBe(0x30, "set priority command: 7 lowest again");
    }

    [Fact]
    public void Rotation_in_automatic_end_of_interrupt_mode_is_switched_by_its_own_commands()
    {
        Initialize(masterIcw4: 3);
        Out(0x20, 0x80);
        Pulse(1);
        pic.Acknowledge().ShouldBe(0x31);
        Pulse(1);
        Pulse(6);
        pic.Acknowledge().ShouldBe(0x36);
        Out(0x20, 0x00);
        pic.Acknowledge().ShouldBe(0x31);
    }

    [Fact]
    public void Special_mask_mode_lets_lower_requests_through_a_masked_level_in_service()
    {
        Initialize();
        Pulse(1);
        pic.Acknowledge().ShouldBe(0x31);
        Pulse(6);
        intr.Level.ShouldBeFalse();
        Out(0x21, 0x02);
        Out(0x20, 0x68);
        intr.Level.ShouldBeTrue();
        pic.Acknowledge().ShouldBe(0x36);
        Out(0x20, 0x20);
        Out(0x20, 0x0B);
        In(0x20).ShouldBe((byte)0x02, "the non-specific end does not touch the masked level");
        Out(0x20, 0x48);
        Pulse(6);
        intr.Level.ShouldBeFalse();
    }

    [Fact]
    public void Special_fully_nested_mode_lets_a_higher_slave_request_interrupt_a_lower_one()
    {
        Initialize(masterIcw4: 0x11);
        Pulse(14);
        pic.Acknowledge().ShouldBe(0x3E);
        Pulse(8);
        intr.Level.ShouldBeTrue();
        pic.Acknowledge().ShouldBe(0x38);
        Initialize();
        Pulse(14);
        pic.Acknowledge().ShouldBe(0x3E);
        Pulse(8);
        intr.Level.ShouldBeFalse();
    }

    [Fact]
    public void A_poll_acknowledges_and_names_the_highest_request()
    {
        Initialize();
        Out(0x20, 0x0C);
        In(0x20).ShouldBe((byte)0);
        Pulse(6);
        Out(0x20, 0x0C);
        In(0x20).ShouldBe((byte)0x86);
        intr.Level.ShouldBeFalse();
        Out(0x20, 0x0B);
        In(0x20).ShouldBe((byte)0x40);
    }

    [Fact]
    public void The_first_initialisation_word_clears_mask_service_and_remembered_edges()
    {
        Initialize();
        Pulse(1);
        pic.Acknowledge();
        Pulse(4);
        Out(0x21, 0xFF);
        Initialize();
        In(0x21).ShouldBe((byte)0);
        intr.Level.ShouldBeFalse();
        Out(0x20, 0x0B);
        In(0x20).ShouldBe((byte)0);
        Pulse(4);
        pic.Acknowledge().ShouldBe(0x34);
    }
}
