using System.Buffers.Binary;

namespace ReplayVmm.Machine;

/// <summary>
/// What a PC's firmware leaves in memory when it starts a system: the interrupt vectors, the BIOS data area (IBM PS/2 and PC BIOS
/// interface technical
/// reference, section 3), the extended BIOS data area, the table that protected mode starts with, ACPI and MP tables, and the few bytes of
/// ROM that those point to.
/// There is no code behind the vectors but an IRET.
/// </summary>
internal static class FirmwareData
{
    private const ulong RomSegment = 0xF0000;
    private const ushort ReturnOffset = 0xFF53, ResetOffset = 0xFFF0;
    private const byte Iret = 0xCF, Hlt = 0xF4;

    /// <summary>What lies in the memory of a machine of this shape when a system starts.</summary>
    public static IReadOnlyList<MemoryImage> Images(PlatformShape shape) =>
    [
        new(0, LowMemory()),
        new(MemoryMap.ExtendedBiosData, new byte[] { 1 }),
        new(BootTable.Address, BootTable.Bytes()),
        .. AcpiTables.Images(shape),
        MultiprocessorTable.Image(shape),
        new(RomSegment + ReturnOffset, new[] { Iret }),
        new(RomSegment + ResetOffset, new byte[] { Hlt, 0xEB, 0xFD }),
    ];

    private static byte[] LowMemory()
    {
        const int Vectors = 256, Size = 0x500;
        byte[] bytes = new byte[Size];
        for (int i = 0; i < Vectors; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4 * i), ((uint)(RomSegment >> 4) << 16) | ReturnOffset);
        Word(bytes, 0x400, 0x3F8);                                              // COM1
        Word(bytes, 0x40E, (ushort)(MemoryMap.ExtendedBiosData >> 4));          // extended BIOS data area
        Word(bytes, 0x410, 0x0226);                                             // 80x25 colour, mouse port, coprocessor, one serial port
        Word(bytes, 0x413, (ushort)(MemoryMap.ExtendedBiosData >> 10));         // KiB of base memory
        Word(bytes, 0x41A, 0x1E);                                               // keyboard buffer: head, tail
        Word(bytes, 0x41C, 0x1E);
        // Video mode, columns, page size, cursor, CRT controller; below, rows - 1 and cell height.
        bytes[0x449] = 3;
        Word(bytes, 0x44A, 80);
        Word(bytes, 0x44C, 0x1000);
        Word(bytes, 0x460, 0x0607);
        Word(bytes, 0x463, 0x3D4);
        Word(bytes, 0x480, 0x1E);                                               // keyboard buffer: start, end
        Word(bytes, 0x482, 0x3E);
        bytes[0x484] = 24;
        Word(bytes, 0x485, 16);
        bytes[0x496] = 0x10;                                                    // enhanced keyboard
        return bytes;
    }

    private static void Word(byte[] bytes, int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(at), value);
}
