using System.Buffers.Binary;

namespace ReplayVmm.Devices;

/// <summary>What <see cref="SplitQueue.Take"/> found.</summary>
internal enum TakeResult
{
    /// <summary>The driver has made nothing available.</summary>
    Empty,
    /// <summary>A chain.</summary>
    Chain,
    /// <summary>The ring is not in RAM or makes no sense.</summary>
    Broken,
}

/// <summary>
/// The device's side of a split virtqueue (virtio 1.2, sections 2.7.6 to 2.7.14). The rings lie in guest memory and may hold anything; the
/// queue's state must be sound.
/// </summary>
internal static class SplitQueue
{
    private const int AvailableEntry = 2, UsedEntry = 8, RingHeader = 4;
    private const ushort NoInterrupt = 1;

    /// <summary>Takes the next chain that the driver made available.</summary>
    public static TakeResult Take(ref VirtqueueState queue, IGuestMemory memory, out ushort head)
    {
        head = 0;
        if (!TryReadWord(memory, queue.Driver + 2, out ushort available))
            return TakeResult.Broken;
        ushort waiting = (ushort)(available - queue.NextAvailable);
        if (waiting == 0)
            return TakeResult.Empty;
        // No more chains can wait than there are descriptors.
        if (waiting > queue.Size)
            return TakeResult.Broken;
        ulong entry = queue.Driver + RingHeader + ((ulong)(queue.NextAvailable & (queue.Size - 1)) * AvailableEntry);
        if (!TryReadWord(memory, entry, out head) || head >= queue.Size)
            return TakeResult.Broken;
        queue.NextAvailable++;
        return TakeResult.Chain;
    }

    /// <summary>Gives a chain back after <paramref name="written"/> bytes were written into its device-writable part.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="memory">Where its rings are.</param>
    /// <param name="head">First descriptor of the chain.</param>
    /// <param name="written">Bytes, from the first writable one on without a gap.</param>
    /// <param name="interrupt">Whether the driver wants to be told.</param>
    /// <returns>False where a ring is not in RAM.</returns>
    public static bool Give(ref VirtqueueState queue, IGuestMemory memory, ushort head, uint written, out bool interrupt)
    {
        interrupt = false;
        Span<byte> entry = stackalloc byte[UsedEntry];
        BinaryPrimitives.WriteUInt32LittleEndian(entry, head);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], written);
        ulong at = queue.Device + RingHeader + ((ulong)(queue.NextUsed & (queue.Size - 1)) * UsedEntry);
        if (!memory.TryWrite(at, entry))
            return false;
        queue.NextUsed++;
        Span<byte> index = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(index, queue.NextUsed);
        if (!memory.TryWrite(queue.Device + 2, index) || !TryReadWord(memory, queue.Driver, out ushort flags))
            return false;
        interrupt = (flags & NoInterrupt) == 0;
        return true;
    }

    private static bool TryReadWord(IGuestMemory memory, ulong address, out ushort value)
    {
        Span<byte> bytes = stackalloc byte[2];
        bool read = memory.TryRead(address, bytes);
        value = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        return read;
    }
}
