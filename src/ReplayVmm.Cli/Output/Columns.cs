using System.Runtime.CompilerServices;
using Spectre.Console;

namespace ReplayVmm.Cli;

/// <summary>A table of text: columns as wide as they must be, numbers to the right.</summary>
internal sealed class Columns(params string[] headings)
{
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

    /// <summary>Writes the table: with colours for a person, as plain text for a file.</summary>
    public void Write(TextWriter output, bool coloured)
    {
        if (coloured && headings.Any(heading => heading.Length > 0))
        {
            WriteColoured(output);
            return;
        }

        int[] widths = [.. headings.Select((heading, i) => rows.Select(row => row[i].Length).Append(heading.Length).Max())];
        if (headings.Any(heading => heading.Length > 0))
            output.WriteLine(Line(headings, widths));
        foreach (string[] row in rows)
            output.WriteLine(Line(row, widths));
    }

    [MethodImpl(MethodImplOptions.NoInlining)] // What is written into a file does not load the library for terminals.
    private void WriteColoured(TextWriter output)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.Yes, Out = new AnsiConsoleOutput(output) });
        Table table = new Table().Border(TableBorder.None);
        for (int i = 0; i < headings.Length; i++)
        {
            var column = new TableColumn(new Text(headings[i], new Style(Color.Grey))) { NoWrap = true, Padding = new Padding(0, 0, 2, 0) };
            table.AddColumn(right.Contains(i) ? column.RightAligned() : column);
        }

        foreach (string[] row in rows)
            table.AddRow(row.Select(cell => new Text(cell)));
        console.Write(table);
    }

    private string Line(string[] cells, int[] widths) =>
        string.Join("  ", cells.Select((cell, i) => right.Contains(i) ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]))).TrimEnd();
}
