using System.Runtime.CompilerServices;

namespace ReplayVmm.Events.Tests;

/// <summary>The files of earlier encodings, beside this source file.</summary>
internal static class Golden
{
    public static string Folder { get; } = Path.Combine(SourceFolder(), "Golden");

    public static string ForeignFolder { get; } = Path.Combine(SourceFolder(), "Foreign");

    public static string PathOf(string file) => Path.Combine(Folder, file);

    private static string SourceFolder([CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;
}
