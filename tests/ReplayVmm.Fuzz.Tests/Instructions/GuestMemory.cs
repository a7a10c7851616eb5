using System.Runtime.InteropServices;
using ReplayVmm.Processor;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>The memory of a tiny platform: two MiB with a hole and a read-only part, and a piece above 4 GiB.</summary>
// SAFETY: the memories live until Dispose; guest addresses are those of the mapped ranges.
internal sealed unsafe class GuestMemory : IDisposable
{
    private const ulong Hole = 0xA_0000, ReadOnly = 0xC_0000, HighMemory = 0x10_0000, FourGiB = 0x1_0000_0000, HighSize = 0x1_0000;

    private static readonly GuestImage Image = new();

    private readonly HostMemory ram = new(GuestImage.Size + HighSize);
    private readonly WrittenPageVisitor restore, mix;
    private readonly byte[] blank = new byte[4096];
    private ulong digest;

    /// <summary>The guest's image in it.</summary>
    /// <param name="codeArena">Bytes for decoded code: little makes it be dropped all the time.</param>
    public GuestMemory(int codeArena)
    {
        Physical = new PhysicalMemory(codeArena);
        Physical.Map(0, Hole, ram.Address, MappingRights.Read | MappingRights.Write);
        Physical.Map(ReadOnly, HighMemory - ReadOnly, ram.Address + ReadOnly, MappingRights.Read);
        Physical.Map(HighMemory, GuestImage.Size - HighMemory, ram.Address + HighMemory, MappingRights.Read | MappingRights.Write);
        Physical.Map(FourGiB, HighSize, ram.Address + GuestImage.Size, MappingRights.Read | MappingRights.Write);
        Image.Bytes.CopyTo(new Span<byte>(ram.Address, GuestImage.Size));
        (restore, mix) = (Restore, Mix);
    }

    /// <summary>What the processor sees.</summary>
    public PhysicalMemory Physical { get; }

    /// <summary>Puts back every page that was written.</summary>
    public void Restore() => Physical.VisitWrittenPages(restore);

    /// <summary>Hashes every page that was written into <paramref name="digest"/>, and puts it back: it is not seen as written a second time.</summary>
    public void MixWritten(ref ulong digest)
    {
        this.digest = digest;
        Physical.VisitWrittenPages(mix);
        digest = this.digest;
    }

    /// <summary>Hashes words.</summary>
    public static void Mix(ref ulong digest, ulong frame, ReadOnlySpan<byte> bytes)
    {
        digest = (digest ^ frame) * 0x9E37_79B9_7F4A_7C15;
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(bytes))
            digest = (ulong.RotateLeft(digest, 5) ^ word) * 0x9E37_79B9_7F4A_7C15;
    }

    /// <summary>Changes tables, tasks, page tables and stacks: what a hostile guest would put there.</summary>
    public void Spoil(Dice dice)
    {
        if (dice.OnceIn(2))
            return;
        for (int n = dice.Below(12); n >= 0; n--)
        {
            ulong at = dice.Below(8) switch
            {
                0 => GuestImage.Gdt + (ulong)(dice.Below(0x40) * 8),
                1 => GuestImage.Ldt + (ulong)(dice.Below(0x10) * 8),
                2 => dice.Pick<uint>([GuestImage.Idt32, GuestImage.Idt64]) + (ulong)(dice.Below(32) * 8),
                3 => dice.Pick<uint>([GuestImage.Tss32, GuestImage.OtherTss32, GuestImage.Tss16,
                    GuestImage.Tss64]) + (ulong)(dice.Below(0x1A) * 4),
                4 => dice.Pick<uint>([GuestImage.Directory32, GuestImage.PointersPae, GuestImage.DirectoryPae, GuestImage.Root64,
                    GuestImage.Pointers64, GuestImage.Directory64])
                    + (ulong)(dice.Below(dice.OnceIn(2) ? 8 : 512) * 8),
                5 => dice.Pick<uint>([GuestImage.Table32 + 0x40, GuestImage.Table64 + 0x80]) + (ulong)(dice.Below(0x40) * 8),
                _ => GuestImage.Stack + 0x1000 + (ulong)(dice.Below(0x300) * 8),
            };
            ulong value = at switch
            {
                < GuestImage.Tss32 => GuestImage.Descriptor(dice),
                < GuestImage.Directory32 => GuestImage.StackWord(dice),
                < GuestImage.Code => GuestImage.PageEntry(dice),
                _ => GuestImage.StackWord(dice),
            };
            if (dice.OnceIn(4))
                value = *(ulong*)(ram.Address + at) ^ (1ul << dice.Below(64));
            Write(at, new ReadOnlySpan<byte>(&value, sizeof(ulong)));
        }
    }

    /// <summary>Writes where there is memory.</summary>
    public void Write(ulong address, ReadOnlySpan<byte> bytes) => FuzzException.Unless(Physical.TryWrite(address, bytes),
        $"{address:x} is not memory");

    public void Dispose()
    {
        Physical.Dispose();
        ram.Dispose();
    }

    private void Restore(ulong frame, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> source = frame < GuestImage.Size >> 12 ? Image.Bytes.Slice((int)frame << 12, 4096) : blank;
        byte* page = Physical.Find(frame << 12, out _);
        source.CopyTo(new Span<byte>(page, 4096));
        Physical.Blocks.Written(page, 4096);
    }

    private void Mix(ulong frame, ReadOnlySpan<byte> bytes)
    {
        Mix(ref digest, frame, bytes);
        Restore(frame, bytes);
    }
}
