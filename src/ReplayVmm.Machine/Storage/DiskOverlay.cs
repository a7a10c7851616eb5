using System.Globalization;
using System.Numerics;
using ReplayVmm.Devices;

namespace ReplayVmm.Machine;

/// <summary>
/// A disk whose image stays as it is: what the guest writes lies in clusters of 4 KiB beside it, in memory up to a limit and in a temporary
/// file behind that. Where a cluster lies never shows in what is read.
/// </summary>
public sealed class DiskOverlay : IDisk, IDisposable
{
    /// <summary>Bytes of a cluster.</summary>
    public const int ClusterLength = 4096;

    /// <summary>Bytes that are kept in memory unless told otherwise: 64 MiB.</summary>
    public const long DefaultMemory = 64L << 20;

    private const int ClustersEach = 512;

    private readonly DiskImage image;
    private readonly ClusterStore store;
    private readonly Region?[] regions;
    private readonly byte[] cluster = new byte[ClusterLength];

    /// <summary>Nothing is written over <paramref name="image"/> yet, which is disposed of with the overlay.</summary>
    /// <param name="image">What lies below.</param>
    /// <param name="memory">Bytes kept in memory before a file takes the rest.</param>
    public DiskOverlay(DiskImage image, long memory = DefaultMemory)
    {
        ArgumentNullException.ThrowIfNull(image);
        this.image = image;
        store = new ClusterStore(memory);
        Sectors = (ulong)(image.Length / DiskManifest.SectorLength);
        regions = new Region[(image.Length / ((long)ClusterLength * ClustersEach)) + 1];
    }

    /// <inheritdoc/>
    public ulong Sectors { get; }

    /// <summary>The first characters of the image's SHA-256.</summary>
    public string Serial => image.Sha256()[..20];

    /// <summary>Where the image is.</summary>
    public string ImagePath => image.FullPath;

    /// <summary>Bytes of the disk.</summary>
    public long Length => image.Length;

    /// <summary>Clusters that were written so far.</summary>
    public int Clusters => store.Count;

    /// <inheritdoc/>
    /// <exception cref="DiskException">The host cannot read what it should.</exception>
    public void Read(ulong sector, Span<byte> destination)
    {
        long offset = Check(sector, destination.Length);
        while (!destination.IsEmpty)
        {
            int within = (int)(offset % ClusterLength), count = Math.Min(destination.Length, ClusterLength - within);
            int slot = Slot(offset / ClusterLength);
            if (slot < 0)
                count = ReadThrough(offset, destination);
            else
                store.Read(slot, within, destination[..count]);
            destination = destination[count..];
            offset += count;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="DiskException">The host has no room for it.</exception>
    public void Write(ulong sector, ReadOnlySpan<byte> source)
    {
        long offset = Check(sector, source.Length);
        while (!source.IsEmpty)
        {
            long number = offset / ClusterLength;
            int within = (int)(offset % ClusterLength), count = Math.Min(source.Length, ClusterLength - within);
            store.Write(SlotForWriting(number, count), within, source[..count]);
            regions[number / ClustersEach]!.Written[(int)(number % ClustersEach) >> 6] |= 1ul << (int)(number % 64);
            source = source[count..];
            offset += count;
        }
    }

    /// <summary>
    /// Calls <paramref name="visit"/> for each cluster written since the last call, in ascending order, with its number and its bytes, and forgets
    /// that they were written: what a checkpoint keeps of a disk. Written into a fresh overlay, it gives the same disk.
    /// </summary>
    public void VisitWrittenClusters(Action<ulong, ReadOnlyMemory<byte>> visit)
    {
        ArgumentNullException.ThrowIfNull(visit);
        for (int i = 0; i < regions.Length; i++)
        {
            for (int word = 0; regions[i] is { } region && word < region.Written.Length; word++)
            {
                ulong bits = region.Written[word];
                region.Written[word] = 0;
                for (; bits != 0; bits &= bits - 1)
                    Visit(((long)i * ClustersEach) + (word * 64) + BitOperations.TrailingZeroCount(bits), visit);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        store.Dispose();
        image.Dispose();
    }

    private void Visit(long number, Action<ulong, ReadOnlyMemory<byte>> visit)
    {
        int length = (int)Math.Min(ClusterLength, Length - (number * ClusterLength));
        store.Read(Slot(number), 0, cluster.AsSpan(0, length));
        visit((ulong)number, cluster.AsMemory(0, length));
    }

    private long Check(ulong sector, int length)
    {
        if (length % DiskManifest.SectorLength != 0 || sector > Sectors || (ulong)(length / DiskManifest.SectorLength) > Sectors - sector)
        {
            throw new ArgumentOutOfRangeException(
                nameof(sector), string.Create(CultureInfo.InvariantCulture, $"{length} bytes at sector {sector} are not on the disk"));
        }

        return (long)sector * DiskManifest.SectorLength;
    }

    private int Slot(long number) => regions[number / ClustersEach] is { } region ? region.Slots[number % ClustersEach] - 1 : -1;

    /// <summary>Reads from the image up to the next cluster that was written, in one piece.</summary>
    private int ReadThrough(long offset, Span<byte> destination)
    {
        int count = Math.Min(destination.Length, ClusterLength - (int)(offset % ClusterLength));
        while (count < destination.Length && Slot((offset + count) / ClusterLength) < 0)
            count += Math.Min(destination.Length - count, ClusterLength);
        image.Read(offset, destination[..count]);
        return count;
    }

    private int SlotForWriting(long number, int count)
    {
        int slot = Slot(number);
        if (slot >= 0)
            return slot;
        slot = store.Add();
        (regions[number / ClustersEach] ??= new Region()).Slots[number % ClustersEach] = slot + 1;
        if (count == ClusterLength)
            return slot;
        // The image's last cluster may be a part of one.
        int length = (int)Math.Min(ClusterLength, Length - (number * ClusterLength));
        image.Read(number * ClusterLength, cluster.AsSpan(0, length));
        store.Write(slot, 0, cluster.AsSpan(0, length));
        return slot;
    }

    /// <summary>2 MiB of the disk in which something was written.</summary>
    private sealed class Region
    {
        /// <summary>Where each cluster is kept, plus 1; 0 for the image's own.</summary>
        public readonly int[] Slots = new int[ClustersEach];

        /// <summary>One bit a cluster: written since the last visit.</summary>
        public readonly ulong[] Written = new ulong[ClustersEach / 64];
    }
}
