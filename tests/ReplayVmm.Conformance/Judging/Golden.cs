namespace ReplayVmm.Conformance;

/// <summary>The lines that our machine must print, as files: one a family, <c>case TAB line</c>.</summary>
internal static class Golden
{
    /// <summary>The text of a family's file.</summary>
    public static string Write(IReadOnlyDictionary<string, string> lines) =>
        string.Concat(lines.Select(pair => $"{pair.Key}\t{pair.Value}\n"));

    /// <summary>The lines of a family's file.</summary>
    public static IReadOnlyDictionary<string, string> Read(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t'))
            .ToDictionary(cells => cells[0], cells => cells[1], StringComparer.Ordinal);
}
