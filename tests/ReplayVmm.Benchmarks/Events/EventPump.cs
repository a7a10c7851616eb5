using ReplayVmm.Events;

namespace ReplayVmm.Benchmarks;

/// <summary>Repeats the events of a mix as one long run, batch by batch as a machine hands them over.</summary>
internal static class EventPump
{
    private const int Batch = 1024;

    /// <summary>Hands <paramref name="count"/> events to <paramref name="sink"/>.</summary>
    public static void Run(EventMix mix, int count, IEventSink sink)
    {
        var batch = new Event[Batch];
        ulong position = 0, lap = 0;
        int at = 0;
        for (int done = 0; done < count;)
        {
            int n = Math.Min(Math.Min(Batch, count - done), mix.Events.Length - at);
            ReadOnlySpan<Event> from = mix.Events.Slice(at, n);
            for (int i = 0; i < n; i++)
                batch[i] = from[i] with { Position = position++, VirtualTime = from[i].VirtualTime + lap };
            if (!sink.Append(batch.AsSpan(0, n), mix.Arena))
                throw new BenchException("the recorder stopped");
            done += n;
            at += n;
            if (at < mix.Events.Length)
                continue;
            at = 0;
            lap += mix.Span;
        }
    }
}
