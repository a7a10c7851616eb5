using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ReplayVmm.Devices;

/// <summary>
/// A virtio block device (virtio 1.2, section 5.2): read, write, flush and get-id, one request at a time. A request takes a fixed latency and
/// a time for each KiB. What was written is part of the device's state as a running hash, so that a digest covers the disk without reading it.
/// </summary>
public sealed class VirtioBlock : VirtioDevice
{
    /// <summary>Bytes of a sector.</summary>
    public const int SectorLength = 512;

    /// <summary>Bytes of a segment that the configuration allows.</summary>
    public const uint LargestSegment = 1 << 16;

    /// <summary>Bytes of data in one request at most; a longer one is answered with an error.</summary>
    public const long LargestTransfer = (LargestQueue - 2) * (long)LargestSegment;

    private const uint KindBlock = 2, TypeIn = 0, TypeOut = 1, TypeFlush = 4, TypeGetId = 8;
    private const byte StatusOk = 0, StatusError = 1, StatusUnsupported = 2;
    private const int HeaderLength = 16, IdLength = 20, HashLength = 32, Prefix = HashLength + 8, Piece = 1 << 15;
    private const ulong BytesPerKiB = 1024;

    private readonly IDisk disk;
    private readonly IDiskObserver observer;
    private readonly ulong latency, perKiB;
    private readonly byte[] id = new byte[IdLength];

    // The last hash, the sector and the data of one piece stand behind each other, so that they are hashed as they stand.
    private readonly byte[] piece = new byte[Prefix + Piece];

    /// <summary>A block device for <paramref name="disk"/>.</summary>
    /// <param name="disk">Its content.</param>
    /// <param name="observer">Is told of each read and write.</param>
    /// <param name="wiring">What it is connected to.</param>
    /// <param name="latency">Virtual nanoseconds that each request takes, at least 1.</param>
    /// <param name="perKiB">Virtual nanoseconds that each KiB of data takes besides.</param>
    public VirtioBlock(IDisk disk, IDiskObserver observer, VirtioWiring wiring, ulong latency, ulong perKiB)
        : base("virtio-blk", KindBlock, Features, queues: 1, Describe(disk), wiring)
    {
        ArgumentOutOfRangeException.ThrowIfZero(latency);
        (this.disk, this.observer, this.latency, this.perKiB) = (disk, observer, latency, perKiB);
        Encoding.ASCII.GetBytes(disk.Serial.AsSpan(0, Math.Min(IdLength, disk.Serial.Length)), id);
    }

    private static ulong Features =>
        VirtioFeatures.BlockSizeMax | VirtioFeatures.BlockSegmentsMax | VirtioFeatures.BlockBlockSize | VirtioFeatures.BlockFlush;

    private protected override ulong CostOf(int queue, DescriptorChain request)
    {
        ulong bytes = (ulong)Math.Min(request.Readable + request.Writes, LargestTransfer);
        return latency + (bytes * perKiB / BytesPerKiB);
    }

    /// <summary>Section 5.2.6: a header of 16 bytes, the data, and a status byte, laid out over descriptors as the driver likes.</summary>
    private protected override bool Serve(int queue, DescriptorChain request, out uint written)
    {
        written = 0;
        Span<byte> header = stackalloc byte[HeaderLength];
        if (request.Writes < 1 || !request.TryRead(0, header))
            return false;
        uint type = BinaryPrimitives.ReadUInt32LittleEndian(header);
        ulong sector = BinaryPrimitives.ReadUInt64LittleEndian(header[8..]);
        long room = request.Writes - 1, filled = 0;
        byte status = type switch
        {
            TypeIn => Read(request, sector, room, out filled),
            TypeOut => Write(request, sector, request.Readable - HeaderLength),
            TypeFlush => StatusOk,
            TypeGetId => GetId(request, room, out filled),
            _ => StatusUnsupported,
        };
        // The length counts bytes without a gap from the first on: the status byte only where all before it was written (section 2.7.8).
        written = (uint)(filled == room ? filled + 1 : filled);
        return request.TryWrite(room, [status]);
    }

    private byte Read(DescriptorChain request, ulong sector, long length, out long filled)
    {
        filled = 0;
        byte status = LiesOnDisk(sector, length) ? StatusOk : StatusError;
        while (status == StatusOk && filled < length)
        {
            Span<byte> data = piece.AsSpan(Prefix, (int)Math.Min(Piece, length - filled));
            disk.Read(sector + (ulong)(filled / SectorLength), data);
            if (!request.TryWrite(filled, data))
                status = StatusError;
            else
                filled += data.Length;
        }

        observer.Completed(write: false, sector, (uint)length, status);
        return status;
    }

    private byte Write(DescriptorChain request, ulong sector, long length)
    {
        byte status = LiesOnDisk(sector, length) ? StatusOk : StatusError;
        for (long done = 0; status == StatusOk && done < length; done += Piece)
        {
            Span<byte> data = piece.AsSpan(Prefix, (int)Math.Min(Piece, length - done));
            ulong at = sector + (ulong)(done / SectorLength);
            if (!request.TryRead(HeaderLength + done, data))
            {
                status = StatusError;
                break;
            }

            disk.Write(at, data);
            Note(at, data.Length);
        }

        observer.Completed(write: true, sector, (uint)length, status);
        return status;
    }

    private byte GetId(DescriptorChain request, long room, out long filled)
    {
        filled = Math.Min(room, IdLength);
        return request.TryWrite(0, id.AsSpan(0, (int)filled)) ? StatusOk : StatusError;
    }

    private bool LiesOnDisk(ulong sector, long length) => length <= LargestTransfer && length % SectorLength == 0
        && sector <= disk.Sectors && (ulong)(length / SectorLength) <= disk.Sectors - sector;

    /// <summary>Takes the piece that was written into the running hash.</summary>
    private void Note(ulong sector, int length)
    {
        ref VirtioBlockState own = ref Own<VirtioBlockState>();
        ((Span<byte>)own.Written).CopyTo(piece);
        BinaryPrimitives.WriteUInt64LittleEndian(piece.AsSpan(HashLength), sector);
        SHA256.HashData(piece.AsSpan(0, Prefix + length), own.Written);
    }

    /// <summary>The configuration (section 5.2.4).</summary>
    private static byte[] Describe(IDisk disk)
    {
        const int Length = 60, SizeMaxAt = 8, SegmentsAt = 12, BlockSizeAt = 20;
        byte[] bytes = new byte[Length];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, disk.Sectors);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(SizeMaxAt), LargestSegment);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(SegmentsAt), LargestQueue - 2);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(BlockSizeAt), SectorLength);
        return bytes;
    }
}
