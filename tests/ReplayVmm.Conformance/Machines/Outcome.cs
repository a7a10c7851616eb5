namespace ReplayVmm.Conformance;

/// <summary>How a guest ended on a machine.</summary>
internal enum Ending
{
    /// <summary>It printed its last line and switched itself off.</summary>
    Finished,
    /// <summary>The processor shut down (triple fault) and the machine reset.</summary>
    Reset,
    /// <summary>It neither finished nor reset in the time allowed.</summary>
    Hung,
    /// <summary>The machine itself failed: the note says how.</summary>
    Failed,
}

/// <summary>What a machine made of a guest.</summary>
/// <param name="Lines">A line a case, by the case's name; without the name.</param>
/// <param name="Ending">How it ended.</param>
/// <param name="Note">More about a failure; else empty.</param>
internal sealed record Outcome(IReadOnlyDictionary<string, string> Lines, Ending Ending, string Note = "")
{
    /// <summary>Splits what a guest printed.</summary>
    public static Outcome Parse(string printed, Ending ending, string note = "")
    {
        var lines = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in printed.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            int tab = line.IndexOf('\t', StringComparison.Ordinal);
            if (tab > 0)
                lines[line[..tab].TrimStart('\r')] = line[(tab + 1)..].TrimEnd('\r').Replace('\t', ' ');
        }
        return new Outcome(lines, printed.Contains("\nend", StringComparison.Ordinal) ? Ending.Finished : ending, note);
    }
}
