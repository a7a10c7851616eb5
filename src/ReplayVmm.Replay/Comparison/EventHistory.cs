using ReplayVmm.Events;

namespace ReplayVmm.Replay;

/// <summary>The last events of a kind of interest; bounded, and nothing is allocated while it is filled.</summary>
internal sealed class EventHistory
{
    private const int PayloadKept = 64;

    private readonly Event[] events;
    private readonly byte[] payloads;
    private long count;

    public EventHistory(int capacity)
    {
        events = new Event[capacity];
        payloads = new byte[capacity * PayloadKept];
    }

    /// <summary>How many events it holds at most.</summary>
    public int Capacity => events.Length;

    /// <summary>Takes the place of the oldest.</summary>
    public void Add(in Event e, ReadOnlySpan<byte> arena)
    {
        int slot = (int)(count++ % events.Length);
        events[slot] = e;
        if (e.PayloadLength != 0)
            e.Payload(arena)[..Math.Min(PayloadKept, e.PayloadLength)].CopyTo(payloads.AsSpan(slot * PayloadKept));
    }

    /// <summary>The events, oldest first.</summary>
    public IReadOnlyList<LoggedEvent> ToList()
    {
        var list = new List<LoggedEvent>(events.Length);
        for (long i = Math.Max(0, count - events.Length); i < count; i++)
        {
            int slot = (int)(i % events.Length);
            ref readonly Event e = ref events[slot];
            int kept = Math.Min(PayloadKept, e.PayloadLength);
            list.Add(new LoggedEvent(e, payloads.AsSpan(slot * PayloadKept, kept), e.PayloadLength));
        }

        return list;
    }
}
