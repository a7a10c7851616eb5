namespace ReplayVmm.EndToEnd.Tests;

/// <summary>Files of this repository.</summary>
internal static class Repository
{
    /// <summary>Where <c>ReplayVmm.sln</c> is.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Where the golden recordings are.</summary>
    public static string Replays => Path.Combine(Root, "replays");

    /// <summary>A guest that <c>eng/guests</c> fetches or builds; the test skips where it is not there.</summary>
    public static string Guest(string file)
    {
        string path = Path.Combine(Root, "artifacts", "guests", file);
        Assert.SkipUnless(File.Exists(path), $"artifacts/guests/{file} is not there: eng/guests fetches it");
        return path;
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "ReplayVmm.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException($"{AppContext.BaseDirectory} is not within the repository");
    }
}
