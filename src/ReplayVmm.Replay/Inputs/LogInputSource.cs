using ReplayVmm.Events;
using ReplayVmm.Machine;

namespace ReplayVmm.Replay;

/// <summary>
/// The inputs of a recording, given to the machine at the virtual times at which they took effect. Streams along the log with memory
/// bounded by the rows around the present. What does not fit (a run that diverged asks for more than there is) is answered with zeros: the
/// comparison of events names the divergence.
/// </summary>
public sealed class LogInputSource : IInputSource, IDisposable
{
    private readonly InputCursor cursor;
    private volatile bool stopped;

    /// <summary>Reads <paramref name="session"/> up to the version that it has now.</summary>
    public LogInputSource(IEventLog log, SessionInfo session) => cursor = new InputCursor(log, session);

    /// <inheritdoc/>
    public int TakeConsoleInput(ulong now, Span<byte> buffer)
    {
        cursor.PassThrough(now);
        if (!cursor.Console.TryPeek(out LoggedInput input) || input.VirtualTime > now)
            return 0;
        cursor.Console.Dequeue();
        int length = Math.Min(buffer.Length, input.Bytes.Length);
        input.Bytes.AsSpan(0, length).CopyTo(buffer);
        return length;
    }

    /// <inheritdoc/>
    public ulong WaitForInput(ulong now, ulong deadline)
    {
        cursor.PassThrough(now);
        while (true)
        {
            // Input that should have been taken by now is a divergence; time must go on all the same.
            if (cursor.Console.TryPeek(out LoggedInput input))
                return Math.Min(deadline, Math.Max(input.VirtualTime, now + 1));
            if (cursor.End is { } end)
                return end > now ? Math.Min(deadline, end) : deadline;
            if (cursor.Next is null || cursor.Next > deadline)
                return deadline;
            cursor.Pass();
        }
    }

    /// <inheritdoc/>
    public ulong DrawEntropy(ulong now)
    {
        cursor.PassThrough(now);
        return cursor.Entropy.TryDequeue(out LoggedInput input) ? input.Word : 0;
    }

    /// <summary>
    /// Only once <see cref="Stop"/> was called: otherwise a replay ends at the exact point that its log says, or where the log ends.
    /// </summary>
    public bool EndRequested(ulong now, out EndReason reason)
    {
        reason = EndReason.OperatorStopped;
        return stopped;
    }

    /// <summary>Ends the replay at the next opportunity; from any thread.</summary>
    public void Stop() => stopped = true;

    /// <inheritdoc/>
    public void Dispose() => cursor.Dispose();
}
