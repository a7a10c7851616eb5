using System.Buffers.Binary;

namespace ReplayVmm.Devices;

/// <summary>
/// One chain of descriptors: a device-readable part, then a device-writable part (virtio 1.2, section 2.7.4). Made anew for each look at a
/// chain, since the guest may change it meanwhile; no part of a device's state.
/// </summary>
internal sealed class DescriptorChain
{
    private const int DescriptorLength = 16;
    private const ushort Next = 1, Writable = 2, Indirect = 4;

    private readonly ulong[] addresses;
    private readonly uint[] lengths;
    private IGuestMemory memory = NoMemory.Instance;
    private int count, firstWritable;

    /// <summary>A chain of up to <paramref name="capacity"/> descriptors.</summary>
    public DescriptorChain(int capacity)
    {
        addresses = new ulong[capacity];
        lengths = new uint[capacity];
    }

    /// <summary>Bytes of the device-readable part.</summary>
    public long Readable { get; private set; }

    /// <summary>Bytes of the device-writable part.</summary>
    public long Writes { get; private set; }

    /// <summary>
    /// Follows the chain from <paramref name="head"/>. Refused are a chain with more descriptors than the queue has (a loop), a number that is no
    /// descriptor, an indirect descriptor (not offered), a readable descriptor behind a writable one, bytes that are not RAM, and more than
    /// 4 GiB in all.
    /// </summary>
    public bool Walk(in VirtqueueState queue, ushort head, IGuestMemory guest)
    {
        memory = guest;
        (count, firstWritable, Readable, Writes) = (0, -1, 0, 0);
        Span<byte> descriptor = stackalloc byte[DescriptorLength];
        for (uint at = head; ;)
        {
            if (at >= queue.Size || count >= queue.Size || count >= addresses.Length)
                return false;
            if (!guest.TryRead(queue.Descriptors + (at * DescriptorLength), descriptor))
                return false;
            ushort flags = BinaryPrimitives.ReadUInt16LittleEndian(descriptor[12..]);
            if (!Add(BinaryPrimitives.ReadUInt64LittleEndian(descriptor), BinaryPrimitives.ReadUInt32LittleEndian(descriptor[8..]), flags))
                return false;
            if ((flags & Next) == 0)
                break;
            at = BinaryPrimitives.ReadUInt16LittleEndian(descriptor[14..]);
        }

        if (firstWritable < 0)
            firstWritable = count;
        return Readable + Writes <= uint.MaxValue;
    }

    /// <summary>Copies from the readable part, beginning <paramref name="offset"/> bytes into it.</summary>
    /// <returns>False where it is not that long.</returns>
    public bool TryRead(long offset, Span<byte> destination)
    {
        for (int i = 0; i < firstWritable && !destination.IsEmpty; i++)
        {
            if (!Cut(i, ref offset, destination.Length, out ulong address, out int length))
                continue;
            if (!memory.TryRead(address, destination[..length]))
                return false;
            destination = destination[length..];
        }

        return destination.IsEmpty;
    }

    /// <summary>Copies into the writable part, beginning <paramref name="offset"/> bytes into it.</summary>
    /// <returns>False where it is not that long.</returns>
    public bool TryWrite(long offset, ReadOnlySpan<byte> source)
    {
        for (int i = firstWritable; i < count && !source.IsEmpty; i++)
        {
            if (!Cut(i, ref offset, source.Length, out ulong address, out int length))
                continue;
            if (!memory.TryWrite(address, source[..length]))
                return false;
            source = source[length..];
        }

        return source.IsEmpty;
    }

    private bool Add(ulong address, uint length, ushort flags)
    {
        bool writable = (flags & Writable) != 0;
        if ((flags & Indirect) != 0 || (!writable && firstWritable >= 0) || !memory.Contains(address, length))
            return false;
        if (writable && firstWritable < 0)
            firstWritable = count;
        (addresses[count], lengths[count]) = (address, length);
        count++;
        if (writable)
            Writes += length;
        else
            Readable += length;
        return true;
    }

    /// <summary>The piece of descriptor <paramref name="index"/> from <paramref name="offset"/> on, which becomes what is left to skip.</summary>
    private bool Cut(int index, ref long offset, int wanted, out ulong address, out int length)
    {
        if (offset >= lengths[index])
        {
            offset -= lengths[index];
            (address, length) = (0, 0);
            return false;
        }

        address = addresses[index] + (ulong)offset;
        length = (int)Math.Min(wanted, lengths[index] - offset);
        offset = 0;
        return true;
    }

    private sealed class NoMemory : IGuestMemory
    {
        public static readonly NoMemory Instance = new();

        public bool Contains(ulong address, ulong length) => false;

        public bool TryRead(ulong address, Span<byte> destination) => false;

        public bool TryWrite(ulong address, ReadOnlySpan<byte> source) => false;
    }
}
