using ReplayVmm.Events;

namespace ReplayVmm.Cli;

/// <summary>
/// A sink that gets its target late: a machine is built, and may refuse its configuration, before a session is created for it. Without a
/// target events go nowhere.
/// </summary>
internal sealed class SwitchedSink : IEventSink
{
    /// <summary>Where events go.</summary>
    public IEventSink? Target { get; set; }

    /// <inheritdoc/>
    public bool Append(ReadOnlySpan<Event> events, ReadOnlySpan<byte> arena) => Target?.Append(events, arena) ?? true;
}
