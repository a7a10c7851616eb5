using System.Buffers.Binary;

namespace ReplayVmm.Conformance;

/// <summary>GDT, IDT and TSS as each case finds them.</summary>
internal static class PristineTables
{
    private const int Page = 0x1000;
    private const byte InterruptGate = 0x8E, UserInterruptGate = 0xEE;

    /// <summary>Three pages.</summary>
    public static byte[] Make(int mode, uint entries)
    {
        byte[] tables = new byte[3 * Page];
        MakeGdt(tables.AsSpan(0, Page), mode);
        MakeIdt(tables.AsSpan(Page, Page), mode, entries);
        MakeTss(tables.AsSpan(2 * Page, Page), mode);
        return tables;
    }

    private static void MakeGdt(Span<byte> gdt, int mode)
    {
        const byte Flat32 = 0xC, Flat64 = 0xA, Bytes16 = 0;
        byte native = mode == 64 ? Flat64 : Flat32;
        (ushort Selector, byte Access, uint Limit, byte Flags)[] rows =
        [
            (Selectors.Code0, 0x9A, 0xF_FFFF, native),
            (Selectors.Data0, 0x92, 0xF_FFFF, Flat32),
            (Selectors.CompatibilityCode3, 0xFA, 0xF_FFFF, Flat32),
            (Selectors.Data3, 0xF2, 0xF_FFFF, Flat32),
            (Selectors.Code3, 0xFA, 0xF_FFFF, native),
            (Selectors.Code1, 0xBA, 0xF_FFFF, native),
            (Selectors.Data1, 0xB2, 0xF_FFFF, Flat32),
            (Selectors.Code2, 0xDA, 0xF_FFFF, native),
            (Selectors.Data2, 0xD2, 0xF_FFFF, Flat32),
            (Selectors.Conforming0, 0x9E, 0xF_FFFF, native),
            (Selectors.Code16, 0x9A, 0xFFFF, Bytes16),
            (Selectors.Data16, 0x92, 0xFFFF, Bytes16),
            (Selectors.CompatibilityCode0, 0x9A, 0xF_FFFF, Flat32),
        ];
        foreach ((ushort selector, byte access, uint limit, byte flags) in rows)
            BinaryPrimitives.WriteUInt64LittleEndian(gdt[(selector & ~7)..], DescriptorBits.Segment(access, 0, limit, flags));
        BinaryPrimitives.WriteUInt64LittleEndian(gdt[Selectors.Tss..], DescriptorBits.Segment(0x89, Layout.Tss, Page - 1, 0));
    }

    private static void MakeIdt(Span<byte> idt, int mode, uint entries)
    {
        int size = mode == 64 ? 16 : 8;
        for (int vector = 0; vector < 256; vector++)
        {
            byte access = vector == CaseWriter.DoneVector ? UserInterruptGate : InterruptGate;
            uint entry = entries + (uint)(vector * Stubs.EntrySize);
            BinaryPrimitives.WriteUInt64LittleEndian(idt[(vector * size)..], DescriptorBits.Gate(access, Selectors.Code0, entry));
        }
    }

    /// <summary>Stacks for the rings, and a map that forbids every port.</summary>
    private static void MakeTss(Span<byte> tss, int mode)
    {
        const int MapPointer = 0x66, Map = 0x68;
        if (mode == 64)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(tss[4..], Layout.Ring0Stack);
            BinaryPrimitives.WriteUInt64LittleEndian(tss[12..], Layout.Ring1Stack);
            BinaryPrimitives.WriteUInt64LittleEndian(tss[20..], Layout.Ring2Stack);
            for (int ist = 0; ist < 7; ist++)
                BinaryPrimitives.WriteUInt64LittleEndian(tss[(0x24 + (8 * ist))..], Layout.InterruptStacks + (ulong)(0x400 * ist));
        }
        else
        {
            uint[] stacks = [Layout.Ring0Stack, Selectors.Data0, Layout.Ring1Stack, Selectors.Data1, Layout.Ring2Stack, Selectors.Data2];
            for (int i = 0; i < stacks.Length; i++)
                BinaryPrimitives.WriteUInt32LittleEndian(tss[(4 + (4 * i))..], stacks[i]);
        }
        BinaryPrimitives.WriteUInt16LittleEndian(tss[MapPointer..], Map);
        tss[Map..].Fill(0xFF);
    }
}
