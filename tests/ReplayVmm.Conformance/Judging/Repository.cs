namespace ReplayVmm.Conformance;

/// <summary>Where the files lie that the judging reads: above the program, in the folder that holds the solution.</summary>
internal static class Repository
{
    /// <summary>The known disagreements.</summary>
    public static Disagreements Disagreements => new(File.ReadAllText(Path.Combine(Root, "docs", "conformance.md")));

    /// <summary>The golden file of a family.</summary>
    public static string GoldenPath(string family) => Path.Combine(Root, "tests", "ReplayVmm.Conformance.Tests", "Golden", $"{family}.txt");

    private static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "ReplayVmm.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("ReplayVmm.sln is in none of the folders above the program");
    }
}
