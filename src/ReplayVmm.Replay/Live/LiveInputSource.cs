using System.Buffers.Binary;
using ReplayVmm.Devices;
using ReplayVmm.Machine;

namespace ReplayVmm.Replay;

/// <summary>
/// The inputs of a machine that is being recorded: a file, a script that watches the console, a person at a terminal, the host's entropy,
/// Ctrl-C. Where only files and scripts feed it, its answers are a function of what the guest prints and of when it asks, so that two
/// recordings of one command are equal.
/// </summary>
/// <remarks>
/// Bytes are handed out at most once at one virtual time, at the first asking: then their stamps alone say, at replay, which asking
/// they answered.
/// </remarks>
public sealed class LiveInputSource : IInputSource, IConsoleSink
{
    private const ulong NanosecondsPerTick = 100;
    private const ulong ShortestSleep = 2_000_000;
    private const ulong LongestSleep = 3_600_000_000_000;

    private readonly LiveInputs inputs;
    private readonly TextWatcher? end;
    private readonly Queue<byte> typed = new();
    private TextWatcher? step;
    private int steps;
    private int inputByte = -2;
    private ulong? askedAt;
    private ulong owed;
    private bool textSeen;
    private volatile bool stopped;

    /// <summary>Prepares the inputs.</summary>
    public LiveInputSource(LiveInputs inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        this.inputs = inputs;
        end = string.IsNullOrEmpty(inputs.UntilText) ? null : new TextWatcher(inputs.UntilText);
        Arm();
    }

    /// <summary>Steps of the script that have not typed yet.</summary>
    public int StepsLeft => inputs.Script.Count - steps;

    /// <summary>Ends the session at the next opportunity; from any thread.</summary>
    public void Stop()
    {
        stopped = true;
        inputs.Terminal?.Nudge();
    }

    /// <inheritdoc/>
    public void Write(byte value)
    {
        if (end is not null && end.Take(value))
            textSeen = true;
        if (step is null || !step.Take(value))
            return;
        foreach (byte key in inputs.Script[steps].Keys)
            typed.Enqueue(key);
        steps++;
        Arm();
    }

    /// <inheritdoc/>
    public int TakeConsoleInput(ulong now, Span<byte> buffer)
    {
        if (askedAt == now)
            return 0;
        askedAt = now;
        int count = 0;
        while (count < buffer.Length && typed.TryDequeue(out byte key))
            buffer[count++] = key;
        while (count < buffer.Length && PeekInput() >= 0)
        {
            buffer[count++] = (byte)inputByte;
            inputByte = -2;
        }

        if (inputs.Terminal is { } terminal)
            count += terminal.Take(buffer[count..]);
        return count;
    }

    /// <inheritdoc/>
    public ulong WaitForInput(ulong now, ulong deadline)
    {
        ulong soon = now < deadline ? now + 1 : deadline;
        if (stopped || textSeen)
            return soon;
        // A machine that did not ask just now has no room: what waits here cannot wake it, and asking each nanosecond would not help.
        if (askedAt is { } asked && asked != now)
            return deadline;
        if (typed.Count > 0 || PeekInput() >= 0)
            return soon;
        if (inputs.Terminal is not { IsClosed: false } terminal)
            return deadline;
        if (deadline == ulong.MaxValue)
            return WaitForPerson(terminal, now);
        ulong passed = Pace(terminal, deadline - now);
        return passed == deadline - now ? deadline : Math.Max(soon, now + passed);
    }

    /// <inheritdoc/>
    public ulong DrawEntropy(ulong now)
    {
        Span<byte> word = stackalloc byte[8];
        inputs.Entropy(word);
        return BinaryPrimitives.ReadUInt64LittleEndian(word);
    }

    /// <inheritdoc/>
    public bool EndRequested(ulong now, out EndReason reason)
    {
        reason = textSeen ? EndReason.TextSeen : EndReason.OperatorStopped;
        return textSeen || stopped;
    }

    /// <summary>Only a person can wake the guest: virtual time goes on as long as they take.</summary>
    private ulong WaitForPerson(TerminalFeed terminal, ulong now)
    {
        long start = inputs.Clock.GetTimestamp();
        terminal.Wait(Timeout.InfiniteTimeSpan);
        owed = 0;
        return terminal.IsClosed ? ulong.MaxValue : now + Math.Max(1, Since(start));
    }

    /// <summary>
    /// Lets an idle guest sleep as long as its virtual time says. Timers of a terminal's host are coarse, so short sleeps are added up.
    /// </summary>
    /// <returns>How much of <paramref name="idle"/> passed before somebody typed.</returns>
    private ulong Pace(TerminalFeed terminal, ulong idle)
    {
        owed += Math.Min(idle, LongestSleep);
        if (owed < ShortestSleep && !terminal.HasBytes)
            return idle;
        long start = inputs.Clock.GetTimestamp();
        bool woken = terminal.Wait(TimeSpan.FromTicks((long)(owed / NanosecondsPerTick)));
        ulong slept = Since(start);
        if (!woken)
        {
            owed -= Math.Min(owed, slept);
            return idle;
        }

        ulong before = owed - Math.Min(idle, owed);
        owed = 0;
        return slept > before ? Math.Min(idle, slept - before) : 0;
    }

    private ulong Since(long start) => (ulong)Math.Max(0, inputs.Clock.GetElapsedTime(start).Ticks) * NanosecondsPerTick;

    private void Arm() => step = steps < inputs.Script.Count ? new TextWatcher(inputs.Script[steps].Text) : null;

    /// <summary>The next byte of the input file, kept until it is taken; -1 at its end.</summary>
    private int PeekInput()
    {
        if (inputByte == -2)
            inputByte = inputs.Input?.ReadByte() ?? -1;
        return inputByte;
    }
}
