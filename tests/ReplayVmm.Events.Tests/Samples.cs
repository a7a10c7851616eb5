namespace ReplayVmm.Events.Tests;

/// <summary>Streams of events that tests share.</summary>
internal static class Samples
{
    /// <summary>A guest that writes port 80h and reads port 3FDh in turn, its counter going down, in regular time.</summary>
    public static EventBuffer PortLoop(int count)
    {
        var buffer = new EventBuffer();
        for (int i = 0; i < count; i++)
        {
            bool write = i % 2 == 0;
            var writer = new EventWriter(buffer, (ulong)(1000 + i * 5 - (write ? 0 : 2)), 0, 0);
            if (write)
                writer.Write(EventKind.PortWritten, 0x80, 1, (ulong)(1_000_000 - i / 2) & 0xFF, 0x100010);
            else
                writer.Write(EventKind.PortRead, 0x3FD, 1, 0x60, 0x100012);
        }

        return buffer;
    }

    /// <summary>A mix of kinds as a booting system makes: ports at many addresses, MSRs, CPUID, console text, entropy.</summary>
    public static EventBuffer Mix(int count, int seed)
    {
        var random = new Random(seed);
        var buffer = new EventBuffer();
        ulong time = 0;
        byte[] text = new byte[40];
        for (int i = 0; i < count; i++)
        {
            time += (ulong)random.Next(50, 5000);
            ulong rip = 0xFFFF_FFFF_8100_0000 + (ulong)random.Next(60) * 0x1234;
            var writer = new EventWriter(buffer, time, 0, (byte)random.Next(2));
            switch (random.Next(12))
            {
                case 0:
                    writer.Write(EventKind.MsrWritten, 0x6E0, time - 3, time + (ulong)random.Next(1 << 20), 0, rip);
                    break;
                case 1:
                    writer.Write(EventKind.CpuidRead, (ulong)random.Next(16), 0, (ulong)random.NextInt64(), (ulong)random.NextInt64(), rip);
                    break;
                case 2:
                    random.NextBytes(text);
                    writer.Write(EventKind.ConsoleOutput, text.AsSpan(0, random.Next(text.Length)));
                    break;
                case 3:
                    writer.Write(EventKind.EntropyDrawn, (ulong)random.NextInt64(), 8, 1, rip);
                    break;
                case 4:
                    writer.Write(EventKind.InterruptInjected, 0x30, 0, rip);
                    break;
                case 5 or 6 or 7:
                    writer.Write(EventKind.MmioWritten, 0xFEE0_0000 + (ulong)random.Next(16) * 16, 4, (ulong)random.Next(), rip);
                    break;
                case 8 or 9:
                    writer.Write(EventKind.PortRead, 0x3F8 + (ulong)random.Next(8), 1, (ulong)random.Next(256), rip);
                    break;
                default:
                    writer.Write(EventKind.PortWritten, 0x3F8 + (ulong)random.Next(8), 1, (ulong)random.Next(256), rip);
                    break;
            }
        }

        return buffer;
    }

    /// <summary>A whole session: start, memory, a port loop and a mix, console input, an end.</summary>
    public static EventBuffer Session(int seed = 1)
    {
        var buffer = new EventBuffer();
        var writer = new EventWriter(buffer, 0, 0, 0);
        writer.Write(EventKind.SessionStarted, """{"FormatVersion":1,"Memory":1048576,"Note":"a sample"}"""u8);
        writer.Write(EventKind.VcpuCreated, 0);
        writer.Write(EventKind.MemslotSet, 0, 0, 0x100000, 0);
        writer.Write(EventKind.GuestMemoryWritten, new byte[5000], 0x7C00, 5000);
        Copy(PortLoop(6000), buffer, 10);
        writer = new EventWriter(buffer, 40_000, 0, 0);
        writer.Write(EventKind.CheckpointTaken, new byte[32], 1);
        writer.Write(EventKind.ConsoleInput, "reboot\r"u8, 1);
        Copy(Mix(3000, seed), buffer, 50_000);
        new EventWriter(buffer, 100_000_000, 0, 0).Write(EventKind.SessionEnded, new byte[32], 1, 0, 123_456);
        return buffer;
    }

    /// <summary>The rows of <paramref name="buffer"/>.</summary>
    public static List<LogRow> Rows(EventBuffer buffer)
    {
        var rows = new List<LogRow>();
        using var writer = new SegmentWriter();
        writer.Append(buffer.Events, buffer.Arena, rows);
        writer.Flush(rows);
        return rows;
    }

    /// <summary>Each event of <paramref name="rows"/> as text with everything it holds.</summary>
    public static List<string> Events(IEnumerable<LogRow> rows)
    {
        var lines = new List<string>();
        using var reader = new SegmentReader();
        foreach (LogRow row in rows)
        {
            reader.Read(row);
            foreach (ref readonly Event e in reader.Events)
                lines.Add(Describe(e, reader.Arena));
        }

        return lines;
    }

    /// <summary>Everything that <paramref name="e"/> holds, its payload's place excepted.</summary>
    public static string Describe(in Event e, ReadOnlySpan<byte> arena)
    {
        Event plain = e.PayloadLength > 0 ? e with { E = 0 } : e;
        return $"{plain} {Convert.ToHexString(e.Payload(arena))}";
    }

    private static void Copy(EventBuffer from, EventBuffer to, ulong time)
    {
        foreach (ref readonly Event e in from.Events)
        {
            Event moved = e with { VirtualTime = e.VirtualTime + time, PayloadLength = 0, E = e.PayloadLength > 0 ? 0 : e.E };
            to.Add(moved, e.Payload(from.Arena));
        }
    }
}
