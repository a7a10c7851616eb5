using Microsoft.Win32.SafeHandles;

namespace ReplayVmm.Machine;

/// <summary>Clusters by their number, in memory as far as that goes, then in a temporary file that vanishes with the process.</summary>
internal sealed class ClusterStore : IDisposable
{
    private const int ClustersEach = 256;

    private readonly List<byte[]> pieces = [];
    private readonly int inMemory;
    private SafeFileHandle? file;

    /// <summary>An empty store that keeps <paramref name="memory"/> bytes in memory, rounded to whole pieces of 1 MiB.</summary>
    public ClusterStore(long memory) =>
        inMemory = (int)Math.Min(int.MaxValue / 2, memory / DiskOverlay.ClusterLength / ClustersEach * ClustersEach);

    /// <summary>Clusters that there are.</summary>
    public int Count { get; private set; }

    /// <summary>Makes another, of zeros; its number.</summary>
    public int Add()
    {
        if (Count < inMemory && Count % ClustersEach == 0)
            pieces.Add(new byte[ClustersEach * DiskOverlay.ClusterLength]);
        return Count++;
    }

    /// <summary>Copies out of a cluster.</summary>
    public void Read(int number, int offset, Span<byte> destination)
    {
        if (number < inMemory)
        {
            InMemory(number, offset, destination.Length).CopyTo(destination);
            return;
        }

        try
        {
            // What was never written of the file is a hole at its end.
            int count = file is null ? 0 : RandomAccess.Read(file, destination, Place(number, offset));
            destination[count..].Clear();
        }
        catch (IOException e)
        {
            throw new DiskException($"what the guest wrote to its disk cannot be read back: {e.Message}", e);
        }
    }

    /// <summary>Copies into a cluster.</summary>
    /// <exception cref="DiskException">There is no room on the host.</exception>
    public void Write(int number, int offset, ReadOnlySpan<byte> source)
    {
        if (number < inMemory)
        {
            source.CopyTo(InMemory(number, offset, source.Length));
            return;
        }

        try
        {
            file ??= Create();
            RandomAccess.Write(file, source, Place(number, offset));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DiskException($"no room for what the guest writes to its disk, in {Path.GetTempPath()}: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => file?.Dispose();

    /// <summary>A file that has no name any more when this returns: nobody else can open it, and it is gone with the process, however that ends.</summary>
    private static SafeFileHandle Create()
    {
        string path = Path.Combine(Path.GetTempPath(), "replayvmm-disk-" + Path.GetRandomFileName());
        SafeFileHandle created = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        File.Delete(path);
        return created;
    }

    private Span<byte> InMemory(int number, int offset, int length) =>
        pieces[number / ClustersEach].AsSpan(((number % ClustersEach) * DiskOverlay.ClusterLength) + offset, length);

    private long Place(int number, int offset) => ((long)(number - inMemory) * DiskOverlay.ClusterLength) + offset;
}
