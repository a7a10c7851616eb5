namespace ReplayVmm.Devices.Tests;

public sealed class LocalApicTests
{
    private const uint Id = 0x20, Version = 0x30, Tpr = 0x80, Ppr = 0xA0, Eoi = 0xB0, Ldr = 0xD0, Dfr = 0xE0, Svr = 0xF0;
    private const uint Isr = 0x100, Tmr = 0x180, Irr = 0x200, Esr = 0x280, IcrLow = 0x300, IcrHigh = 0x310;
    private const uint LvtTimer = 0x320, Lint0 = 0x350, Lint1 = 0x360, LvtError = 0x370, Initial = 0x380, Current = 0x390, Divide = 0x3E0;

    private readonly ManualClock clock = new();
    private readonly RecordedProcessor processor = new();
    private readonly ApicBus bus = new();
    private readonly LocalApic apic;

    public LocalApicTests()
    {
        apic = Create(0, processor);
        Out(Svr, 0x1FF);
    }

    private LocalApic Create(uint id, IApicProcessor behind, ITimestampClock? timestamp = null)
    {
        var created = new LocalApic(id, clock, behind, bus, timestamp);
        bus.Attach(created);
        return created;
    }

    private uint In(uint offset) => (uint)apic.ReadMemory(offset, 4);

    private void Out(uint offset, uint value) => apic.WriteMemory(offset, 4, value);

    private void Ipi(byte vector) => Out(IcrLow, 0x4_0000u | vector);

    [Fact]
    public void After_power_up_the_registers_hold_what_the_manual_says()
    {
        var fresh = new LocalApic(3, clock, processor, bus);
        fresh.ReadMemory(Id, 4).ShouldBe(3ul << 24);
        fresh.ReadMemory(Version, 4).ShouldBe(0x0005_0014ul);
        fresh.ReadMemory(Svr, 4).ShouldBe(0xFFul);
        fresh.ReadMemory(Dfr, 4).ShouldBe(0xFFFF_FFFFul);
        foreach (uint lvt in (uint[])[LvtTimer, 0x330, 0x340, Lint0, Lint1, LvtError])
            fresh.ReadMemory(lvt, 4).ShouldBe(0x1_0000ul);
        fresh.WriteMemory(Lint0, 4, 0x700);
        fresh.ReadMemory(Lint0, 4).ShouldBe(0x1_0700ul, "a disabled APIC keeps its entries masked");
    }

    [Fact]
    public void The_highest_vector_is_served_first_and_only_a_higher_class_interrupts_it()
    {
        Ipi(0x41);
        Ipi(0x52);
        Ipi(0x59);
        apic.PendingVector.ShouldBe(0x59);
        In(Irr + 0x20).ShouldBe((1u << 0x01) | (1u << 0x12) | (1u << 0x19));
        apic.Acknowledge().ShouldBe(0x59);
        In(Isr + 0x20).ShouldBe(1u << 0x19);
        In(Ppr).ShouldBe(0x50u);
        apic.PendingVector.ShouldBe(-1, "52h is of the same class");
        Ipi(0x60);
        apic.Acknowledge().ShouldBe(0x60);
        Out(Eoi, 0);
        In(Ppr).ShouldBe(0x50u);
        Out(Eoi, 0);
        apic.Acknowledge().ShouldBe(0x52);
        Out(Eoi, 0);
        apic.Acknowledge().ShouldBe(0x41);
    }

    [Fact]
    public void The_task_priority_holds_back_its_class_and_below()
    {
        Out(Tpr, 0x4F);
        Ipi(0x41);
        apic.PendingVector.ShouldBe(-1);
        In(Ppr).ShouldBe(0x4Fu);
        apic.TaskPriority = 0x3F;
        apic.PendingVector.ShouldBe(0x41);
        apic.TaskPriority = 0xF0;
        apic.Acknowledge().ShouldBe(0xFF, "the spurious vector");
        apic.TaskPriority = 0;
        Out(Svr, 0x120);
        apic.Acknowledge().ShouldBe(0x41);
        apic.Acknowledge().ShouldBe(0x20);
        In(Isr + 0x10).ShouldBe(0u, "a spurious interrupt does not enter service");
    }

    [Fact]
    public void Virtual_wire_mode_passes_the_8259_through_LINT0_and_NMI_through_LINT1()
    {
        apic.Lint0.Set(asserted: true);
        apic.ExtIntPending.ShouldBeFalse();
        apic.EnterVirtualWireMode();
        apic.ExtIntPending.ShouldBeTrue();
        apic.Lint1.Set(asserted: true);
        apic.Lint1.Set(asserted: true);
        processor.Nmis.ShouldBe(1);
        apic.Lint1.Set(asserted: false);
        Out(Lint1, 0x1_0400);
        apic.Lint1.Set(asserted: true);
        processor.Nmis.ShouldBe(1);
        Out(Lint0, 0x1_0700);
        apic.ExtIntPending.ShouldBeFalse();
        apic.TrySetMode(ApicMode.Disabled).ShouldBeTrue();
        apic.ExtIntPending.ShouldBeTrue("LINT0 is INTR while the APIC is disabled");
    }

    [Fact]
    public void A_level_triggered_pin_asks_again_after_each_end_of_interrupt_while_it_is_high()
    {
        byte ended = 0;
        bus.EndOfInterruptSink = v => ended = v;
        Out(Lint0, 0x8045);
        apic.Lint0.Set(asserted: true);
        In(Lint0).ShouldBe(0xC045u, "remote IRR");
        apic.Acknowledge().ShouldBe(0x45);
        (In(Tmr + 0x20) & 0x20).ShouldBe(0x20u);
        apic.PendingVector.ShouldBe(-1);
        Out(Eoi, 0);
        ended.ShouldBe((byte)0x45);
        apic.PendingVector.ShouldBe(0x45);
        apic.Acknowledge();
        apic.Lint0.Set(asserted: false);
        Out(Eoi, 0);
        apic.PendingVector.ShouldBe(-1);
        In(Lint0).ShouldBe(0x8045u);
    }

    [Fact]
    public void The_one_shot_timer_counts_down_at_one_gigahertz_over_its_divider_and_stops()
    {
        Out(LvtTimer, 0x31);
        Out(Divide, 0x3);
        clock.Now = 1000;
        Out(Initial, 100);
        apic.Deadline.ShouldBe(1000ul + 1600);
        clock.Now = 1000 + 160;
        In(Current).ShouldBe(90u);
        clock.Now = 2599;
        apic.Advance();
        In(Current).ShouldBe(1u);
        apic.PendingVector.ShouldBe(-1);
        clock.Now++;
        apic.Advance();
        apic.PendingVector.ShouldBe(0x31);
        In(Current).ShouldBe(0u);
        apic.Deadline.ShouldBe(ulong.MaxValue);
        In(Initial).ShouldBe(100u);
    }

    [Theory]
    [InlineData(0x0u, 2ul)]
    [InlineData(0x1u, 4ul)]
    [InlineData(0x2u, 8ul)]
    [InlineData(0x3u, 16ul)]
    [InlineData(0x8u, 32ul)]
    [InlineData(0x9u, 64ul)]
    [InlineData(0xAu, 128ul)]
    [InlineData(0xBu, 1ul)]
    public void The_divide_configuration_selects_the_tick(uint configuration, ulong divider)
    {
        Out(LvtTimer, 0x31);
        Out(Divide, configuration);
        In(Divide).ShouldBe(configuration);
        Out(Initial, uint.MaxValue);
        apic.Deadline.ShouldBe(divider * uint.MaxValue);
    }

    [Fact]
    public void The_periodic_timer_reloads_exactly_and_missed_periods_are_one_interrupt()
    {
        Out(LvtTimer, 0x2_0031);
        Out(Divide, 0xB);
        Out(Initial, 1000);
        for (ulong i = 1; i <= 1000; i++)
        {
            apic.Deadline.ShouldBe(i * 1000);
            clock.Now = apic.Deadline;
            apic.Advance();
            apic.Acknowledge().ShouldBe(0x31);
            Out(Eoi, 0);
        }

        clock.Now += 12_345;
        apic.Advance();
        In(Current).ShouldBe(1000u - 345);
        apic.Deadline.ShouldBe(ulong.MaxValue, "its interrupt waits: another expiry changes nothing");
        apic.Acknowledge().ShouldBe(0x31);
        apic.PendingVector.ShouldBe(-1);
        apic.Deadline.ShouldBe(1_013_000ul);
    }

    [Fact]
    public void A_masked_periodic_timer_counts_without_interrupts_and_keeps_its_phase_when_unmasked()
    {
        Out(LvtTimer, 0x3_0031);
        Out(Divide, 0xB);
        Out(Initial, 1000);
        clock.Now = 5300;
        apic.Advance();
        apic.Deadline.ShouldBe(ulong.MaxValue);
        In(Current).ShouldBe(700u);
        Out(LvtTimer, 0x2_0031);
        apic.PendingVector.ShouldBe(-1);
        apic.Deadline.ShouldBe(6000ul);
    }

    [Fact]
    public void TSC_deadline_mode_fires_at_the_timestamp_and_disarms()
    {
        var timestamp = new HalfSpeed();
        LocalApic other = Create(1, processor, timestamp);
        other.WriteMemory(Svr, 4, 0x1FF);
        other.TryWriteMsr(0x6E0, 500).ShouldBeTrue();
        other.TryReadMsr(0x6E0, out ulong value).ShouldBeTrue();
        value.ShouldBe(0ul, "ignored outside its mode");
        other.WriteMemory(LvtTimer, 4, 0x4_0040);
        other.TryWriteMsr(0x6E0, 500).ShouldBeTrue();
        other.Deadline.ShouldBe(1000ul);
        timestamp.Offset = 100;
        other.TimestampChanged();
        other.Deadline.ShouldBe(1100ul);
        clock.Now = 1100;
        other.Advance();
        other.PendingVector.ShouldBe(0x40);
        other.TryReadMsr(0x6E0, out value);
        value.ShouldBe(0ul);
        other.Acknowledge();
        other.WriteMemory(Eoi, 4, 0);
        other.TryWriteMsr(0x6E0, 3).ShouldBeTrue();
        other.PendingVector.ShouldBe(0x40, "a deadline in the past fires at once");
        other.ReadMemory(Current, 4).ShouldBe(0ul);
    }

    [Fact]
    public void Sending_or_receiving_a_vector_below_16_is_an_error_that_interrupts_once()
    {
        Out(LvtError, 0x77);
        Ipi(0x0F);
        In(Esr).ShouldBe(0u, "collected until it is written");
        apic.Acknowledge().ShouldBe(0x77);
        Out(Eoi, 0);
        Ipi(0x03);
        apic.PendingVector.ShouldBe(-1);
        Out(Esr, 0);
        In(Esr).ShouldBe(0x20u);
        bus.Send(new ApicMessage(0, Logical: false, ApicDeliveryMode.Fixed, 5, LevelTriggered: false)).ShouldBeTrue();
        apic.PendingVector.ShouldBe(0x77);
        Out(Esr, 0);
        In(Esr).ShouldBe(0x40u);
        In(0x3F0);
        Out(Esr, 0);
        In(Esr).ShouldBe(0x80u);
    }

    [Fact]
    public void Interprocessor_interrupts_find_their_processors_by_shorthand_identifier_and_logical_set()
    {
        var second = new RecordedProcessor();
        LocalApic other = Create(1, second);
        other.WriteMemory(Svr, 4, 0x1FF);
        Out(IcrHigh, 1u << 24);
        Out(IcrLow, 0x4051);
        other.PendingVector.ShouldBe(0x51);
        apic.PendingVector.ShouldBe(-1);
        Out(IcrLow, 0xC_4500);
        (second.Inits, processor.Inits).ShouldBe((1, 0));
        Out(IcrLow, 0xC_8500);
        second.Inits.ShouldBe(1, "INIT level de-assert does nothing");
        Out(IcrLow, 0x4699);
        (second.StartUps, second.StartPage).ShouldBe((1, (byte)0x99));
        Out(IcrLow, 0x8_4400);
        (second.Nmis, processor.Nmis).ShouldBe((1, 1));
        In(IcrLow).ShouldBe(0x8_4400u);

        // Flat logical sets: each one bit; then clusters.
        Out(Ldr, 0x0100_0000);
        other.WriteMemory(Ldr, 4, 0x0200_0000);
        apic.Matches(0x03, logical: true).ShouldBeTrue();
        apic.Matches(0x02, logical: true).ShouldBeFalse();
        other.Matches(0x02, logical: true).ShouldBeTrue();
        Out(Dfr, 0x0FFF_FFFF);
        Out(Ldr, 0x1100_0000);
        apic.Matches(0x11, logical: true).ShouldBeTrue();
        apic.Matches(0x21, logical: true).ShouldBeFalse();
        apic.Matches(0x12, logical: true).ShouldBeFalse();
        apic.Matches(0xFF, logical: true).ShouldBeTrue();
        apic.Matches(0xFF, logical: false).ShouldBeTrue();
    }

    [Fact]
    public void Lowest_priority_goes_to_the_least_busy_and_among_equals_to_the_first()
    {
        LocalApic other = Create(1, processor);
        other.WriteMemory(Svr, 4, 0x1FF);
        var message = new ApicMessage(0xFF, Logical: false, ApicDeliveryMode.LowestPriority, 0x60, LevelTriggered: false);
        bus.Send(message).ShouldBeTrue();
        apic.PendingVector.ShouldBe(0x60);
        apic.Acknowledge();
        bus.Send(message).ShouldBeTrue();
        other.PendingVector.ShouldBe(0x60);
    }

    [Fact]
    public void X2APIC_registers_are_MSRs_with_strict_reserved_bits()
    {
        apic.TryReadMsr(0x802, out _).ShouldBeFalse("not in x2APIC mode");
        apic.TrySetMode(ApicMode.X2Apic).ShouldBeTrue();
        apic.ReadMemory(Id, 4).ShouldBe(0xFFFF_FFFFul);
        apic.TryReadMsr(0x80D, out ulong ldr).ShouldBeTrue();
        ldr.ShouldBe(1ul);
        apic.TryReadMsr(0x80F, out ulong svr).ShouldBeTrue();
        svr.ShouldBe(0x1FFul, "kept from xAPIC mode");
        foreach (uint missing in (uint[])[0x800, 0x801, 0x804, 0x80E, 0x80B, 0x831, 0x83F, 0x83A, 0x8FF, 0x82F])
            apic.TryReadMsr(missing, out _).ShouldBeFalse($"{missing:X}");
        foreach (uint readOnly in (uint[])[0x802, 0x803, 0x80A, 0x80D, 0x810, 0x820, 0x839])
            apic.TryWriteMsr(readOnly, 0).ShouldBeFalse($"{readOnly:X}");
        apic.TryWriteMsr(0x80B, 1).ShouldBeFalse();
        apic.TryWriteMsr(0x80B, 0).ShouldBeTrue();
        apic.TryWriteMsr(0x828, 1).ShouldBeFalse();
        apic.TryWriteMsr(0x808, 0x100).ShouldBeFalse();
        apic.TryWriteMsr(0x808, 1ul << 32).ShouldBeFalse();
        apic.TryWriteMsr(0x832, 0x8_0000).ShouldBeFalse();
        apic.TryWriteMsr(0x830, 1ul << 13).ShouldBeFalse();
        apic.TryWriteMsr(0x83F, 0x88).ShouldBeTrue();
        apic.PendingVector.ShouldBe(0x88);
        apic.TryWriteMsr(0x830, (0ul << 32) | 0x8A).ShouldBeTrue();
        apic.PendingVector.ShouldBe(0x8A);
        apic.Matches(1, logical: true).ShouldBeTrue();
        apic.Matches(0x1_0001, logical: true).ShouldBeFalse();
        apic.Matches(0xFF, logical: false).ShouldBeFalse();
        apic.Matches(uint.MaxValue, logical: false).ShouldBeTrue();
    }

    [Fact]
    public void Whether_an_MSR_write_is_accepted_can_be_asked_without_doing_it()
    {
        var random = new Random(11);
        apic.AcceptsMsrWrite(0x808, 0).ShouldBeFalse();
        apic.TrySetMode(ApicMode.X2Apic);
        int accepted = 0;
        for (int i = 0; i < 20_000; i++)
        {
            uint index = random.Next(20) == 0 ? 0x6E0 : 0x7FE + (uint)random.Next(0x44);
            ulong value = random.Next(3) == 0 ? 0 : 1ul << random.Next(64);
            byte[] before = apic.State.ToArray();
            bool expected = apic.AcceptsMsrWrite(index, value);
            apic.State.SequenceEqual(before).ShouldBeTrue();
            apic.TryWriteMsr(index, value).ShouldBe(expected, $"MSR {index:X} value {value:X}");
            accepted += expected ? 1 : 0;
        }

        accepted.ShouldBeInRange(2000, 18_000);
    }

    [Fact]
    public void Mode_transitions_that_the_manual_forbids_are_refused()
    {
        apic.TrySetMode(ApicMode.X2Apic).ShouldBeTrue();
        apic.TrySetMode(ApicMode.XApic).ShouldBeFalse();
        apic.TrySetMode(ApicMode.Disabled).ShouldBeTrue();
        apic.TrySetMode(ApicMode.X2Apic).ShouldBeFalse();
        apic.TrySetMode(ApicMode.XApic).ShouldBeTrue();
        In(Svr).ShouldBe(0xFFu, "switching off loses the state");
    }

    [Fact]
    public void A_software_disabled_APIC_takes_no_fixed_interrupt_but_NMI_and_INIT()
    {
        Ipi(0x41);
        Out(Svr, 0xFF);
        Ipi(0x61);
        apic.PendingVector.ShouldBe(0x41, "what was accepted stays");
        Out(IcrLow, 0x8_0400);
        Out(IcrLow, 0x8_4500);
        (processor.Nmis, processor.Inits).ShouldBe((1, 1));
    }

    [Fact]
    public void Registers_answer_narrow_reads_inside_their_dword_and_ignore_narrow_writes()
    {
        apic.ReadMemory(Version + 2, 1).ShouldBe(5ul);
        apic.ReadMemory(Version + 2, 2).ShouldBe(5ul);
        apic.ReadMemory(Version, 8).ShouldBe(0x0005_0014ul);
        apic.ReadMemory(Version + 4, 4).ShouldBe(0ul);
        apic.WriteMemory(Tpr, 1, 0x55);
        In(Tpr).ShouldBe(0u);
    }

    /// <summary>A counter that ticks every other nanosecond.</summary>
    private sealed class HalfSpeed : ITimestampClock
    {
        public ulong Offset { get; set; }

        public ulong TimeOf(ulong timestamp) => (timestamp * 2) + Offset;
    }
}
