using System.Security.Cryptography;

namespace ReplayVmm.Machine;

/// <summary>
/// Who has which part of guest memory at boot. What an image demands is checked against what is there and against the others; what a
/// loader may choose is put
/// where nothing is.
/// </summary>
internal sealed class BootLayout
{
    private const ulong PageSize = 4096;
    private readonly List<(ulong Start, ulong End, string Owner)> taken = [];
    private readonly List<MemoryImage> images = [];
    private readonly ulong memoryBytes;

    /// <summary>An empty memory with the firmware's data in it.</summary>
    /// <exception cref="BootException">There is no such amount of memory.</exception>
    public BootLayout(ulong memoryBytes, PlatformShape? shape = null)
    {
        MemoryMap.Check(memoryBytes);
        this.memoryBytes = memoryBytes;
        foreach (MemoryImage image in FirmwareData.Images(shape ?? new PlatformShape()))
        {
            images.Add(image);
            taken.Add((image.Address, image.Address + (ulong)image.Bytes.Length, "the firmware's data"));
        }
    }

    /// <summary>What lies in memory.</summary>
    public IReadOnlyList<MemoryImage> Images => images;

    /// <summary>End of the RAM below the device hole.</summary>
    public ulong LowEnd => MemoryMap.LowEnd(memoryBytes);

    /// <summary>Takes a range that an image demands.</summary>
    /// <exception cref="BootException">It is not RAM, or something is there.</exception>
    public void Reserve(string owner, ulong start, ulong length)
    {
        if (length == 0)
            return;
        if (!IsRam(start, length))
            throw new BootException(
                $"{owner} needs {length} bytes at {start:x}, which is not all RAM in a guest of {memoryBytes >> 20} MiB: give the guest more memory");
        foreach ((ulong from, ulong to, string other) in taken)
        {
            if (start < to && from < start + length)
                throw new BootException(
                    $"{owner} at {start:x} to {start + length - 1:x} overlaps {other} at {from:x} to {to - 1:x}: link it to another address");
        }
        taken.Add((start, start + length, owner));
    }

    /// <summary>Puts bytes where a range was reserved.</summary>
    public void Put(ulong address, ReadOnlyMemory<byte> bytes)
    {
        if (!bytes.IsEmpty)
            images.Add(new MemoryImage(address, bytes));
    }

    /// <summary>The lowest free place of <paramref name="length"/> bytes from <paramref name="from"/> on, taken.</summary>
    /// <exception cref="BootException">There is none below <paramref name="below"/>.</exception>
    public ulong PlaceLow(string owner, ulong length, ulong from, ulong below, ulong alignment = PageSize)
    {
        ulong at = AlignUp(from, alignment);
        while (at < below && length <= below - at)
        {
            int obstacle = taken.FindIndex(t => at < t.End && t.Start < at + length);
            if (obstacle < 0 && IsRam(at, length))
            {
                Reserve(owner, at, length);
                return at;
            }
            at = AlignUp(obstacle < 0 ? Math.Max(at + 1, MemoryMap.HighMemory) : taken[obstacle].End, alignment);
        }
        throw NoRoom(owner, length);
    }

    /// <summary>The highest free place of <paramref name="length"/> bytes below <paramref name="below"/>, taken; not below 1 MiB.</summary>
    /// <exception cref="BootException">There is none.</exception>
    public ulong PlaceHigh(string owner, ulong length, ulong below)
    {
        ulong end = Math.Min(below, LowEnd);
        while (end >= MemoryMap.HighMemory && length <= end - MemoryMap.HighMemory)
        {
            ulong at = (end - length) & ~(PageSize - 1);
            int obstacle = taken.FindIndex(t => at < t.End && t.Start < at + length);
            if (at < MemoryMap.HighMemory)
                break;
            if (obstacle < 0)
            {
                Reserve(owner, at, length);
                return at;
            }
            end = taken[obstacle].Start;
        }
        throw NoRoom(owner, length);
    }

    /// <summary>The manifest's line about a file.</summary>
    public static BootFile Describe(string role, BootImage image) => new(
        role, image.Name, image.Bytes.Length, Convert.ToHexStringLower(SHA256.HashData(image.Bytes.Span)));

    private static ulong AlignUp(ulong value, ulong alignment) => (value + alignment - 1) & ~(alignment - 1);

    private bool IsRam(ulong start, ulong length)
    {
        static bool Within(ulong start, ulong length, ulong from, ulong to) => start >= from && start <= to && length <= to - start;
        return Within(start, length, 0, MemoryMap.VideoHole) || Within(start, length, MemoryMap.HighMemory, LowEnd);
    }

    private BootException NoRoom(string owner, ulong length) =>
        new($"{owner} of {length} bytes does not fit into a guest of {memoryBytes >> 20} MiB: give the guest more memory");
}
