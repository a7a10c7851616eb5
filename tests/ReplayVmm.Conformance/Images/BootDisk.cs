using System.Buffers.Binary;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// A raw disk image that a PC's BIOS boots: its first sector is a loader of our own, the rest a flat image that it copies to memory and
/// enters in 32-bit protected mode, as a Multiboot loader would. With a Multiboot header that gives addresses in the flat image, the same
/// file is also a Multiboot kernel, so that machines with and without a loader of their own start from the same bytes.
/// </summary>
public static class BootDisk
{
    /// <summary>Bytes of a sector.</summary>
    public const int SectorSize = 512;
    /// <summary>The most bytes that a flat image may have: 32 MiB.</summary>
    public const int MostBytes = 32 << 20;

    private const ushort Origin = 0x7C00, Signature = 0xAA55, ChunkSegment = 0x1000;
    private const int SectorsInChunk = 64, CylinderSectors = 16 * 63;
    private const uint Magic = 0x2BAD_B002;
    private const byte Code32 = 0x08, Data32 = 0x10;

    /// <summary>The disk.</summary>
    /// <param name="flat">What is to lie in memory from <paramref name="load"/> on.</param>
    /// <param name="load">First physical address, from 1 MiB up.</param>
    /// <param name="entry">Physical address of the first 32-bit instruction.</param>
    /// <returns>The image, a whole number of cylinders (16 heads of 63 sectors).</returns>
    public static byte[] Create(ReadOnlySpan<byte> flat, uint load, uint entry)
    {
        if (flat.Length > MostBytes)
            throw new ArgumentException($"a flat image has at most {MostBytes} bytes", nameof(flat));
        int chunkBytes = SectorsInChunk * SectorSize, chunks = (flat.Length + chunkBytes - 1) / chunkBytes;
        int sectors = 1 + (chunks * SectorsInChunk);
        int cylinders = (sectors + CylinderSectors - 1) / CylinderSectors;
        byte[] disk = new byte[cylinders * CylinderSectors * SectorSize];
        Sector(chunks, load, entry).CopyTo(disk, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(disk.AsSpan(SectorSize - 2), Signature);
        flat.CopyTo(disk.AsSpan(SectorSize));
        return disk;
    }

    /// <summary>The first sector: chunk by chunk into low memory (INT 13h, AH=42h) and up by the BIOS (INT 15h, AH=87h).</summary>
    private static byte[] Sector(int chunks, uint load, uint entry)
    {
        // The addresses of the tables behind the code come out of a first pass.
        (byte[] _, int length) = Assemble(chunks, load, entry, Origin);
        (byte[] code, int _) = Assemble(chunks, load, entry, (ushort)(Origin + length));
        byte[] tables = Tables(load, (uint)(Origin + length));
        byte[] sector = [.. code, .. tables];
        if (sector.Length > SectorSize - 2)
            throw new InvalidOperationException($"the boot sector has {sector.Length} bytes");
        return sector;
    }

    private static (byte[] Code, int Length) Assemble(int chunks, uint load, uint entry, ushort tables)
    {
        ushort packet = tables, move = (ushort)(tables + 16), gdt = (ushort)(move + 48), gdtr = (ushort)(gdt + 24);
        var a = new Assembler(16);
        Label next = a.CreateLabel(), failed = a.CreateLabel();
        a.cli();
        a.xor(ax, ax);
        a.mov(ds, ax);
        a.mov(es, ax);
        a.mov(ss, ax);
        a.mov(sp, Origin);
        a.sti();
        a.mov(bp, (ushort)chunks);
        a.Label(ref next);
        a.push(dx);
        a.mov(si, packet);
        a.mov(ah, 0x42);
        a.@int(0x13);
        a.jc(failed);
        a.mov(si, move);
        a.mov(cx, (ushort)(SectorsInChunk * SectorSize / 2));
        a.mov(ah, 0x87);
        a.@int(0x15);
        a.jc(failed);
        a.pop(dx);
        a.add(__word_ptr[packet + 8], SectorsInChunk);
        // The chunk's 32 KiB are added to a base of three bytes and one: the carry goes by hand.
        a.add(__word_ptr[move + 26], unchecked((short)(SectorsInChunk * SectorSize)));
        a.adc(__byte_ptr[move + 28], 0);
        a.adc(__byte_ptr[move + 31], 0);
        a.dec(bp);
        a.jne(next);

        a.cli();
        a.@in(al, 0x92);
        a.or(al, 2);
        a.@out(0x92, al);
        a.lgdt(__[gdtr]);
        a.mov(eax, cr0);
        a.or(al, 1);
        a.mov(cr0, eax);
        a.mov(ax, Data32);
        a.mov(ds, ax);
        a.mov(es, ax);
        a.mov(fs, ax);
        a.mov(gs, ax);
        a.mov(ss, ax);
        a.mov(eax, Magic);
        a.xor(ebx, ebx);
        a.AddInstruction(Instruction.CreateBranch(Iced.Intel.Code.Jmp_ptr1632, Code32, entry));
        a.Label(ref failed);
        a.hlt();
        a.jmp(failed);
        byte[] code = a.Bytes(Origin);
        return (code, code.Length);
    }

    private static byte[] Tables(uint load, uint address)
    {
        byte[] tables = new byte[16 + 48 + 24 + 6];
        Span<byte> packet = tables.AsSpan(0, 16), move = tables.AsSpan(16, 48), gdt = tables.AsSpan(64, 24), gdtr = tables.AsSpan(88);
        packet[0] = 16;
        BinaryPrimitives.WriteUInt16LittleEndian(packet[2..], SectorsInChunk);
        BinaryPrimitives.WriteUInt16LittleEndian(packet[6..], ChunkSegment);
        BinaryPrimitives.WriteUInt32LittleEndian(packet[8..], 1);
        Block(move[16..], ChunkSegment << 4);
        Block(move[24..], load);
        BinaryPrimitives.WriteUInt64LittleEndian(gdt[Code32..], 0x00CF_9B00_0000_FFFF);
        BinaryPrimitives.WriteUInt64LittleEndian(gdt[Data32..], 0x00CF_9300_0000_FFFF);
        BinaryPrimitives.WriteUInt16LittleEndian(gdtr, 23);
        BinaryPrimitives.WriteUInt32LittleEndian(gdtr[2..], address + 64);
        return tables;
    }

    /// <summary>A descriptor of INT 15h, AH=87h: limit, three bytes of base, access rights, the base's fourth byte at the end.</summary>
    private static void Block(Span<byte> descriptor, uint address)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(descriptor, 0xFFFF);
        BinaryPrimitives.WriteUInt32LittleEndian(descriptor[2..], address);
        descriptor[5] = 0x93;
        descriptor[7] = (byte)(address >> 24);
    }
}
