using System.Text;

namespace ReplayVmm.Machine.Tests;

/// <summary>Inputs known beforehand: what is typed when, and entropy that counts.</summary>
internal sealed class Script(params (ulong Time, string Text)[] typed) : IInputSource
{
    private readonly Queue<(ulong Time, byte Value)> pending = new(typed.SelectMany(t => Encoding.Latin1.GetBytes(t.Text).Select(b => (t.Time, b))));
    private ulong entropy;

    public Func<ulong, EndReason?>? End { get; init; }

    public int TakeConsoleInput(ulong now, Span<byte> buffer)
    {
        int count = 0;
        while (count < buffer.Length && pending.TryPeek(out (ulong Time, byte Value) next) && next.Time <= now)
            buffer[count++] = pending.Dequeue().Value;
        return count;
    }

    public ulong WaitForInput(ulong now, ulong deadline)
    {
        if (pending.TryPeek(out (ulong Time, byte Value) next) && next.Time < deadline)
            return Math.Max(now, next.Time);
        return deadline;
    }

    public ulong DrawEntropy(ulong now) => ++entropy;

    public bool EndRequested(ulong now, out EndReason reason)
    {
        EndReason? wanted = End?.Invoke(now);
        reason = wanted ?? default;
        return wanted is not null;
    }
}
