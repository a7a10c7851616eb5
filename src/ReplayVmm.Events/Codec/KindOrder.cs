namespace ReplayVmm.Events;

/// <summary>The events of a segment grouped by kind, each group in order: a counting sort without allocation.</summary>
internal sealed class KindOrder
{
    private readonly int[] counts = new int[256];
    private readonly int[] starts = new int[256];
    private readonly byte[] indexOf = new byte[256];
    private readonly EventKind[] kinds = new EventKind[256];
    private readonly short[] members = new short[SegmentLimits.MaxEvents];
    private int kindCount;

    /// <summary>The kinds that occur, in order of their numbers.</summary>
    public ReadOnlySpan<EventKind> Kinds => kinds.AsSpan(0, kindCount);

    public void Clear()
    {
        Array.Clear(counts);
        kindCount = 0;
    }

    public void Count(EventKind kind)
    {
        if (EventSchema.Find(kind) is null)
            throw new ArgumentException($"event kind {(int)kind} is not in the table", nameof(kind));
        counts[(int)kind]++;
    }

    /// <summary>The place of <paramref name="kind"/> among <see cref="Kinds"/>.</summary>
    public int IndexOf(EventKind kind) => indexOf[(int)kind];

    /// <summary>Indices of the events of <paramref name="kind"/>.</summary>
    public ReadOnlySpan<short> EventsOf(EventKind kind) => members.AsSpan(starts[(int)kind] - counts[(int)kind], counts[(int)kind]);

    /// <summary>Groups events whose kinds were counted.</summary>
    public void Sort(ReadOnlySpan<EventSlot> slots)
    {
        PrepareGroups();
        for (int i = 0; i < slots.Length; i++)
            members[starts[(int)slots[i].Kind]++] = (short)i;
    }

    private void PrepareGroups()
    {
        int start = 0;
        for (int kind = 0; kind < counts.Length; kind++)
        {
            if (counts[kind] == 0)
                continue;
            starts[kind] = start;
            start += counts[kind];
            indexOf[kind] = (byte)kindCount;
            kinds[kindCount++] = (EventKind)kind;
        }
    }
}
