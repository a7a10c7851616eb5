using System.Text;

namespace ReplayVmm.Benchmarks;

/// <summary>Sections as the documentation holds them.</summary>
internal static class Markdown
{
    /// <summary>The name of the table of goals among the sections.</summary>
    public const string GoalsName = "goals";

    /// <summary>One section without its heading.</summary>
    public static string Body(Section section)
    {
        var text = new StringBuilder();
        foreach (object block in section.Blocks)
        {
            if (text.Length > 0)
                text.Append('\n');
            if (block is Table table)
                Append(text, table);
            else
                text.Append((string)block).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>All goals of all sections.</summary>
    public static string Goals(IEnumerable<Section> sections)
    {
        var table = new Table("goal", "asked", "measured", "");
        foreach (Goal goal in sections.SelectMany(section => section.Goals))
            table.Add(goal.What, goal.Asked, goal.Measured, goal.Met ? "met" : "**not met**");
        var text = new StringBuilder();
        Append(text, table);
        return text.ToString();
    }

    /// <summary>
    /// <paramref name="document"/> with what stands between the marks of each section replaced; a section that has no marks there is left out.
    /// </summary>
    public static string Update(string document, IReadOnlyList<Section> sections)
    {
        // Where only some parts ran, the goals of the others would be lost: their table stays as it is.
        foreach (Section section in sections)
            document = Replace(document, section.Name, Body(section));
        return document;
    }

    /// <summary>Replaces what stands between the two marks of <paramref name="name"/>.</summary>
    public static string Replace(string document, string name, string body)
    {
        string open = $"<!-- eng/bench: {name} -->\n", close = $"<!-- end of {name} -->";
        int from = document.IndexOf(open, StringComparison.Ordinal);
        int to = from < 0 ? -1 : document.IndexOf(close, from, StringComparison.Ordinal);
        return to < 0 ? document : $"{document[..(from + open.Length)]}\n{body}\n{document[to..]}";
    }

    private static void Append(StringBuilder text, Table table)
    {
        Line(text, table.Columns);
        Line(text, [.. table.Columns.Select(_ => "---")]);
        foreach (string[] row in table.Rows)
            Line(text, row);
    }

    private static void Line(StringBuilder text, string[] cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
}
