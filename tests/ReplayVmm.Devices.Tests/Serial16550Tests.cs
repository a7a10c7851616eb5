namespace ReplayVmm.Devices.Tests;

public sealed class Serial16550Tests
{
    private const ushort Data = 0x3F8, Ier = 0x3F9, Iir = 0x3FA, Fcr = 0x3FA, Lcr = 0x3FB, Mcr = 0x3FC, Lsr = 0x3FD, Msr = 0x3FE, Scr = 0x3FF;

    private readonly ManualClock clock = new();
    private readonly RecordedLine line = new();
    private readonly RecordedSink sink = new();
    private readonly Serial16550 uart;

    public Serial16550Tests() => uart = new Serial16550("com1", 0x3F8, clock, line, sink);

    private byte In(ushort port) => (byte)uart.ReadPort(port, 1);

    private void Out(ushort port, int value) => uart.WritePort(port, 1, (uint)value);

    [Fact]
    public void What_is_written_to_the_data_port_is_printed_at_once_and_the_transmitter_is_empty_again()
    {
        foreach (char c in "hello")
            Out(Data, c);
        sink.Text.ShouldBe("hello");
        In(Lsr).ShouldBe((byte)0x60);
    }

    [Fact]
    public void The_autodetection_of_an_8250_driver_finds_a_16550A()
    {
        // The interrupt enable register keeps four bits and no more.
        Out(Ier, 0);
        (In(Ier) & 0x0F).ShouldBe(0);
        Out(Ier, 0x0F);
        In(Ier).ShouldBe((byte)0x0F);
        Out(Ier, 0x40);
        In(Ier).ShouldBe((byte)0);

        // Loopback feeds RTS, DTR, OUT1 and OUT2 back as CTS, DSR, RI and DCD.
        byte savedMcr = In(Mcr);
        Out(Mcr, 0x10 | 0x0A);
        (In(Msr) & 0xF0).ShouldBe(0x90);
        Out(Mcr, savedMcr);

        // No extended register file behind LCR = BFh.
        Out(Lcr, 0xBF);
        Out(Fcr, 0);
        Out(Lcr, 0);
        Out(Fcr, 1);
        (In(Iir) >> 6).ShouldBe(3);
        foreach (byte lcr in (byte[])[0x80, 0xBF])
        {
            Out(Lcr, lcr);
            In(Iir).ShouldNotBe((byte)0);
        }

        // Not a 16750: bit 5 of IIR stays clear whether or not the 64-byte FIFO is asked for, with DLAB set or clear.
        foreach (byte lcr in (byte[])[0x00, 0x80])
        {
            Out(Lcr, lcr);
            Out(Fcr, 0x21);
            (In(Iir) >> 5).ShouldBe(6);
        }

        Out(Lcr, 3);
        Out(Scr, 0xA5);
        In(Scr).ShouldBe((byte)0xA5);
    }

    [Fact]
    public void The_divisor_latch_hides_data_and_interrupt_enable()
    {
        Out(Lcr, 0x83);
        Out(Data, 0x01);
        Out(Ier, 0x02);
        In(Data).ShouldBe((byte)1);
        In(Ier).ShouldBe((byte)2);
        Out(Lcr, 0x03);
        In(Ier).ShouldBe((byte)0);
        sink.Count.ShouldBe(0);
    }

    [Fact]
    public void Enabling_the_transmitter_interrupt_raises_it_and_reading_the_identification_takes_it_back()
    {
        Out(Mcr, 0x0B);
        Out(Ier, 0x02);
        line.Level.ShouldBeTrue();
        In(Iir).ShouldBe((byte)0x02);
        line.Level.ShouldBeFalse();
        In(Iir).ShouldBe((byte)0x01);
        Out(Data, 'x');
        line.Rises.ShouldBe(2);
        Out(Data, 'y');
        line.Rises.ShouldBe(3, "each emptying is a new edge");
        Out(Ier, 0x02);
        line.Rises.ShouldBe(3, "writing the same enable again is no event");
    }

    [Fact]
    public void Without_OUT2_and_in_loopback_no_interrupt_leaves_the_card()
    {
        Out(Ier, 0x02);
        line.Level.ShouldBeFalse();
        In(Iir).ShouldBe((byte)0x02);
        Out(Ier, 0);
        Out(Ier, 0x02);
        Out(Mcr, 0x18);
        line.Level.ShouldBeFalse();
        Out(Mcr, 0x08);
        line.Level.ShouldBeTrue();
    }

    [Fact]
    public void Interrupt_sources_are_identified_in_order_of_priority()
    {
        Out(Fcr, 0x01);
        Out(Ier, 0x0F);
        Out(Mcr, 0x10);
        Out(Mcr, 0x00);
        uart.Receive(new byte[17]);
        In(Iir).ShouldBe((byte)0xC6, "overrun");
        In(Lsr).ShouldBe((byte)0x63);
        In(Lsr).ShouldBe((byte)0x61, "reading cleared the overrun");
        In(Iir).ShouldBe((byte)0xC4, "received data");
        for (int i = 0; i < 16; i++)
            In(Data);
        In(Iir).ShouldBe((byte)0xC2, "transmitter empty");
        In(Iir).ShouldBe((byte)0xC0, "modem status");
        In(Msr).ShouldBe((byte)0xBB);
        In(Iir).ShouldBe((byte)0xC1);
    }

    [Fact]
    public void Below_the_trigger_level_the_data_interrupt_comes_after_four_character_times_of_silence()
    {
        Out(Lcr, 0x83);
        Out(Data, 1);
        Out(Ier, 0);
        Out(Lcr, 0x03);
        Out(Fcr, 0x81);
        Out(Ier, 0x01);
        Out(Mcr, 0x08);
        clock.Now = 1000;
        uart.Receive("abc"u8);
        line.Level.ShouldBeFalse();
        // 10 bits at 115,200 baud are 86,805.5 ns.
        uart.Deadline.ShouldBe(1000ul + 347_222);
        clock.Now = uart.Deadline - 1;
        uart.Advance();
        line.Level.ShouldBeFalse();
        clock.Now++;
        uart.Advance();
        line.Level.ShouldBeTrue();
        uart.Deadline.ShouldBe(ulong.MaxValue);
        In(Iir).ShouldBe((byte)0xCC);
        In(Data).ShouldBe((byte)'a');
        line.Level.ShouldBeFalse("a read starts the silence anew");
        uart.Deadline.ShouldBe(clock.Now + 347_222);
        uart.Receive("defghi"u8);
        In(Iir).ShouldBe((byte)0xC4, "eight bytes reach the trigger");
    }

    [Fact]
    public void Capacity_is_sixteen_with_the_FIFO_one_without_and_none_in_loopback()
    {
        uart.ReceiveCapacity.ShouldBe(1);
        uart.Receive("ab"u8);
        In(Lsr).ShouldBe((byte)0x63);
        In(Data).ShouldBe((byte)'b', "without a FIFO the newcomer overwrites");
        Out(Fcr, 1);
        uart.ReceiveCapacity.ShouldBe(16);
        uart.Receive("0123456789abcdefX"u8);
        uart.ReceiveCapacity.ShouldBe(0);
        In(Data).ShouldBe((byte)'0', "with a FIFO the newcomer is lost");
        Out(Fcr, 3);
        uart.ReceiveCapacity.ShouldBe(16);
        Out(Mcr, 0x10);
        uart.ReceiveCapacity.ShouldBe(0);
    }

    [Fact]
    public void In_loopback_what_is_sent_is_received_and_nothing_is_printed()
    {
        Out(Mcr, 0x10);
        Out(Data, 0x5A);
        (In(Lsr) & 1).ShouldBe(1);
        In(Data).ShouldBe((byte)0x5A);
        (In(Lsr) & 1).ShouldBe(0);
        sink.Count.ShouldBe(0);
    }
}
