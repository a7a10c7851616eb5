using ReplayVmm.Events;
using ReplayVmm.Machine;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>Nobody types, entropy is a count, and events go nowhere.</summary>
internal sealed class NoInput : IInputSource, IEventSink
{
    private ulong drawn;

    public int TakeConsoleInput(ulong now, Span<byte> buffer) => 0;

    public ulong WaitForInput(ulong now, ulong deadline) => deadline;

    public ulong DrawEntropy(ulong now) => ++drawn;

    public bool EndRequested(ulong now, out EndReason reason)
    {
        reason = EndReason.OperatorStopped;
        return false;
    }

    public bool Append(ReadOnlySpan<Event> events, ReadOnlySpan<byte> arena)
    {
        foreach (ref readonly Event e in events)
            FuzzException.Unless(e.Kind != EventKind.InternalError, $"internal error {e.A} at {e.B:x}, {e.C:x}");
        return true;
    }
}
