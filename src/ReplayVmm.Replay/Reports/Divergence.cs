namespace ReplayVmm.Replay;

/// <summary>The first difference between a recording and a run of it. Bounded in size.</summary>
public sealed record Divergence
{
    /// <summary>Events that <see cref="Before"/> holds at most.</summary>
    public const int EventsBefore = 16;

    /// <summary>How far back inputs are shown, virtual nanoseconds: a million instructions at one nanosecond each.</summary>
    public const ulong InputWindow = 1_000_000;

    /// <summary>Inputs that <see cref="Inputs"/> holds at most.</summary>
    public const int InputsShown = 16;

    /// <summary>Position of the first event that differs.</summary>
    public required ulong Position { get; init; }

    /// <summary>Virtual time of the earlier of the two events, nanoseconds.</summary>
    public required ulong VirtualTime { get; init; }

    /// <summary>The virtual machine.</summary>
    public required byte Vm { get; init; }

    /// <summary>The virtual processor.</summary>
    public required byte Vcpu { get; init; }

    /// <summary>What the log holds; null where the log has ended.</summary>
    public LoggedEvent? Expected { get; init; }

    /// <summary>What the run gave; null where the run has ended.</summary>
    public LoggedEvent? Actual { get; init; }

    /// <summary>Field by field.</summary>
    public IReadOnlyList<FieldDifference> Fields { get; init; } = [];

    /// <summary>The instruction at which it was seen; null where the machine cannot tell.</summary>
    public InstructionView? At { get; init; }

    /// <summary>The last events before, equal in both, oldest first.</summary>
    public IReadOnlyList<LoggedEvent> Before { get; init; } = [];

    /// <summary>The inputs within <see cref="InputWindow"/> before, oldest first.</summary>
    public IReadOnlyList<LoggedEvent> Inputs { get; init; } = [];

    /// <summary>
    /// Where a state digest differs: the last event at which the states were known to be equal. The difference arose between there and
    /// <see cref="Position"/>.
    /// </summary>
    public LoggedEvent? LastEqualDigest { get; init; }

    /// <summary>True where the digests differ: no event showed the difference, only the state.</summary>
    public bool IsSilent => Fields.Count > 0 && Fields.All(difference => difference.Name is "digest" or "pages");
}
