namespace ReplayVmm.Replay;

/// <summary>
/// What a person types, on its way from the thread that reads the terminal to the guest's. Bounded: a reader that is faster than the guest
/// waits.
/// </summary>
public sealed class TerminalFeed
{
    private const int Capacity = 1 << 16;

    private readonly object gate = new();
    private readonly Queue<byte> bytes = new();
    private bool closed;
    private bool nudged;

    /// <summary>True once nothing more will come.</summary>
    public bool IsClosed
    {
        get
        {
            lock (gate)
                return closed && bytes.Count == 0;
        }
    }

    /// <summary>True where a byte can be taken.</summary>
    public bool HasBytes
    {
        get
        {
            lock (gate)
                return bytes.Count > 0;
        }
    }

    /// <summary>Adds what was typed; waits while the guest does not take what there is.</summary>
    public void Type(ReadOnlySpan<byte> typed)
    {
        lock (gate)
        {
            foreach (byte b in typed)
            {
                while (bytes.Count >= Capacity && !closed)
                    Monitor.Wait(gate);
                bytes.Enqueue(b);
            }

            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Nothing more will come; wakes whoever waits.</summary>
    public void Close()
    {
        lock (gate)
        {
            closed = true;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Wakes a waiting guest although nothing was typed: the operator wants something else of it.</summary>
    public void Nudge()
    {
        lock (gate)
        {
            nudged = true;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Takes what there is, as much as fits.</summary>
    public int Take(Span<byte> destination)
    {
        lock (gate)
        {
            int count = Math.Min(destination.Length, bytes.Count);
            for (int i = 0; i < count; i++)
                destination[i] = bytes.Dequeue();
            Monitor.PulseAll(gate);
            return count;
        }
    }

    /// <summary>Waits until something was typed, the feed was closed or nudged, or <paramref name="patience"/> is over.</summary>
    /// <param name="patience">How long; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <returns>False where the patience was over.</returns>
    public bool Wait(TimeSpan patience)
    {
        lock (gate)
        {
            bool inTime = true;
            while (inTime && !closed && !nudged && bytes.Count == 0)
                inTime = Monitor.Wait(gate, patience);
            nudged = false;
            return inTime;
        }
    }
}
