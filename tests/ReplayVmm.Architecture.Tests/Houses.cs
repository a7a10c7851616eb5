namespace ReplayVmm.Architecture.Tests;

/// <summary>The rooms of the house and the floors they stand on, as the README's table draws them.</summary>
internal static class Houses
{
    /// <summary>Project name without prefix, and its floor.</summary>
    public static readonly IReadOnlyDictionary<string, int> Floor = new Dictionary<string, int>(StringComparer.Ordinal)
    {
        ["Events"] = 0,
        ["Store"] = 1,
        ["Processor"] = 1,
        ["Hypervisor"] = 2,
        ["Devices"] = 2,
        ["Machine"] = 3,
        ["Replay"] = 4,
        ["Cli"] = 5,
    };

    /// <summary>What a room must know nothing of, beyond what the floors forbid.</summary>
    public static readonly IReadOnlyDictionary<string, string[]> KnowsNothingOf = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["Store"] = ["Processor", "Hypervisor", "Devices", "Machine"],
        ["Processor"] = ["Events", "Store"],
        ["Hypervisor"] = ["Store", "Devices"],
        ["Devices"] = ["Events", "Store", "Processor", "Hypervisor"],
        ["Machine"] = ["Store"],
        ["Replay"] = ["Store"],
    };

    /// <summary>The repository's root: the folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "ReplayVmm.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("ReplayVmm.sln is in none of the folders above the tests");
    }
}
