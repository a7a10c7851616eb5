using System.Globalization;

namespace ReplayVmm.Devices.Tests;

/// <summary>Port accesses with the answers that the devices of QEMU 7.2 gave to them, taken at its monitor while the machine stood still.</summary>
public sealed class VectorTests
{
    [Theory]
    [InlineData("serial.txt", 256ul, 0ul)]
    [InlineData("keyboard.txt", 256ul, 0ul)]
    [InlineData("pic.txt", 256ul, 0ul)]
    [InlineData("rtc.txt", 256ul, 0ul)]
    [InlineData("cmos-256M.txt", 256ul, 0ul)]
    [InlineData("cmos-5G.txt", 3072ul, 2048ul)]
    public void The_devices_answer_as_those_of_another_emulator_did(string file, ulong megabytesBelow4G, ulong megabytesAbove4G)
    {
        ManualClock clock = new();
        RecordedPlatform platform = new();
        Pic8259Pair pic = new(new RecordedLine());
        ulong wallClock = (ulong)new DateTimeOffset(2024, 2, 29, 23, 59, 57, TimeSpan.Zero).ToUnixTimeSeconds() * 1_000_000_000;
        CmosRtc rtc = new(clock, pic.Line(8), wallClock, megabytesBelow4G << 20, megabytesAbove4G << 20);
        Serial16550 serial = new("com1", 0x3F8, clock, pic.Line(4), new RecordedSink());
        Keyboard8042 keyboard = new(platform, pic.Line(1), pic.Line(12));
        PortBus bus = new([.. pic.Ports, .. rtc.Ports, .. serial.Ports, .. keyboard.Ports]);

        string[] lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Vectors", file));
        lines.Length.ShouldBeGreaterThan(20);
        for (int i = 0; i < lines.Length; i++)
        {
            string[] parts = lines[i].Split(' ');
            ushort port = ushort.Parse(parts[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            byte value = byte.Parse(parts[2], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (parts[0] == "W")
            {
                bus.Write(port, 1, value);
                continue;
            }

            string before = string.Join(", ", lines[Math.Max(0, i - 12)..i]);
            (bus.Read(port, 1) & Compared(port)).ShouldBe(value & Compared(port), $"{file}, line {i + 1}: {lines[i]} after {before}");
        }
    }

    /// <summary>
    /// Bits on which the other emulator leaves its data sheets and is not followed: the deltas of looped modem lines, and the system and
    /// command/data flags of the keyboard controller.
    /// </summary>
    private static uint Compared(ushort port) => port switch
    {
        0x3FE => 0xF0,
        0x64 => 0xF3,
        _ => 0xFF,
    };
}
