namespace ReplayVmm.Devices.Tests;

public sealed class Pit8254Tests
{
    private readonly ManualClock clock = new();
    private readonly RecordedLine line = new();
    private readonly Pit8254 pit;
    private readonly Port61 port61;

    public Pit8254Tests()
    {
        pit = new Pit8254(clock, line);
        port61 = new Port61(clock, pit);
    }

    private byte In(ushort port) => port == 0x61 ? (byte)port61.ReadPort(port, 1) : (byte)pit.ReadPort(port, 1);

    private void Out(ushort port, int value)
    {
        if (port == 0x61)
            port61.WritePort(port, 1, (uint)value);
        else
            pit.WritePort(port, 1, (uint)value);
    }

    private void At(ulong tick) => clock.Now = TickRate.TimeOf(tick, Pit8254.Hertz);

    private void Program(int channel, int mode, int count, bool bcd = false)
    {
        Out(0x43, (channel << 6) | 0x30 | (mode << 1) | (bcd ? 1 : 0));
        Out((ushort)(0x40 + channel), count & 0xFF);
        Out((ushort)(0x40 + channel), count >> 8);
    }

    private int Latched(int channel)
    {
        Out(0x43, channel << 6);
        int low = In((ushort)(0x40 + channel));
        return low | (In((ushort)(0x40 + channel)) << 8);
    }

    private byte Status(int channel)
    {
        Out(0x43, 0xE0 | (2 << channel));
        return In((ushort)(0x40 + channel));
    }

    [Theory]
    [InlineData(0ul)]
    [InlineData(1ul)]
    [InlineData(1_193_181ul)]
    [InlineData(1_193_182ul)]
    [InlineData(123_456_789_012_345ul)]
    [InlineData(11_005_059_146_940_000ul)]
    public void Ticks_and_nanoseconds_convert_exactly_up_to_two_to_the_63(ulong tick)
    {
        ulong time = TickRate.TimeOf(tick, Pit8254.Hertz);
        TickRate.TicksAt(time, Pit8254.Hertz).ShouldBe(tick);
        time.ShouldBe((ulong)(((UInt128)tick * 1_000_000_000 + Pit8254.Hertz - 1) / Pit8254.Hertz));
        if (time > 0)
            TickRate.TicksAt(time - 1, Pit8254.Hertz).ShouldBe(tick - 1);
        TickRate.TimeOf(ulong.MaxValue, Pit8254.Hertz).ShouldBe(ulong.MaxValue);
    }

    [Fact]
    public void A_kernel_calibrates_its_timestamp_counter_with_channel_2_and_port_61h()
    {
        // Gate up, speaker off; mode 0, low then high byte; 50 ms.
        const int Latch = (int)(Pit8254.Hertz / 20);
        clock.Now = 777_777;
        Out(0x61, (In(0x61) & ~0x02) | 0x01);
        Out(0x43, 0xB0);
        Out(0x42, Latch & 0xFF);
        Out(0x42, Latch >> 8);
        ulong start = clock.Now;
        int polls = 0;
        while ((In(0x61) & 0x20) == 0)
        {
            clock.Now += 1000;
            polls++;
        }

        (clock.Now - start).ShouldBeInRange(49_999_000ul, 50_002_000ul);
        polls.ShouldBeGreaterThan(49_000);
    }

    [Fact]
    public void A_kernel_calibrates_quickly_by_the_high_byte_of_channel_2_falling_one_by_one()
    {
        Out(0x61, 0x01);
        Out(0x43, 0xB0);
        Out(0x42, 0xFF);
        Out(0x42, 0xFF);
        In(0x42);
        In(0x42).ShouldBe((byte)0xFF);
        ulong last = 0;
        for (byte expected = 0xFF; expected > 0xF0; expected--)
        {
            int seen = 0;
            while (true)
            {
                In(0x42);
                if (In(0x42) != expected)
                    break;
                clock.Now += 500;
                seen++;
            }

            seen.ShouldBeInRange(428, 431);
            (clock.Now - last).ShouldBeInRange(213_000ul, 216_000ul);
            last = clock.Now;
        }
    }

    [Fact]
    public void Mode_2_interrupts_at_exact_times_for_ever()
    {
        // 100 Hz as kernels program it: no drift over ten days.
        const ulong Count = 11_932;
        Program(0, 2, (int)Count);
        line.Level.ShouldBeTrue();
        ulong expected = 1 + Count;
        for (int i = 0; i < 5000; i++)
        {
            clock.Now = pit.Deadline;
            pit.Advance();
            line.Level.ShouldBeFalse("low for one clock");
            clock.Now.ShouldBe(TickRate.TimeOf(expected - 1, Pit8254.Hertz));
            clock.Now = pit.Deadline;
            pit.Advance();
            line.Level.ShouldBeTrue();
            clock.Now.ShouldBe(TickRate.TimeOf(expected, Pit8254.Hertz));
            expected += Count;
        }

        At(1 + (Count * 100_000_000));
        pit.Advance();
        pit.Deadline.ShouldBe(TickRate.TimeOf((Count * 100_000_001), Pit8254.Hertz));
    }

    [Fact]
    public void A_missed_stretch_of_edges_leaves_the_line_right_and_shows_one_edge()
    {
        Program(0, 2, 1000);
        int rises = line.Rises;
        At(100_002);
        pit.Advance();
        line.Level.ShouldBeTrue();
        line.Rises.ShouldBe(rises + 1);
    }

    [Fact]
    public void Mode_2_counts_from_N_to_1_and_takes_a_new_count_at_the_end_of_the_period()
    {
        Program(0, 2, 10);
        At(1);
        Latched(0).ShouldBe(10);
        At(10);
        Latched(0).ShouldBe(1);
        (Status(0) & 0x80).ShouldBe(0);
        At(11);
        Latched(0).ShouldBe(10);
        Status(0).ShouldBe((byte)0xB4);
        At(13);
        Out(0x40, 4);
        Out(0x40, 0);
        Status(0).ShouldBe((byte)0xF4, "null count until the new one is loaded");
        At(20);
        Latched(0).ShouldBe(1);
        At(21);
        Latched(0).ShouldBe(4);
        Status(0).ShouldBe((byte)0xB4);
        At(24);
        Latched(0).ShouldBe(1);
        At(25);
        Latched(0).ShouldBe(4);
    }

    [Theory]
    [InlineData(6, "6 4 2 6 4 2", "111000")]
    [InlineData(5, "4 2 0 4 2", "11100")]
    public void Mode_3_is_a_square_wave_that_counts_by_two(int count, string values, string levels)
    {
        Program(0, 3, count);
        string[] expected = values.Split(' ');
        for (ulong tick = 0; tick < 3 * (ulong)count; tick++)
        {
            At(tick + 1);
            int phase = (int)(tick % (ulong)count);
            Latched(0).ToString().ShouldBe(expected[phase], $"tick {tick}");
            ((Status(0) & 0x80) != 0 ? '1' : '0').ShouldBe(levels[phase], $"tick {tick}");
        }
    }

    [Fact]
    public void Mode_3_takes_a_new_count_at_the_end_of_the_half_cycle()
    {
        Program(0, 3, 8);
        At(2);
        Out(0x40, 4);
        Out(0x40, 0);
        string seen = "";
        for (ulong tick = 3; tick < 15; tick++)
        {
            At(tick);
            seen += (Status(0) & 0x80) != 0 ? '1' : '0';
        }

        seen.ShouldBe("110011001100");
    }

    [Fact]
    public void Mode_0_interrupts_once_and_the_first_byte_of_a_new_count_stops_it()
    {
        Program(0, 0, 100);
        line.Level.ShouldBeFalse();
        At(100);
        pit.Advance();
        line.Level.ShouldBeFalse();
        pit.Deadline.ShouldBe(TickRate.TimeOf(101, Pit8254.Hertz));
        At(101);
        pit.Advance();
        line.Level.ShouldBeTrue();
        pit.Deadline.ShouldBe(ulong.MaxValue);
        At(111);
        Latched(0).ShouldBe(65_526, "it counts on past zero");
        Out(0x40, 50);
        line.Level.ShouldBeFalse();
        pit.Deadline.ShouldBe(ulong.MaxValue);
        Out(0x40, 0);
        pit.Deadline.ShouldBe(TickRate.TimeOf(111 + 51, Pit8254.Hertz));
    }

    [Fact]
    public void The_gate_holds_the_count_of_mode_0()
    {
        Out(0x61, 1);
        Program(2, 0, 100);
        At(41);
        Latched(2).ShouldBe(60);
        Out(0x61, 0);
        At(1000);
        Latched(2).ShouldBe(60);
        Out(0x61, 1);
        At(1059);
        (In(0x61) & 0x20).ShouldBe(0);
        At(1060);
        (In(0x61) & 0x20).ShouldBe(0x20);
    }

    [Fact]
    public void Mode_1_is_a_one_shot_that_the_gate_starts_and_starts_again()
    {
        Program(2, 1, 10);
        (In(0x61) & 0x20).ShouldBe(0x20);
        At(100);
        Out(0x61, 1);
        At(101);
        (In(0x61) & 0x20).ShouldBe(0);
        At(106);
        Out(0x61, 0);
        Out(0x61, 1);
        At(116);
        (In(0x61) & 0x20).ShouldBe(0);
        At(117);
        (In(0x61) & 0x20).ShouldBe(0x20);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void Modes_4_and_5_strobe_low_for_one_clock(int mode)
    {
        Out(0x61, mode == 4 ? 1 : 0);
        Program(2, mode, 5);
        Out(0x61, 1);
        string seen = "";
        for (ulong tick = 1; tick < 12; tick++)
        {
            At(tick);
            seen += (In(0x61) & 0x20) != 0 ? '1' : '0';
        }

        seen.ShouldBe("11111011111");
    }

    [Fact]
    public void A_one_shot_event_in_mode_4_gives_one_rising_edge()
    {
        Program(0, 4, 500);
        int rises = line.Rises;
        while (pit.Deadline != ulong.MaxValue)
        {
            clock.Now = pit.Deadline;
            pit.Advance();
        }

        line.Rises.ShouldBe(rises + 1);
        clock.Now.ShouldBe(TickRate.TimeOf(502, Pit8254.Hertz));
    }

    [Fact]
    public void Binary_coded_counts_run_from_ten_thousand()
    {
        Program(0, 2, 0, bcd: true);
        At(2);
        Latched(0).ShouldBe(0x9999);
        Program(0, 0, 0x0100, bcd: true);
        At(3 + 99);
        Latched(0).ShouldBe(0x0001);
        At(3 + 101);
        Latched(0).ShouldBe(0x9999);
    }

    [Fact]
    public void Reload_zero_means_65536()
    {
        Program(0, 2, 0);
        pit.Deadline.ShouldBe(TickRate.TimeOf(65_536, Pit8254.Hertz));
        At(1);
        Latched(0).ShouldBe(0);
        At(2);
        Latched(0).ShouldBe(0xFFFF);
    }

    [Fact]
    public void A_latched_count_stays_until_it_is_read_and_a_second_latch_changes_nothing()
    {
        Program(0, 2, 1000);
        At(11);
        Out(0x43, 0x00);
        At(500);
        Out(0x43, 0x00);
        In(0x40).ShouldBe((byte)(990 & 0xFF));
        At(600);
        In(0x40).ShouldBe((byte)(990 >> 8));
        At(901);
        In(0x40).ShouldBe((byte)100);
    }

    [Fact]
    public void Read_back_latches_status_and_count_of_several_channels_at_once()
    {
        Out(0x61, 1);
        Program(0, 2, 1000);
        Program(2, 3, 2000);
        At(101);
        Out(0x43, 0xC0 | 0x02 | 0x08);
        At(5000);
        In(0x40).ShouldBe((byte)0xB4);
        In(0x40).ShouldBe((byte)(900 & 0xFF));
        In(0x40).ShouldBe((byte)(900 >> 8));
        In(0x42).ShouldBe((byte)0xB6);
        (In(0x42) | (In(0x42) << 8)).ShouldBe(1800);
    }

    [Fact]
    public void Single_byte_access_writes_one_half_of_the_count()
    {
        Out(0x43, 0x14);
        Out(0x40, 0x20);
        At(1);
        In(0x40).ShouldBe((byte)0x20);
        Out(0x43, 0x24);
        Out(0x40, 0x20);
        At(5);
        In(0x40).ShouldBe((byte)0x1F, "the high half of 2000h - 3");
    }

    [Fact]
    public void The_refresh_bit_toggles_every_15_microseconds_and_the_control_bits_read_back()
    {
        Out(0x61, 0xFF);
        (In(0x61) & 0xCF).ShouldBe(0x0F);
        int toggles = 0;
        byte last = 0;
        for (clock.Now = 0; clock.Now < 1_508_500; clock.Now += 100)
        {
            byte bit = (byte)(In(0x61) & 0x10);
            if (bit != last)
                toggles++;
            last = bit;
        }

        toggles.ShouldBe(99);
    }

    [Fact]
    public void A_count_of_one_where_the_chip_forbids_it_never_interrupts()
    {
        foreach (int mode in (int[])[2, 3])
        {
            Program(0, mode, 1);
            pit.Deadline.ShouldBe(ulong.MaxValue);
        }
    }
}
