using System.Buffers.Binary;

namespace ReplayVmm.Machine;

/// <summary>
/// The descriptor tables that a guest in protected or 64-bit mode starts with, in the firmware's data area. The Linux boot protocol fixes
/// the selectors 10h for code and 18h for data in both modes; Multiboot leaves them open.
/// </summary>
internal static class BootTable
{
    /// <summary>Its guest-physical address, behind the firmware's own data.</summary>
    public const ulong Address = MemoryMap.ExtendedBiosData + 0x200;
    /// <summary>The table for 64-bit mode, behind the other.</summary>
    public const ulong Address64 = Address + Size;
    /// <summary>Code: 32-bit and flat in one table, 64-bit in the other.</summary>
    public const ushort Code = 0x10;
    /// <summary>Data, flat.</summary>
    public const ushort Data = 0x18;
    /// <summary>Code of the other mode, for guests that switch.</summary>
    private const ushort OtherCode = 0x20;
    /// <summary>Offset of a table's last byte.</summary>
    public const ushort Limit = Size - 1;
    private const int Size = 5 * 8;
    private const ulong Flat32 = 0x00CF_9B00_0000_FFFF, Flat64 = 0x00AF_9B00_0000_FFFF, FlatData = 0x00CF_9300_0000_FFFF;

    /// <summary>The bytes of both, one behind the other.</summary>
    public static byte[] Bytes()
    {
        byte[] tables = new byte[2 * Size];
        Fill(tables.AsSpan(0, Size), Flat32, Flat64);
        Fill(tables.AsSpan(Size), Flat64, Flat32);
        return tables;
    }

    private static void Fill(Span<byte> table, ulong code, ulong other)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(table[Code..], code);
        BinaryPrimitives.WriteUInt64LittleEndian(table[Data..], FlatData);
        BinaryPrimitives.WriteUInt64LittleEndian(table[OtherCode..], other);
    }
}
