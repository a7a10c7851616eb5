using ReplayVmm.Events;

namespace ReplayVmm.Benchmarks;

/// <summary>
/// Made-up events of realistic entropy, from a fixed seed: many kinds, a few hundred places in the guest that cause them with very different frequency, values
/// that are mostly small, times that are mostly close.
/// </summary>
internal sealed class EventMix
{
    private const int Distinct = 1 << 17, Sites = 400;
    private const ulong Kernel = 0xFFFF_FFFF_8100_0000;
    private readonly Random random = new(20261120);
    private readonly ulong[] sites = new ulong[Sites];
    private readonly EventBuffer buffer = new();

    private EventMix()
    {
        for (int i = 0; i < Sites; i++)
            sites[i] = Kernel + (ulong)random.Next(1 << 24);
    }

    /// <summary>Virtual time that one pass through the events takes, nanoseconds.</summary>
    public ulong Span { get; private set; }

    /// <summary>The events.</summary>
    public ReadOnlySpan<Event> Events => buffer.Events;

    /// <summary>Their payloads.</summary>
    public ReadOnlySpan<byte> Arena => buffer.Arena;

    /// <summary>What a kernel that boots does.</summary>
    public static EventMix Kernels()
    {
        var mix = new EventMix();
        for (int i = 0; i < Distinct; i++)
        {
            mix.Span += mix.Gap();
            mix.AddKernelEvent(new EventWriter(mix.buffer, mix.Span, 0, 0));
        }

        return mix;
    }

    /// <summary>What a loop over two ports does.</summary>
    public static EventMix PortLoop()
    {
        var mix = new EventMix();
        for (int i = 0; i < Distinct; i += 2)
        {
            mix.Span += 1004;
            new EventWriter(mix.buffer, mix.Span, 0, 0).Write(EventKind.PortWritten, 0x80, 1, (byte)~(i / 2), 0x10_0123);
            mix.Span += 1003;
            new EventWriter(mix.buffer, mix.Span, 0, 0).Write(EventKind.PortRead, 0x3FD, 1, 0x60, 0x10_012B);
        }

        return mix;
    }

    private void AddKernelEvent(EventWriter to)
    {
        ulong site = sites[Skewed(Sites)];
        switch (random.Next(100))
        {
            case < 22: to.Write(EventKind.PortRead, 0x3F8 + (ulong)Skewed(8), 1, Value(8), site); break;
            case < 40: to.Write(EventKind.PortWritten, 0x3F8 + (ulong)Skewed(8), 1, Value(8), site); break;
            case < 52: to.Write(EventKind.MmioRead, 0xFEE0_0000 + ((ulong)Skewed(64) * 16), 4, Value(32), site); break;
            case < 64: to.Write(EventKind.MmioWritten, 0xFEE0_0000 + ((ulong)Skewed(64) * 16), 4, Value(32), site); break;
            case < 72: to.Write(EventKind.MsrWritten, 0x830 + (ulong)Skewed(16), 0, Value(48), 0, site); break;
            case < 76: to.Write(EventKind.MsrRead, 0x800 + (ulong)Skewed(64), Value(32), 0, site); break;
            case < 84: to.Write(EventKind.InterruptInjected, 0x20 + (ulong)Skewed(64), 0, site); break;
            case < 88: to.Write(EventKind.CpuidRead, (ulong)Skewed(24), 0, Value(64), Value(64), site); break;
            case < 92: to.Write(EventKind.ControlRegisterWritten, 0, 0x8005_0033, 0x8005_003B, 0, site); break;
            case < 96: to.Write(EventKind.VmExited, 12, 0, site, 1, 0); break;
            case < 98: to.Write(EventKind.EntropyDrawn, (ulong)random.NextInt64(), 8, 1, site); break;
            default: to.Write(EventKind.ConsoleOutput, Line()); break;
        }
    }

    /// <summary>Small numbers far more often than large ones.</summary>
    private int Skewed(int count)
    {
        double u = random.NextDouble();
        return (int)(u * u * u * count);
    }

    /// <summary>Three quarters of the values are one of a few; the others have up to so many random bits.</summary>
    private ulong Value(int bits) => random.Next(4) != 0 ? (ulong)Skewed(8) : (ulong)random.NextInt64() & (ulong.MaxValue >> (64 - 1 - Skewed(bits)));

    private ulong Gap() => 1 + (ulong)(-Math.Log(1 - random.NextDouble()) * 2500);

    private byte[] Line()
    {
        byte[] line = new byte[random.Next(1, 60)];
        for (int i = 0; i < line.Length; i++)
            line[i] = (byte)("etaoin shrdlu0123456789[]:.x"[Skewed(28)]);
        return line;
    }
}
