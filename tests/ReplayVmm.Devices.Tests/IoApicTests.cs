namespace ReplayVmm.Devices.Tests;

/// <summary>The IO-APIC against the words of the 82093AA datasheet, section 3.2.</summary>
public sealed class IoApicTests
{
    private const uint Masked = 0x1_0000, Level = 0x8000, RemoteIrr = 0x4000, ActiveLow = 0x2000, Logical = 0x800;
    private const uint Svr = 0xF0, Eoi = 0xB0, Tmr = 0x180;

    private readonly ManualClock clock = new();
    private readonly ApicBus bus = new();
    private readonly RecordedProcessor[] processors = [new(), new()];
    private readonly LocalApic[] apics;
    private readonly IoApic chip;

    public IoApicTests()
    {
        apics = [.. processors.Select((p, i) => new LocalApic((uint)i, clock, p, bus))];
        foreach (LocalApic apic in apics)
        {
            bus.Attach(apic);
            apic.WriteMemory(Svr, 4, 0x1FF);
        }

        chip = new IoApic(bus);
    }

    private uint In(byte register)
    {
        chip.WriteMemory(0, 4, register);
        return (uint)chip.ReadMemory(0x10, 4);
    }

    private void Out(byte register, uint value)
    {
        chip.WriteMemory(0, 4, register);
        chip.WriteMemory(0x10, 4, value);
    }

    private uint Entry(int pin) => In((byte)(0x10 + (2 * pin)));

    private void Program(int pin, uint low, byte destination = 0)
    {
        Out((byte)(0x11 + (2 * pin)), (uint)destination << 24);
        Out((byte)(0x10 + (2 * pin)), low);
    }

    private void Edge(int pin)
    {
        chip.Line(pin).Set(true);
        chip.Line(pin).Set(false);
    }

    [Fact]
    public void After_power_up_every_pin_is_masked_and_the_version_names_24_pins()
    {
        In(0).ShouldBe(0u);
        In(1).ShouldBe(0x0017_0020u);
        for (int pin = 0; pin < IoApic.Pins; pin++)
        {
            Entry(pin).ShouldBe(Masked);
            In((byte)(0x11 + (2 * pin))).ShouldBe(0u);
        }
    }

    [Fact]
    public void Registers_keep_what_can_be_written_and_nothing_else()
    {
        Out(0, 0xFFFF_FFFF);
        In(0).ShouldBe(0x0F00_0000u);
        In(2).ShouldBe(0x0F00_0000u, "the arbitration identifier follows the identifier");
        Out(1, 0);
        In(1).ShouldBe(0x0017_0020u);
        Program(5, 0xFFFF_FFFF, 0xA5);
        Entry(5).ShouldBe(0x0001_AFFFu, "delivery status and remote IRR are read-only");
        In(0x1B).ShouldBe(0xA500_0000u);
        Out(0x40, 0xFFFF_FFFF);
        In(0x40).ShouldBe(0u, "there is no 25th pin");
        chip.WriteMemory(0, 4, 0x1234_5601);
        chip.ReadMemory(0, 4).ShouldBe(0x01ul, "IOREGSEL has eight bits");
        chip.ReadMemory(0x10, 1).ShouldBe(0ul, "registers are 32 bits wide");
        chip.ReadMemory(0x20, 4).ShouldBe(0ul);
    }

    [Fact]
    public void An_edge_interrupts_once_and_is_lost_while_the_pin_is_masked()
    {
        Program(4, Masked | 0x34);
        Edge(4);
        Program(4, 0x34);
        apics[0].PendingVector.ShouldBe(-1);
        Edge(4);
        apics[0].Acknowledge().ShouldBe(0x34);
        (apics[0].ReadMemory(Tmr + 0x10, 4) & (1 << 0x14)).ShouldBe(0ul);
        apics[0].PendingVector.ShouldBe(-1);
        chip.Line(4).Set(true);
        apics[0].WriteMemory(Eoi, 4, 0);
        apics[0].Acknowledge().ShouldBe(0x34);
        chip.Line(4).Set(true);
        apics[0].WriteMemory(Eoi, 4, 0);
        apics[0].PendingVector.ShouldBe(-1, "the wire did not rise again");
    }

    [Fact]
    public void A_level_interrupts_again_after_its_end_for_as_long_as_it_is_asserted()
    {
        Program(16, Level | 0x51);
        chip.Line(16).Set(true);
        Entry(16).ShouldBe(Level | RemoteIrr | 0x51);
        apics[0].Acknowledge().ShouldBe(0x51);
        (apics[0].ReadMemory(Tmr + 0x20, 4) & (1 << 0x11)).ShouldNotBe(0ul);
        apics[0].PendingVector.ShouldBe(-1, "remote IRR holds it back");
        apics[0].WriteMemory(Eoi, 4, 0);
        Entry(16).ShouldBe(Level | RemoteIrr | 0x51);
        apics[0].Acknowledge().ShouldBe(0x51);
        chip.Line(16).Set(false);
        apics[0].WriteMemory(Eoi, 4, 0);
        Entry(16).ShouldBe(Level | 0x51);
        apics[0].PendingVector.ShouldBe(-1);
    }

    [Fact]
    public void A_masked_level_waits_for_its_pin_to_be_unmasked()
    {
        Program(16, Level | Masked | 0x51);
        chip.Line(16).Set(true);
        apics[0].PendingVector.ShouldBe(-1);
        Program(16, Level | 0x51);
        apics[0].PendingVector.ShouldBe(0x51);
    }

    [Fact]
    public void Making_a_pin_an_edge_for_a_moment_clears_its_remote_irr()
    {
        Program(16, Level | 0x51);
        chip.Line(16).Set(true);
        Program(16, Masked | 0x51);
        Entry(16).ShouldBe(Masked | 0x51);
        Program(16, Level | Masked | 0x51);
        Entry(16).ShouldBe(Level | Masked | 0x51);
    }

    [Fact]
    public void The_end_of_interrupt_register_ends_the_pins_of_its_vector_alone()
    {
        Program(16, Level | 0x51);
        Program(17, Level | 0x62);
        chip.Line(16).Set(true);
        chip.Line(17).Set(true);
        chip.Line(16).Set(false);
        chip.Line(17).Set(false);
        chip.WriteMemory(0x40, 4, 0x51);
        Entry(16).ShouldBe(Level | 0x51);
        Entry(17).ShouldBe(Level | RemoteIrr | 0x62);
    }

    [Theory]
    [InlineData(0, 1, 0)]
    [InlineData(1, 0, 1)]
    [InlineData(0xFF, 1, 1)]
    [InlineData(7, 0, 0)]
    public void A_physical_destination_is_an_identifier_or_everybody(byte destination, int first, int second)
    {
        Program(3, 0x44, destination);
        Edge(3);
        (apics[0].PendingVector >= 0).ShouldBe(first != 0);
        (apics[1].PendingVector >= 0).ShouldBe(second != 0);
    }

    [Theory]
    [InlineData(0x01, 1, 0)]
    [InlineData(0x02, 0, 1)]
    [InlineData(0x03, 1, 1)]
    [InlineData(0x04, 0, 0)]
    public void A_logical_destination_is_a_set_of_processors(byte destination, int first, int second)
    {
        apics[0].WriteMemory(0xD0, 4, 0x0100_0000);
        apics[1].WriteMemory(0xD0, 4, 0x0200_0000);
        Program(3, Logical | 0x44, destination);
        Edge(3);
        (apics[0].PendingVector >= 0).ShouldBe(first != 0);
        (apics[1].PendingVector >= 0).ShouldBe(second != 0);
    }

    [Fact]
    public void Lowest_priority_goes_to_the_processor_that_is_busy_with_the_least()
    {
        apics[0].WriteMemory(0xD0, 4, 0x0100_0000);
        apics[1].WriteMemory(0xD0, 4, 0x0200_0000);
        apics[0].TaskPriority = 0x30;
        Program(3, Logical | 0x100 | 0x44, 3);
        Edge(3);
        apics[0].PendingVector.ShouldBe(-1);
        apics[1].PendingVector.ShouldBe(0x44);
    }

    [Fact]
    public void Nmi_smi_and_init_are_edges_and_extint_and_the_reserved_modes_deliver_nothing()
    {
        for (uint mode = 0; mode < 8; mode++)
        {
            Program(8, (mode << 8) | Level | 0x55);
            Edge(8);
        }

        (processors[0].Smis, processors[0].Nmis, processors[0].Inits, processors[0].StartUps).ShouldBe((1, 1, 1, 0));
        Program(8, (4 << 8) | Level);
        chip.Line(8).Set(true);
        processors[0].Nmis.ShouldBe(2);
        Entry(8).ShouldBe((4u << 8) | Level, "an edge has no remote IRR");
    }

    [Fact]
    public void The_polarity_bit_is_kept_and_the_wire_stays_a_logical_level()
    {
        Program(9, Level | ActiveLow | 0x59);
        Entry(9).ShouldBe(Level | ActiveLow | 0x59);
        apics[0].PendingVector.ShouldBe(-1);
        chip.Line(9).Set(true);
        apics[0].PendingVector.ShouldBe(0x59);
    }

    [Fact]
    public void An_interrupt_that_no_apic_takes_leaves_no_remote_irr_behind()
    {
        apics[0].WriteMemory(Svr, 4, 0xFF);
        Program(16, Level | 0x51);
        chip.Line(16).Set(true);
        Entry(16).ShouldBe(Level | 0x51);
        apics[0].WriteMemory(Svr, 4, 0x1FF);
        Program(16, Level | 0x51);
        Entry(16).ShouldBe(Level | RemoteIrr | 0x51);
    }

    [Fact]
    public void Everybody_in_eight_bits_is_everybody_in_x2apic_mode_too()
    {
        apics[1].TrySetMode(ApicMode.X2Apic).ShouldBeTrue();
        Program(3, 0x44, 0xFF);
        Edge(3);
        apics[1].PendingVector.ShouldBe(0x44);
        apics[0].WriteMemory(0x310, 4, 0xFF00_0000);
        apics[0].WriteMemory(0x300, 4, 0x66);
        apics[1].PendingVector.ShouldBe(0x66);
    }

    [Fact]
    public void A_split_wire_reaches_both_ends()
    {
        var (first, second) = (new RecordedLine(), new RecordedLine());
        var line = new SplitLine(first, second);
        line.Set(true);
        (first.Level, second.Level).ShouldBe((true, true));
        line.Set(false);
        (first.Level, second.Level).ShouldBe((false, false));
    }
}
