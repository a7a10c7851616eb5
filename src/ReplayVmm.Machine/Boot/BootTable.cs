using System.Buffers.Binary;

namespace ReplayVmm.Machine;

/// <summary>
/// The descriptor table that a guest in protected or 64-bit mode starts with, in the firmware's data area. The Linux boot protocol fixes
/// the selectors 10h and
/// 18h; Multiboot leaves them open.
/// </summary>
internal static class BootTable
{
    /// <summary>Its guest-physical address, behind the firmware's own data.</summary>
    public const ulong Address = MemoryMap.ExtendedBiosData + 0x200;
    /// <summary>32-bit code, flat.</summary>
    public const ushort Code32 = 0x10;
    /// <summary>Data, flat.</summary>
    public const ushort Data32 = 0x18;
    /// <summary>64-bit code.</summary>
    public const ushort Code64 = 0x20;
    /// <summary>Offset of its last byte.</summary>
    public const ushort Limit = (Entries * 8) - 1;
    private const int Entries = 5;

    /// <summary>Its bytes.</summary>
    public static byte[] Bytes()
    {
        byte[] table = new byte[Entries * 8];
        BinaryPrimitives.WriteUInt64LittleEndian(table.AsSpan(Code32), 0x00CF_9B00_0000_FFFF);
        BinaryPrimitives.WriteUInt64LittleEndian(table.AsSpan(Data32), 0x00CF_9300_0000_FFFF);
        BinaryPrimitives.WriteUInt64LittleEndian(table.AsSpan(Code64), 0x00AF_9B00_0000_FFFF);
        return table;
    }
}
