namespace ReplayVmm.Devices.Tests;

public sealed class CmosRtcTests
{
    private const ulong Second = 1_000_000_000;
    private const ulong Megabyte = 1 << 20;

    // Thursday 29 February 2024, 23:59:57.25
    private static readonly ulong LeapDay =
        ((ulong)new DateTimeOffset(2024, 2, 29, 23, 59, 57, TimeSpan.Zero).ToUnixTimeSeconds() * Second) + (Second / 4);

    private readonly ManualClock clock = new();
    private readonly RecordedLine line = new();
    private readonly CmosRtc rtc;

    public CmosRtcTests() => rtc = new CmosRtc(clock, line, LeapDay, 256 * Megabyte);

    private byte In(int index)
    {
        rtc.WritePort(0x70, 1, (uint)index);
        return (byte)rtc.ReadPort(0x71, 1);
    }

    private void Out(int index, int value)
    {
        rtc.WritePort(0x70, 1, (uint)index);
        rtc.WritePort(0x71, 1, (uint)value);
    }

    private string Shown() => $"{In(0x32):X2}{In(9):X2}-{In(8):X2}-{In(7):X2} {In(4):X2}:{In(2):X2}:{In(0):X2} {In(6)}";

    [Fact]
    public void The_clock_shows_the_wall_clock_of_the_start_plus_virtual_time()
    {
        Shown().ShouldBe("2024-02-29 23:59:57 5");
        clock.Now = (3 * Second / 4) - 1;
        Shown().ShouldBe("2024-02-29 23:59:57 5");
        clock.Now++;
        Shown().ShouldBe("2024-02-29 23:59:58 5");
        clock.Now += 2 * Second;
        Shown().ShouldBe("2024-03-01 00:00:00 6");
        clock.Now += 366 * 86_400 * Second;
        Shown().ShouldBe("2025-03-02 00:00:00 1");
    }

    [Theory]
    [InlineData(0ul)]
    [InlineData(951_782_400ul)]
    [InlineData(1_709_164_800ul)]
    [InlineData(4_102_444_799ul)]
    [InlineData(4_107_542_400ul)]
    public void Dates_agree_with_the_calendar_of_the_platform(ulong start)
    {
        var test = new CmosRtc(clock, line, start * Second, 0);
        foreach (ulong later in (ulong[])[0, 1, 86_399, 86_400, 31_536_000, 1_000_000_000])
        {
            clock.Now = later * Second;
            DateTimeOffset expected = DateTimeOffset.FromUnixTimeSeconds((long)(start + later));
            byte Read(uint index)
            {
                test.WritePort(0x70, 1, index);
                return (byte)test.ReadPort(0x71, 1);
            }

            $"{Read(0x32):X2}{Read(9):X2}-{Read(8):X2}-{Read(7):X2} {Read(4):X2}:{Read(2):X2}:{Read(0):X2}".ShouldBe(
                expected.ToString("yyyy-MM-dd HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture));
            Read(6).ShouldBe((byte)((int)expected.DayOfWeek + 1));
        }
    }

    [Fact]
    public void The_update_flag_warns_2228_microseconds_ahead_and_falls_as_the_time_changes()
    {
        const ulong Update = 3 * Second / 4;
        clock.Now = Update - 2_228_001;
        (In(0x0A) & 0x80).ShouldBe(0);
        clock.Now++;
        (In(0x0A) & 0x80).ShouldBe(0x80);
        In(0).ShouldBe((byte)0x57);
        clock.Now = Update - 1;
        (In(0x0A) & 0x80).ShouldBe(0x80);
        clock.Now = Update;
        (In(0x0A) & 0x80).ShouldBe(0);
        In(0).ShouldBe((byte)0x58);
        In(0x0C).ShouldBe((byte)0x50, "periodic and update ended, not enabled");
        In(0x0C).ShouldBe((byte)0);
    }

    [Fact]
    public void A_driver_sees_update_in_progress_rise_and_fall_once_a_second()
    {
        int falls = 0;
        byte last = 0;
        for (int i = 0; i < 50_000; i++)
        {
            clock.Now += 100_000;
            byte uip = (byte)(In(0x0A) & 0x80);
            if (last != 0 && uip == 0)
                falls++;
            last = uip;
        }

        falls.ShouldBe(5);
    }

    [Fact]
    public void Time_can_be_read_in_binary_and_in_twelve_hours_after_the_guest_has_set_it_so()
    {
        Out(0x0B, 0x80 | 0x04);
        foreach ((int index, int value) in ((int, int)[])[(0, 59), (2, 59), (4, 0x80 | 11), (6, 7), (7, 31), (8, 12), (9, 99), (0x32, 19)])
            Out(index, value);
        clock.Now += 10 * Second;
        In(0).ShouldBe((byte)59, "SET holds the time");
        Out(0x0B, 0x04);
        clock.Now += Second;
        (In(0), In(2), In(4), In(6), In(7), In(8), In(9), In(0x32)).ShouldBe(
            ((byte)0, (byte)0, (byte)12, (byte)1, (byte)1, (byte)1, (byte)0, (byte)20));
        clock.Now += 12 * 3600 * Second;
        In(4).ShouldBe((byte)(0x80 | 12), "noon");
        clock.Now += 3600 * Second;
        In(4).ShouldBe((byte)(0x80 | 1));
    }

    [Fact]
    public void Releasing_the_divider_makes_the_next_update_half_a_second_later()
    {
        clock.Now = 123_456_789;
        Out(0x0B, 0x82);
        Out(0x0A, 0x70);
        clock.Now += 5 * Second;
        Out(0, 0x30);
        Out(0x0A, 0x26);
        Out(0x0B, 0x02);
        clock.Now += (Second / 2) - 1;
        In(0).ShouldBe((byte)0x30);
        clock.Now++;
        In(0).ShouldBe((byte)0x31);
    }

    [Fact]
    public void Update_ended_interrupts_once_a_second_until_register_C_is_read()
    {
        Out(0x0B, 0x12);
        rtc.Deadline.ShouldBe(3 * Second / 4);
        for (int i = 0; i < 3; i++)
        {
            clock.Now = rtc.Deadline;
            rtc.Advance();
            line.Level.ShouldBeTrue();
            rtc.Deadline.ShouldBe(clock.Now + Second);
            (In(0x0C) & 0x90).ShouldBe(0x90);
            line.Level.ShouldBeFalse();
        }

        line.Rises.ShouldBe(3);
    }

    [Fact]
    public void The_alarm_matches_exactly_or_with_don_t_care_registers()
    {
        Out(1, 0x05);
        Out(3, 0xC0);
        Out(5, 0xFF);
        Out(0x0B, 0x22);
        int alarms = 0;
        while (clock.Now < 180 * Second)
        {
            clock.Now = rtc.Deadline;
            rtc.Advance();
            if (!line.Level)
                continue;
            alarms++;
            In(0).ShouldBe((byte)0x05);
            (In(0x0C) & 0xB0).ShouldBe(0xB0);
        }

        alarms.ShouldBe(3);
        Out(5, 0x12);
        Out(3, 0x00);
        clock.Now += 86_400 * Second;
        (In(0x0C) & 0x20).ShouldBe(0x20, "a day passed unread still matched");
    }

    [Theory]
    [InlineData(6, 1024)]
    [InlineData(15, 2)]
    [InlineData(3, 8192)]
    [InlineData(1, 256)]
    [InlineData(2, 128)]
    [InlineData(0, 0)]
    public void The_periodic_interrupt_comes_at_the_selected_rate(int rate, int perSecond)
    {
        Out(0x0A, 0x20 | rate);
        Out(0x0B, 0x42);
        int count = 0;
        ulong end = clock.Now + (2 * Second);
        while (rtc.Deadline <= end)
        {
            clock.Now = rtc.Deadline;
            rtc.Advance();
            (In(0x0C) & 0xC0).ShouldBe(0xC0);
            count++;
        }

        count.ShouldBe(2 * perSecond);
    }

    [Fact]
    public void Memory_size_equipment_and_checksum_are_as_firmware_leaves_them()
    {
        int Word(int index) => In(index) | (In(index + 1) << 8);
        Word(0x15).ShouldBe(640);
        Word(0x17).ShouldBe(65_535);
        Word(0x30).ShouldBe(65_535);
        Word(0x34).ShouldBe(240 * 16);
        Word(0x5B).ShouldBe(0);
        int sum = 0;
        for (int i = 0x10; i <= 0x2D; i++)
            sum += In(i);
        ((In(0x2E) << 8) | In(0x2F)).ShouldBe(sum);
        In(0x0D).ShouldBe((byte)0x80);
        var big = new CmosRtc(clock, line, 0, 3072 * Megabyte, 5120 * Megabyte);
        big.WritePort(0x70, 1, 0x5D);
        big.ReadPort(0x71, 1).ShouldBe(0x01u);
        big.WritePort(0x70, 1, 0x5C);
        big.ReadPort(0x71, 1).ShouldBe(0x40u);
        big.SetMemory(0x10, 7);
        big.WritePort(0x70, 1, 0x10);
        big.ReadPort(0x71, 1).ShouldBe(7u);
    }

    [Fact]
    public void A_reset_disables_interrupts_and_keeps_time_and_memory()
    {
        Out(0x40, 0x77);
        Out(0x0B, 0x72);
        clock.Now += 5 * Second;
        rtc.Advance();
        line.Level.ShouldBeTrue();
        rtc.Reset();
        line.Level.ShouldBeFalse();
        In(0x0B).ShouldBe((byte)0x02);
        In(0x40).ShouldBe((byte)0x77);
        Shown().ShouldBe("2024-03-01 00:00:02 6");
    }

    [Fact]
    public void Bit_7_of_the_index_port_masks_NMI_and_the_port_cannot_be_read()
    {
        rtc.WritePort(0x70, 1, 0x8D);
        rtc.NmiMasked.ShouldBeTrue();
        rtc.ReadPort(0x71, 1).ShouldBe(0x80u);
        rtc.WritePort(0x70, 1, 0x0D);
        rtc.NmiMasked.ShouldBeFalse();
        rtc.ReadPort(0x70, 1).ShouldBe(0xFFu);
    }
}
