using ReplayVmm.Events;

namespace ReplayVmm.Benchmarks;

/// <summary>Where events go in a run without a log.</summary>
internal sealed class NullSink : IEventSink
{
    /// <inheritdoc/>
    public bool Append(ReadOnlySpan<Event> events, ReadOnlySpan<byte> arena) => true;
}
