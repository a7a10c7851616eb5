namespace ReplayVmm.Conformance;

/// <summary>
/// The rows of docs/conformance.md: the cases in which another machine answers otherwise, and who is right. A row is
/// <c>| family / case | machine | what it does | who is right, by which section |</c>; a star at the end of either stands for any rest.
/// </summary>
internal sealed class Disagreements
{
    private const string Heading = "machine";
    private readonly List<Row> rows = [];

    /// <summary>Reads the tables of a Markdown text.</summary>
    public Disagreements(string markdown)
    {
        foreach (string line in markdown.Split('\n'))
        {
            string[] cells = line.Trim().Trim('|').Split('|', StringSplitOptions.TrimEntries);
            int slash = cells[0].IndexOf(" / ", StringComparison.Ordinal);
            if (line.StartsWith('|') && cells.Length == 4 && slash > 0 && cells[1] != Heading && cells.All(cell => cell.Length > 0))
                rows.Add(new Row(cells[0][..slash], cells[0][(slash + 3)..], cells[1]));
        }
    }

    /// <summary>Every row.</summary>
    public IReadOnlyList<Row> Rows => rows;

    /// <summary>The disagreement of <paramref name="machine"/> in this case is in a row.</summary>
    public bool Has(string family, string name, string machine) => rows.Any(row => row.Machine == machine && row.Matches(family, name));

    /// <summary>A row.</summary>
    /// <param name="Family">Its family, or the start of several with a star behind it.</param>
    /// <param name="Case">Its case, or the start of several with a star behind it.</param>
    /// <param name="Machine">Who answers otherwise.</param>
    internal sealed record Row(string Family, string Case, string Machine)
    {
        /// <summary>The row is about this case.</summary>
        public bool Matches(string family, string name) => Begins(Family, family) && Begins(Case, name);

        private static bool Begins(string pattern, string text) =>
            pattern.EndsWith('*') ? text.StartsWith(pattern[..^1], StringComparison.Ordinal) : text == pattern;
    }
}
