namespace ReplayVmm.Store.Tests;

/// <summary>Real rows: a made-up run of a machine, cut into segments by the codec. The same seed gives the same rows.</summary>
internal static class Recording
{
    public static List<LogRow> Make(int events, int seed = 1)
    {
        var random = new Random(seed);
        var buffer = new EventBuffer();
        var rows = new List<LogRow>();
        using var writer = new SegmentWriter();
        ulong time = 0;
        new EventWriter(buffer, time, 0, 0).Write(EventKind.SessionStarted, """{"memory":"64M"}"""u8);
        for (int i = 0; i < events; i++)
        {
            time += (ulong)random.Next(1, 5000);
            var to = new EventWriter(buffer, time, 0, (byte)(i & 1));
            switch (random.Next(10))
            {
                case 0: to.Write(EventKind.ControlRegisterWritten, 0, 0x11, ulong.MaxValue - (ulong)i, 0, 0xFFFF_FFFF_8100_0000 + (ulong)i); break;
                case 1: to.Write(EventKind.MsrWritten, 0xC000_0080, 0, 0x500, 0, 0x1000); break;
                case 2: to.Write(EventKind.ConsoleOutput, "hello"u8); break;
                case 3: to.Write(EventKind.GuestMemoryWritten, new byte[i % 97 == 0 ? 70_000 : 16], 0x1000, 16); break;
                default: to.Write(EventKind.PortRead, 0x3FD, 1, 0x60, 0x1000); break;
            }
        }
        new EventWriter(buffer, time, 0, 0).Write(EventKind.SessionEnded, new byte[32], 1, 0, 99);
        writer.Append(buffer.Events, buffer.Arena, rows);
        writer.Flush(rows);
        return rows;
    }

    public static Guid Append(EventStore store, string name, IReadOnlyList<LogRow> rows)
    {
        Guid id = Rows.SessionId(name);
        using ISessionWriter writer = store.Create(id, name);
        writer.Append(rows);
        return id;
    }
}
