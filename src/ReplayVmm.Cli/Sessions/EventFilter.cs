using ReplayVmm.Events;

namespace ReplayVmm.Cli;

/// <summary>Which events are wanted.</summary>
/// <param name="Kinds">By the kind's number; null for all.</param>
/// <param name="From">First position.</param>
/// <param name="To">Last position.</param>
/// <param name="Where">A condition; null for none.</param>
internal sealed record EventFilter(bool[]? Kinds, ulong From, ulong To, Condition? Where)
{
    /// <summary>False where no event of the row can match: it need not be decoded.</summary>
    public bool MayMatch(RowHeader header)
    {
        if (header.FirstPosition > To || header.NextPosition < From)
            return false;
        if (Kinds is null)
            return true;
        foreach (EventKind kind in header.Kinds)
        {
            if (Kinds[(int)kind])
                return true;
        }

        return false;
    }

    /// <summary>True where <paramref name="e"/> is wanted.</summary>
    public bool Matches(in Event e, ReadOnlySpan<byte> arena) =>
        e.Position >= From && e.Position <= To && (Kinds is null || Kinds[(byte)e.Kind]) && (Where is null || Where.Holds(e, arena));
}
