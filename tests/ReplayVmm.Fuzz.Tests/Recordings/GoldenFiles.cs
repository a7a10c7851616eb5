using ReplayVmm.Events;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>The golden recordings, which fuzzers spoil: small sessions of real guests, signed.</summary>
internal static class GoldenFiles
{
    /// <summary>Their bytes, in order of their names.</summary>
    public static IReadOnlyList<byte[]> All { get; } = [.. Directory.GetFiles(Folder(), "*.rvmm").Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];

    /// <summary>The rows and signatures of a file.</summary>
    public static (List<LogRow> Rows, IReadOnlyList<HeadSignature> Signatures) Read(byte[] file)
    {
        using var reader = new RecordingFileReader(new MemoryStream(file));
        return ([.. reader.Rows()], reader.Signatures);
    }

    private static string Folder()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "ReplayVmm.sln")))
            folder = folder.Parent;
        return Path.Combine(folder?.FullName ?? throw new FuzzException("ReplayVmm.sln is in none of the folders above the tests"), "replays");
    }
}
