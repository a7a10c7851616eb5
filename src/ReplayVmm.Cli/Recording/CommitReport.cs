using System.Globalization;
using System.Text;
using ReplayVmm.Events;
using ReplayVmm.Replay;

namespace ReplayVmm.Cli;

/// <summary>
/// A line of JSON for each commit, into a file or a named pipe: what stands there is in the log. Nothing is buffered, so that a line that was
/// written outlives this process.
/// </summary>
internal sealed class CommitReport : IDisposable
{
    private readonly string path;
    private readonly FileStream file;

    /// <summary>Opens <paramref name="path"/>; what was in it goes.</summary>
    public CommitReport(string path)
    {
        this.path = path;
        try
        {
            file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--commits {path}: cannot be written: {e.Message}", e);
        }
    }

    /// <summary>Writes a commit's line.</summary>
    public void Write(RecorderCommit commit)
    {
        string line = string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"row\":{commit.Row},\"position\":{commit.Position},\"virtualTime\":{commit.VirtualTime}}}\n");
        try
        {
            file.Write(Encoding.ASCII.GetBytes(line));
        }
        catch (IOException e)
        {
            throw new LogException(LogTrouble.Unavailable, $"--commits {path}: cannot be written ({e.Message}); see that its disk has room", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();
}
