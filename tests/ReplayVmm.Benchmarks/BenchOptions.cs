namespace ReplayVmm.Benchmarks;

/// <summary>What to measure, and how much of it.</summary>
internal sealed record BenchOptions
{
    /// <summary>Names of the parts; empty for all.</summary>
    public IReadOnlyList<string> Parts { get; init; } = [];

    /// <summary>Each part once with next to nothing to do: shows that it works, and no more.</summary>
    public bool Smoke { get; init; }

    /// <summary>Rounds of what takes seconds.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>The program to measure in processes of its own: an assembly.</summary>
    public required string Program { get; init; }

    /// <summary>The launcher of that program; null where only the program is measured.</summary>
    public string? Launcher { get; init; }

    /// <summary>Where the guests are.</summary>
    public required string Guests { get; init; }
}
