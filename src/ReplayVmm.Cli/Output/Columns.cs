namespace ReplayVmm.Cli;

/// <summary>A table of text: columns as wide as they must be, numbers to the right, a dim heading on a terminal.</summary>
internal sealed class Columns(params string[] headings)
{
    private const string Dim = "\e[2m";
    private const string Plain = "\e[0m";

    private readonly List<string[]> rows = [];
    private readonly HashSet<int> right = [];

    /// <summary>Puts the columns with these numbers to the right.</summary>
    public Columns Right(params ReadOnlySpan<int> columns)
    {
        foreach (int column in columns)
            right.Add(column);
        return this;
    }

    /// <summary>Adds a row.</summary>
    public void Add(params string[] cells) => rows.Add(cells);

    /// <summary>Writes the table.</summary>
    public void Write(TextWriter output, bool coloured)
    {
        int[] widths = [.. headings.Select((heading, i) => rows.Select(row => row[i].Length).Append(heading.Length).Max())];
        if (headings.Any(heading => heading.Length > 0))
        {
            string heading = Line(headings, widths);
            output.WriteLine(coloured ? Dim + heading + Plain : heading);
        }

        foreach (string[] row in rows)
            output.WriteLine(Line(row, widths));
    }

    private string Line(string[] cells, int[] widths) =>
        string.Join("  ", cells.Select((cell, i) => right.Contains(i) ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]))).TrimEnd();
}
