using ReplayVmm.Events;

namespace ReplayVmm.Store;

/// <summary>What a private server wrote while it was started, and the reason that can be read from it.</summary>
internal sealed class ServerLog(string path)
{
    private const long Longest = 8 << 20;
    private const int Tail = 65536;

    private static readonly string[] Reasons = ["PANIC:", "FATAL:", "initdb: error:"];

    /// <summary>Where the log ends now.</summary>
    public long End => File.Exists(path) ? new FileInfo(path).Length : 0;

    /// <summary>Puts a long log aside, in the place of the one that was put aside before.</summary>
    public void Rotate()
    {
        if (End > Longest)
            File.Move(path, path + ".old", overwrite: true);
    }

    /// <summary>What was written after <paramref name="start"/>, at most the last 64 KiB.</summary>
    public string From(long start)
    {
        try
        {
            using var log = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            log.Position = Math.Max(start, log.Length - Tail);
            using var reader = new StreamReader(log);
            return reader.ReadToEnd();
        }
        catch (IOException)
        {
            return "";
        }
    }

    /// <summary>One line about why <paramref name="what"/> failed, from what PostgreSQL <paramref name="said"/>.</summary>
    public LogException Failed(string what, string said)
    {
        if (said.Contains("No space left on device", StringComparison.Ordinal))
            return new LogException(LogTrouble.Unavailable, $"{what}: the disk is full; free space there, then try again");
        string[] lines = said.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        int last = Array.FindLastIndex(lines, line => Array.Exists(Reasons, r => line.Contains(r, StringComparison.Ordinal)));
        string reason = last < 0 ? ServerCommand.LastLine(said) : Message(lines[last]);
        // Some last words only point at the words before them.
        bool vague = reason.Contains("contains errors", StringComparison.Ordinal)
            || reason.Contains("could not create any", StringComparison.Ordinal);
        int before = vague ? Array.FindLastIndex(lines, last, line => line.Contains("LOG:", StringComparison.Ordinal)) : -1;
        if (before >= 0)
            reason = $"{Message(lines[before])}; {reason}";
        return new LogException(LogTrouble.Unavailable, $"{what}: {reason}; more in {path}");
    }

    /// <summary>A line without its time and process.</summary>
    private static string Message(string line)
    {
        int colon = line.IndexOf(":  ", StringComparison.Ordinal);
        return colon < 0 ? line : line[(colon + 3)..];
    }
}
