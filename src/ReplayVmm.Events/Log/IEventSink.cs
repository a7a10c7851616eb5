namespace ReplayVmm.Events;

/// <summary>Where a running machine's events go: a recorder, a replayer that compares them, or nowhere.</summary>
public interface IEventSink
{
    /// <summary>
    /// Takes events in order. <paramref name="arena"/> holds their payloads and is only valid during the call.
    /// </summary>
    /// <returns>False when the machine must stop at once: the log is gone, or the run diverged.</returns>
    bool Append(ReadOnlySpan<Event> events, ReadOnlySpan<byte> arena);
}
