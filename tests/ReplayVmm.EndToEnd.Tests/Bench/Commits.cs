using System.Text.Json;

namespace ReplayVmm.EndToEnd.Tests;

/// <summary>What a recorder said to be in the log, in the file that <c>--commits</c> names. It outlives the recorder.</summary>
/// <param name="Row">The last row; 0 where nothing was said.</param>
/// <param name="Position">Events before this position.</param>
internal sealed record Commits(long Row, ulong Position)
{
    /// <summary>The last line that was written whole.</summary>
    public static Commits Last(string file)
    {
        if (!File.Exists(file))
            return new Commits(0, 0);
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        string text = reader.ReadToEnd();
        int end = text.LastIndexOf('\n');
        if (end < 0)
            return new Commits(0, 0);
        JsonElement line = JsonDocument.Parse(text[(text.LastIndexOf('\n', end - 1) + 1)..end]).RootElement;
        return new Commits(line.GetProperty("row").GetInt64(), line.GetProperty("position").GetUInt64());
    }

    /// <summary>Waits until <paramref name="row"/> was said to be there: what is waited for is progress, never time.</summary>
    public static void WaitFor(string file, long row, ChildProgram recorder)
    {
        while (Last(file).Row < row)
        {
            if (recorder.EndsWithin(TimeSpan.FromMilliseconds(2)))
                throw new InvalidOperationException($"the recorder ended before row {row}: {recorder.Finish().Error}");
        }
    }
}
