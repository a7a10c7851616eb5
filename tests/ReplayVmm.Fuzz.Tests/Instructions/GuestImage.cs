using System.Buffers.Binary;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>
/// Two MiB of memory that every case starts from: descriptor tables with one segment and gate of each kind, task states, page tables of all
/// three kinds that map the first
/// two MiB to themselves with all sorts of rights, code that leads back to where cases write theirs, stacks full of plausible frames.
/// </summary>
internal sealed class GuestImage
{
    public const int Size = 2 << 20;
    public const uint Vectors = 0, Gdt = 0x1000, Ldt = 0x1800, Idt32 = 0x2000, Idt64 = 0x3000, Tss32 = 0x4000, OtherTss32 = 0x4400,
        Tss16 = 0x4800, Tss64 = 0x4C00,
        Directory32 = 0x6000, Table32 = 0x7000, PointersPae = 0x8000, DirectoryPae = 0x9000, Table64 = 0xA000, Root64 = 0xB000,
            Pointers64 = 0xC000,
        Directory64 = 0xD000, Code = 0x1_0000, Data = 0x2_0000, Stack = 0x3_0000, StackTop = Stack + 0x2000, InnerStack = Stack + 0x3000;
    public const ushort GdtLimit = 0x1FF, LdtLimit = 0x7F, Code32 = 0x08, Data32 = 0x10, UserCode32 = 0x1B, UserData32 = 0x23, Tss = 0x28,
        Code16 = 0x38, Data16 = 0x40,
        LdtSelector = 0x50, Code64 = 0xA0, UserCode64 = 0xAB, UserCode16 = 0xE3, UserData16 = 0xEB, TssLong = 0x100;
    private const int SelectorCount = 0x200 / 8;

    private readonly byte[] bytes = new byte[Size];

    public GuestImage()
    {
        var dice = new Dice(0x6D65_6D6F_7279);
        dice.Fill(bytes.AsSpan(0x1_0000, 0x3_0000));
        for (int vector = 0; vector < 256; vector++)
        {
            Put32(Vectors + ((uint)vector * 4), (uint)((Code >> 4) << 16) | (uint)(dice.Below(64) * 16));
            Put64(Idt32 + ((uint)vector * 8), Gate(dice));
            Put64(Idt64 + ((uint)vector * 16), GateLong(dice));
        }

        FillGdt(dice);
        FillTasks();
        FillPages(dice);
        for (uint at = Stack; at < Stack + 0x4000; at += 8)
            Put64(at, StackWord(dice));
    }

    public ReadOnlySpan<byte> Bytes => bytes;

    /// <summary>A selector as programs load them, with now and then one that is none.</summary>
    public static ushort Selector(Dice dice) => (ushort)(dice.Below(16) switch
    {
        0 => (int)dice.Next(),
        1 => (dice.Below((LdtLimit + 1) / 8) * 8) | 4 | dice.Below(4),
        2 => dice.Below(4),
        _ => (dice.Below(SelectorCount) * 8 % 0x120) | (dice.OnceIn(2) ? 0 : dice.Below(4)),
    });

    /// <summary>A descriptor that is nearly right.</summary>
    public static ulong Descriptor(Dice dice)
    {
        if (dice.OnceIn(8))
            return dice.Next();
        uint type = (uint)dice.Below(32);
        int dpl = dice.OnceIn(2) ? 0 : dice.Below(4);
        if (type < 16)
            return System(dice, type, dpl);
        uint flags = dice.Pick<uint>([0xC, 0x4, 0x0, 0x8, 0xA, 0xC, 0xE]);
        return Segment(type, dpl, dice.OnceIn(4) ? (uint)dice.Number() : 0, dice.OnceIn(3) ? (uint)dice.Number() & 0xFFFFF : 0xFFFFF, flags,
            !dice.OnceIn(16));
    }

    /// <summary>A page-table entry that is nearly right.</summary>
    public static ulong PageEntry(Dice dice)
    {
        ulong rights = 1 | (ulong)dice.Below(0x200);
        ulong frame = dice.Below(8) switch
        {
            0 => dice.Next() & 0x000F_FFFF_FFFF_F000,
            1 => 0xA_0000ul + ((ulong)dice.Below(0x60) << 12),
            2 => (ulong)dice.Pick<uint>([Directory32, Table32, PointersPae, DirectoryPae, Table64, Root64, Pointers64, Directory64]),
            _ => (ulong)dice.Below(0x200) << 12,
        };
        return frame | rights | (dice.OnceIn(8) ? 1ul << 63 : 0) | (dice.OnceIn(16) ? (ulong)dice.Below(0x800) << 52 : 0);
    }

    /// <summary>What may lie on a stack: frames to return through.</summary>
    public static ulong StackWord(Dice dice) => dice.Below(6) switch
    {
        0 => Selector(dice),
        1 => dice.Next() & 0x3F_7FD7,
        2 => (ulong)(Code + dice.Below(0x1000)),
        3 => (ulong)(Code + dice.Below(0x1000)) | ((ulong)Selector(dice) << 32),
        4 => (dice.Next() & 0x7FD7) | ((ulong)(Stack + dice.Below(0x4000)) << 32),
        _ => dice.Number(),
    };

    private static ulong Segment(uint type, int dpl, uint address = 0, uint limit = 0xFFFFF, uint flags = 0xC, bool present = true) =>
        (limit & 0xFFFF) | ((ulong)(address & 0xFFFFFF) << 16) | ((ulong)type << 40) | ((ulong)dpl << 45) | (present ? 1ul << 47 : 0)
        | ((ulong)(limit >> 16) << 48) | ((ulong)flags << 52) | ((ulong)(address >> 24) << 56);

    private static ulong System(Dice dice, uint type, int dpl) => type switch
    {
        1 or 3 or 9 or 11 => Segment(type, dpl, dice.Pick<uint>([Tss32, OtherTss32, Tss16, Tss64, Data]),
            dice.Pick<uint>([0x67, 0x2B, 0x66, 0x3FF]), 0, !dice.OnceIn(8)),
        2 => Segment(type, dpl, Ldt, LdtLimit, 0, !dice.OnceIn(8)),
        _ => GateTo((int)type, dpl, Selector(dice), (uint)(Code + dice.Below(0x1000)), dice.Below(40), !dice.OnceIn(8)),
    };

    private static ulong GateTo(int type, int dpl, ushort selector, uint offset, int low = 0, bool present = true) =>
        (offset & 0xFFFF) | ((ulong)selector << 16) | ((ulong)low << 32) | ((ulong)type << 40) | ((ulong)dpl << 45) | (present ? 1ul << 47 : 0)
        | ((ulong)(offset >> 16) << 48);

    private static ulong Gate(Dice dice) => dice.OnceIn(12)
        ? GateTo(5, 3, dice.Pick<ushort>([0x60, 0x70, 0x28]), 0)
        : GateTo(dice.Pick<int>([0xE, 0xE, 0xF, 0x6, 0x7]), dice.Pick<int>([0, 3]),
            dice.Pick<ushort>([Code32, Code32, Code32, 0x48, Code16, UserCode32]), (uint)(Code + (dice.Below(128) * 16)));

    private static ulong GateLong(Dice dice) => GateTo(
        dice.Pick<int>([0xE, 0xF]), dice.Pick<int>([0, 3]), dice.OnceIn(16) ? Code32 : Code64, (uint)(Code + (dice.Below(128) * 16)),
            dice.OnceIn(4) ? dice.Below(8) : 0);

    private void FillGdt(Dice dice)
    {
        Put64(Gdt + 0x08, Segment(0x1B, 0));
        Put64(Gdt + 0x10, Segment(0x13, 0));
        Put64(Gdt + 0x18, Segment(0x1B, 3));
        Put64(Gdt + 0x20, Segment(0x13, 3));
        Put64(Gdt + 0x28, Segment(0x0B, 0, Tss32, 0x3FF, 0));
        Put64(Gdt + 0x38, Segment(0x1B, 0, 0, 0xFFFF, 0));
        Put64(Gdt + 0x40, Segment(0x13, 0, 0, 0xFFFF, 0));
        Put64(Gdt + 0x48, Segment(0x1F, 0));
        Put64(Gdt + 0x50, Segment(0x02, 0, Ldt, LdtLimit, 0));
        Put64(Gdt + 0x60, Segment(0x09, 0, OtherTss32, 0x3FF, 0));
        Put64(Gdt + 0x70, Segment(0x01, 0, Tss16, 0x2B, 0));
        Put64(Gdt + 0x78, GateTo(0xC, 3, Code64, Code + 0x40));
        Put64(Gdt + 0x88, GateTo(0xC, 3, Code32, Code + 0x80, 3));
        Put64(Gdt + 0x90, GateTo(0x5, 3, 0x60, 0));
        Put64(Gdt + 0x98, Segment(0x17, 0, 0, 0xF));
        Put64(Gdt + 0xA0, Segment(0x1B, 0, flags: 0xA));
        Put64(Gdt + 0xA8, Segment(0x1B, 3, flags: 0xA));
        Put64(Gdt + 0xB0, Segment(0x1B, 1));
        Put64(Gdt + 0xB8, Segment(0x13, 1));
        Put64(Gdt + 0xC0, Segment(0x1B, 0, present: false));
        Put64(Gdt + 0xC8, Segment(0x13, 0, present: false));
        Put64(Gdt + 0xD0, Segment(0x11, 3));
        Put64(Gdt + 0xD8, Segment(0x19, 3));
        Put64(Gdt + 0xE0, Segment(0x1B, 3, 0, 0xFFFF, 0));
        Put64(Gdt + 0xE8, Segment(0x13, 3, 0, 0xFFFF, 0));
        Put64(Gdt + 0xF0, GateTo(0x4, 3, Code16, Code & 0xFFFF, 2));
        Put64(Gdt + 0x100, Segment(0x0B, 0, Tss64, 0x3FF, 0));
        Put64(Gdt + 0x110, Segment(0x09, 0, Tss64, 0x67, 0));
        for (uint at = 0x120; at < 0x200; at += 8)
            Put64(Gdt + at, Descriptor(dice));
        for (uint at = 0; at <= LdtLimit; at += 8)
            Put64(Ldt + at, Descriptor(dice));
    }

    private void FillTasks()
    {
        foreach (uint task in (ReadOnlySpan<uint>)[Tss32, OtherTss32])
        {
            for (uint level = 0; level < 3; level++)
            {
                Put32(task + 4 + (level * 8), InnerStack - (level * 0x400));
                Put32(task + 8 + (level * 8), (ushort)(level == 0 ? Data32 : level == 1 ? 0xB9 : 0x22));
            }

            Put32(task + 0x1C, Directory32);
            Put32(task + 0x20, Code + 0x100);
            Put32(task + 0x24, 2);
            Put32(task + 0x38, StackTop);
            foreach ((uint at, ushort selector) in (ReadOnlySpan<(uint, ushort)>)[(0x48, Data32), (0x4C, Code32), (0x50, Data32),
                (0x54, Data32), (0x58, 0), (0x5C, 0), (0x60, LdtSelector)])
                Put32(task + at, selector);
            Put32(task + 0x64, 0x88u << 16);
        }

        for (uint level = 0; level < 3; level++)
            Put32(Tss16 + 2 + (level * 4), (InnerStack & 0xFFFF) | ((uint)Data16 << 16));
        Put32(Tss16 + 0x0E, (Code & 0xFFFF) | (2 << 16));
        foreach ((uint at, ushort selector) in (ReadOnlySpan<(uint, ushort)>)[(0x22, Data16), (0x24, Code16), (0x26, Data16),
            (0x28, Data16), (0x2A, LdtSelector)])
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan((int)(Tss16 + at)), selector);
        for (uint stack = 0; stack < 10; stack++)
            Put64(Tss64 + 4 + (stack * 8), InnerStack - (stack * 0x100));
        Put32(Tss64 + 0x64, 0x88u << 16);
    }

    /// <summary>Most pages map to themselves with all rights; each fourth one between data and code has something special.</summary>
    private void FillPages(Dice dice)
    {
        for (uint n = 0; n < 1024; n++)
        {
            ulong rights = 7;
            if (n is >= 0x24 and < 0x30 or >= 0x12 and < 0x20)
                rights = dice.Pick<ulong>([7, 7, 7, 5, 3, 1, 0, 4, 0x107, 0x67]);
            ulong frame = n is >= 0x18 and < 0x20 ? 0xA_0000ul + (n << 12) : (ulong)n << 12;
            Put32(Table32 + (n * 4), (uint)(frame | rights));
            if (n < 512)
                Put64(Table64 + (n * 8), frame | rights | (n is >= 0x28 and < 0x2C ? 1ul << 63 : 0));
        }

        for (uint n = 0; n < 1024; n++)
            Put32(Directory32 + (n * 4), n switch
            {
                0 => Table32 | 7,
                1 => 0x87,
                2 => 0xE7,
                3 => 0x40_0087,
                4 => Directory32 | 7,
                512 => Table32 | 7,
                1023 => 0xFFC0_0087,
                _ => 0
            });
        for (uint n = 0; n < 512; n++)
        {
            ulong entry = n switch
            {
                0 => Table64 | 7,
                1 => 0x87,
                2 => 0xE7,
                3 => Table64 | 3,
                4 => DirectoryPae | 7,
                511 => Table64 | 7,
                _ => 0
            };
            Put64(DirectoryPae + (n * 8), entry);
            Put64(Directory64 + (n * 8), entry);
        }

        Put64(PointersPae, DirectoryPae | 1);
        Put64(PointersPae + 16, DirectoryPae | 1);
        Put64(PointersPae + 24, DirectoryPae | 1);
        foreach ((uint n, ulong entry) in (ReadOnlySpan<(uint, ulong)>)[(0, Directory64 | 7), (1, 0x87), (2, 0xE7), (510, Directory64 | 7),
            (511, Directory64 | 7)])
            Put64(Pointers64 + (n * 8), entry);
        foreach ((uint n, ulong entry) in (ReadOnlySpan<(uint, ulong)>)[(0, Pointers64 | 7), (255, Pointers64 | 7), (256, Pointers64 | 3),
            (510, Root64 | 3), (511, Pointers64 | 7)])
            Put64(Root64 + (n * 8), entry);
    }

    private void Put32(uint at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan((int)at), value);

    private void Put64(uint at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan((int)at), value);
}
