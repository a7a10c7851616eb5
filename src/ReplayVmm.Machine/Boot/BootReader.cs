using System.Buffers.Binary;

namespace ReplayVmm.Machine;

/// <summary>
/// Reads little-endian numbers from a boot image; a place outside the image is a <see cref="BootException"/>, never a crash.
/// </summary>
internal readonly ref struct BootReader(string name, ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> bytes = bytes;

    /// <summary>Bytes in the image.</summary>
    public ulong Length => (ulong)bytes.Length;

    /// <summary>One byte.</summary>
    public byte Byte(ulong offset) => Slice(offset, sizeof(byte))[0];

    /// <summary>Two bytes.</summary>
    public ushort Word(ulong offset) => BinaryPrimitives.ReadUInt16LittleEndian(Slice(offset, sizeof(ushort)));

    /// <summary>Four bytes.</summary>
    public uint Dword(ulong offset) => BinaryPrimitives.ReadUInt32LittleEndian(Slice(offset, sizeof(uint)));

    /// <summary>Eight bytes.</summary>
    public ulong Qword(ulong offset) => BinaryPrimitives.ReadUInt64LittleEndian(Slice(offset, sizeof(ulong)));

    /// <summary>A range.</summary>
    public ReadOnlySpan<byte> Slice(ulong offset, ulong length)
    {
        if (offset > Length || length > Length - offset)
            throw new BootException(
                $"{name}: the file is too short: it ends at {Length:x}, and {length} bytes are needed at {offset:x}; it may be truncated");
        return bytes.Slice((int)offset, (int)length);
    }
}
