using System.Globalization;
using ReplayVmm.Events;

namespace ReplayVmm.Cli;

/// <summary>What a recording is called that was given no name: the guest's file and the next number, <c>memtest86+x64-3</c>.</summary>
internal static class SessionNaming
{
    private static readonly string[] Extensions = [".bin", ".elf", ".img", ".com", ".rom", ".efi"];

    /// <summary>The name for a recording of <paramref name="guest"/>.</summary>
    public static string Next(string guest, IReadOnlyList<SessionInfo> sessions)
    {
        string stem = Path.GetFileName(guest);
        string? extension = Array.Find(Extensions, e => stem.EndsWith(e, StringComparison.OrdinalIgnoreCase));
        stem = extension is null || stem.Length == extension.Length ? stem : stem[..^extension.Length];
        stem = stem.TrimStart('-');
        ulong last = sessions
            .Where(session => session.Name.StartsWith(stem + "-", StringComparison.Ordinal))
            .Select(session => Quantities.TryNumber(session.Name[(stem.Length + 1)..], out ulong number) ? number : 0)
            .DefaultIfEmpty()
            .Max();
        return string.Create(CultureInfo.InvariantCulture, $"{stem}-{last + 1}");
    }
}
