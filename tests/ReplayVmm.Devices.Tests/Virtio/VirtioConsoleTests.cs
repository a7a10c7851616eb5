using System.Text;

namespace ReplayVmm.Devices.Tests;

public sealed class VirtioConsoleTests
{
    private const int Receive = 0, Transmit = 1;
    private const ulong Buffer = Ram.Start + 0x8_0000;

    private readonly Ram ram = new();
    private readonly ManualClock clock = new();
    private readonly RecordedLine line = new();
    private readonly RecordedSink sink = new();
    private readonly VirtioConsole device;
    private readonly VirtioDriver driver;

    public VirtioConsoleTests()
    {
        device = new VirtioConsole(sink, new VirtioWiring(clock, line, ram));
        driver = new VirtioDriver(device, ram, clock);
    }

    [Fact]
    public void What_the_guest_prints_arrives_in_order_each_byte_taking_its_time()
    {
        driver.Read(0x008).ShouldBe(3u);
        driver.Start(2);
        Encoding.ASCII.GetBytes("hello, world").CopyTo(ram.At(Buffer, 12));
        driver.Send(Transmit, (Buffer, 5, false), (Buffer + 5, 2, false));
        driver.Send(Transmit, (Buffer + 7, 5, false));
        device.Deadline.ShouldBe(1700ul);
        driver.Finish();
        sink.Text.ShouldBe("hello, world");
        driver.Take(Transmit).ShouldBe((0u, 0u));
        driver.Take(Transmit).ShouldBe((2u, 0u));
        clock.Now.ShouldBe(1700ul + 1500);
    }

    [Fact]
    public void Typed_bytes_wait_for_a_buffer_and_fill_what_there_is()
    {
        device.ReceiveCapacity.ShouldBe(0, "the driver is not ready");
        device.Receive("lost"u8);
        driver.Start(2);
        device.ReceiveCapacity.ShouldBe(64);
        device.Receive("abcde"u8);
        device.ReceiveCapacity.ShouldBe(59);
        device.Deadline.ShouldBe(ulong.MaxValue);
        driver.Send(Receive, (Buffer, 3, true));
        driver.Finish();
        driver.Take(Receive).ShouldBe((0u, 3u));
        Encoding.ASCII.GetString(ram.At(Buffer, 3)).ShouldBe("abc");
        driver.Send(Receive, (Buffer, 100, true));
        driver.Finish();
        driver.Take(Receive).ShouldBe((1u, 2u));
        Encoding.ASCII.GetString(ram.At(Buffer, 2)).ShouldBe("de");
        device.ReceiveCapacity.ShouldBe(64);
        driver.Send(Receive, (Buffer, 100, true));
        device.Deadline.ShouldBe(ulong.MaxValue, "nothing to give");
        device.Receive("f"u8);
        driver.Finish();
        driver.Take(Receive).ShouldBe((2u, 1u));
        line.Level.ShouldBeTrue();
    }

    [Fact]
    public void More_than_the_device_holds_is_not_taken_and_a_reset_forgets_it()
    {
        driver.Start(2);
        device.Receive(new byte[100]);
        device.ReceiveCapacity.ShouldBe(0);
        driver.Start(2);
        device.ReceiveCapacity.ShouldBe(64);
    }

    [Theory]
    [InlineData(Transmit, true, 8u)]
    [InlineData(Transmit, false, 0x10001u)]
    [InlineData(Receive, false, 8u)]
    [InlineData(Receive, true, 0u)]
    public void A_buffer_of_the_wrong_direction_or_length_needs_a_reset(int queue, bool writable, uint length)
    {
        driver.Start(2);
        device.Receive("x"u8);
        driver.Send(queue, (Ram.Start + 0x2_0000, length, writable));
        driver.Finish();
        driver.NeedsReset.ShouldBeTrue();
    }
}
