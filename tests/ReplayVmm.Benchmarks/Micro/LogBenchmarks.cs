using BenchmarkDotNet.Attributes;
using ReplayVmm.Events;
using ReplayVmm.Replay;

namespace ReplayVmm.Benchmarks;

/// <summary>The log's pieces, an event each.</summary>
public class LogBenchmarks : IDisposable
{
    private const int Events = SegmentLimits.MaxEvents;
    private readonly EventMix mix = EventMix.Kernels();
    private readonly EventBuffer buffer = new();
    private readonly SegmentEncoder encoder = new();
    private readonly SegmentDecoder decoder = new();
    private readonly ChainHash chain = new();
    private readonly ContentHash content = new();
    private readonly byte[] link = new byte[ChainHash.Size];
    private readonly byte[] large = new byte[1 << 20];
    private readonly LogRow row;
    private readonly Recorder recorder;

    public LogBenchmarks()
    {
        row = Encode();
        recorder = new Recorder(new NullWriter(), TimeProvider.System);
    }

    [Benchmark(Description = "writing an event into a batch", OperationsPerInvoke = Events)]
    public void Write()
    {
        buffer.Clear();
        var writer = new EventWriter(buffer, 12345, 0, 0);
        for (int i = 0; i < Events; i++)
            writer.Write(EventKind.PortRead, 0x3FD, 1, 0x60, 0x1000);
    }

    [Benchmark(Description = "append: recorder, encoder and hashes into no database", OperationsPerInvoke = 32 * Events)]
    public void Append() => EventPump.Run(mix, 32 * Events, new Again(recorder, this));

    [Benchmark(Description = "encoding an event", OperationsPerInvoke = Events)]
    public LogRow Encode() => encoder.Encode(mix.Events[..Events], mix.Arena, 1, link);

    [Benchmark(Description = "decoding an event", OperationsPerInvoke = Events)]
    public int Decode()
    {
        decoder.Decode(row);
        return decoder.Events.Length;
    }

    [Benchmark(Description = "content hash of an event", OperationsPerInvoke = Events)]
    public void Content() => content.Append(mix.Events[..Events], mix.Arena);

    [Benchmark(Description = "chain hash of 1 KiB", OperationsPerInvoke = 1024)]
    public void Chain() => chain.Append(large);

    [GlobalCleanup]
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        recorder.Dispose();
        chain.Dispose();
        content.Dispose();
    }

    /// <summary>Positions go on from one invocation to the next.</summary>
    private sealed class Again(Recorder recorder, LogBenchmarks owner) : IEventSink
    {
        private readonly Event[] moved = new Event[1024];

        public bool Append(ReadOnlySpan<Event> events, ReadOnlySpan<byte> arena)
        {
            for (int i = 0; i < events.Length; i++)
                moved[i] = events[i] with { Position = owner.position++ };
            return recorder.Append(moved.AsSpan(0, events.Length), arena);
        }
    }

    private sealed class NullWriter : ISessionWriter
    {
        public void Append(IReadOnlyList<LogRow> rows)
        {
            // Nothing is kept.
        }

        public void Sign(HeadSignature signature)
        {
            // Nothing is signed.
        }

        public void Dispose()
        {
            // Nothing is held.
        }
    }

    private ulong position;
}
