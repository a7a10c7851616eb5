using ReplayVmm.Machine;

namespace ReplayVmm.Cli;

/// <summary>
/// Finds the disk image that a recording names by its hash: the file that was named on the command line, or the one that this machine
/// remembers from the recording. What is found is used only if its hash is the recording's.
/// </summary>
internal sealed class DiskImages(Invocation invocation)
{
    private const string Folder = "images";

    /// <summary>The image that <c>--disk</c> names; null to look where it was.</summary>
    public string? Named { get; set; }

    /// <summary>Where paths of images are remembered, each in a file that is named by the image's hash.</summary>
    private string Memory => Path.Combine(
        invocation.Doors.Variable("XDG_DATA_HOME") ?? Path.Combine(invocation.Doors.Variable("HOME") ?? "/", ".local", "share"), "replayvmm", Folder);

    /// <summary>Opens the image at <paramref name="path"/>, which somebody named.</summary>
    /// <exception cref="UsageException">It is not there or cannot be read.</exception>
    /// <exception cref="BootException">It is no image that a disk can have.</exception>
    public static DiskImage OpenNamed(string path)
    {
        try
        {
            return DiskImage.Open(path);
        }
        catch (DiskException e)
        {
            throw new UsageException("--disk: " + e.Message, e);
        }
    }

    /// <summary>Describes <paramref name="image"/> for a manifest, which takes as long as reading it takes.</summary>
    public DiskManifest Describe(DiskImage image)
    {
        using var progress = new ProgressReport(invocation, "hashing " + image.Name, (ulong)image.Length, "bytes");
        string hash = image.Sha256(done => progress.Report((ulong)done));
        return new DiskManifest(image.Name, image.Length, hash);
    }

    /// <summary>The image that <paramref name="wanted"/> names; the machine checks it.</summary>
    /// <exception cref="UsageException">The image that was named is not there.</exception>
    /// <exception cref="DiskException">This machine does not know where it is, or it is not what it was.</exception>
    public DiskImage Open(DiskManifest wanted)
    {
        if (Named is not null)
        {
            DiskImage image = OpenNamed(Named);
            try
            {
                image.Check(wanted);
            }
            catch
            {
                image.Dispose();
                throw;
            }

            Remember(wanted.Sha256, Named);
            return image;
        }

        return Remembered(wanted);
    }

    /// <summary>Remembers where the image with <paramref name="hash"/> is; where that fails, it must be named at the next replay.</summary>
    public void Remember(string hash, string path)
    {
        try
        {
            Directory.CreateDirectory(Memory);
            File.WriteAllText(Path.Combine(Memory, hash), Path.GetFullPath(path) + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            invocation.Remark($"replayvmm: where the disk image is cannot be remembered ({e.Message}); name it with --disk at a replay");
        }
    }

    private DiskImage Remembered(DiskManifest wanted)
    {
        string name = $"the recording's disk image '{wanted.Name}' (sha256 {wanted.Sha256})";
        string? path = PathOf(wanted.Sha256);
        if (path is null)
            throw new DiskException($"{name} is not known on this machine; name it with --disk IMAGE");
        DiskImage? image = null;
        try
        {
            image = DiskImage.Open(path);
            image.Check(wanted);
            return image;
        }
        catch (Exception e) when (e is DiskException or BootException)
        {
            image?.Dispose();
            throw new DiskException($"{name} is not where it was: {e.Message}; name it with --disk IMAGE", e);
        }
    }

    private string? PathOf(string hash)
    {
        const int LongestPath = 4096;
        try
        {
            var note = new FileInfo(Path.Combine(Memory, hash));
            return note.Exists && note.Length <= LongestPath && File.ReadAllText(note.FullName).Trim() is { Length: > 0 } path ? path : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
