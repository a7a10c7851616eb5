namespace ReplayVmm.Replay;

/// <summary>A source of random bytes: the host's, or a test's.</summary>
/// <param name="destination">Filled whole.</param>
public delegate void EntropySource(Span<byte> destination);

/// <summary>Where a live machine's inputs come from.</summary>
public sealed record LiveInputs
{
    /// <summary>The one door for entropy.</summary>
    public required EntropySource Entropy { get; init; }

    /// <summary>Bytes that are typed as fast as the guest takes them; null for none.</summary>
    public Stream? Input { get; init; }

    /// <summary>Steps that follow each other: each waits for its text after the one before has typed.</summary>
    public IReadOnlyList<TypeAfter> Script { get; init; } = [];

    /// <summary>What a person types; null where nobody sits there.</summary>
    public TerminalFeed? Terminal { get; init; }

    /// <summary>End the session once this text has appeared on the console; null or empty for never.</summary>
    public string? UntilText { get; init; }

    /// <summary>The wall clock that paces an idle guest while somebody sits there.</summary>
    public required TimeProvider Clock { get; init; }
}
