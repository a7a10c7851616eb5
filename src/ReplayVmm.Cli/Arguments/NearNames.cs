namespace ReplayVmm.Cli;

/// <summary>What somebody may have meant who typed a name that there is not.</summary>
internal static class NearNames
{
    private const int Most = 4;

    /// <summary>The names nearest to <paramref name="typed"/>, nearest first; empty where none is near.</summary>
    public static IReadOnlyList<string> Of(string typed, IEnumerable<string> names) =>
    [
        .. names
            .Select(name => (Name: name, Distance: Distance(typed.ToLowerInvariant(), name.ToLowerInvariant())))
            .Where(near => near.Distance <= Math.Max(2, typed.Length / 3) && near.Distance < near.Name.Length)
            .OrderBy(near => near.Distance).ThenBy(near => near.Name, StringComparer.Ordinal)
            .Take(Most)
            .Select(near => near.Name),
    ];

    /// <summary>A tail for an error message: <c>; did you mean a, b?</c>, or <paramref name="otherwise"/>.</summary>
    public static string Hint(string typed, IEnumerable<string> names, string otherwise)
    {
        IReadOnlyList<string> near = Of(typed, names);
        return near.Count == 0 ? otherwise : $"; did you mean {string.Join(", ", near)}?";
    }

    /// <summary>Damerau-Levenshtein distance: what a slip of the fingers costs is one.</summary>
    private static int Distance(string a, string b)
    {
        // A prefix is what tab completion would have finished.
        if (a.Length >= 3 && b.StartsWith(a, StringComparison.Ordinal))
            return 1;
        int[,] cost = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    cost[i, j] = i + j;
                    continue;
                }

                int change = cost[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                cost[i, j] = Math.Min(change, Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
            }
        }

        return cost[a.Length, b.Length];
    }
}
