using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ReplayVmm.Processor;

/// <summary>
/// A run of decoded instructions that ends at a branch, at its page's end or at <see cref="MaxCount"/>. The instructions, closed by a sentinel whose handler returns
/// <see cref="Outcome.BlockEnd"/>, follow it in memory. Only a block of a single instruction reaches into a second page.
/// </summary>
// SAFETY: lives in the arena of BlockCache until that is cleared; nothing keeps a pointer to it across a clearing.
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Block
{
    /// <summary>Instructions in a block at most.</summary>
    public const int MaxCount = 64;

    /// <summary>Host address of its first byte.</summary>
    public byte* Host;
    /// <summary>Host page of its last byte where that is another page, else null.</summary>
    public byte* SecondPage;
    /// <summary>Next in the bucket of the cache.</summary>
    public Block* NextInBucket;
    /// <summary>Next block of the first byte's page.</summary>
    public Block* NextInPage;
    /// <summary>Next block of the second page.</summary>
    public Block* NextInSecondPage;
    /// <summary>
    /// Where the program went from here before: distance of the next block's RIP from this one's, and that block, always in the same page.
    /// An unused pair says "0: itself", which is true.
    /// </summary>
    public ulong FirstDistance, SecondDistance;
    /// <summary>See <see cref="FirstDistance"/>.</summary>
    public Block* FirstNext, SecondNext;
    /// <summary>Instructions in it.</summary>
    public ushort Count;
    /// <summary>Bytes it was decoded from.</summary>
    public ushort Bytes;
    /// <summary>The decode bits of the mode it was decoded in.</summary>
    public byte Mode;
    /// <summary>Its bytes were written: every handler ends it.</summary>
    public bool Stale;
    /// <summary>The second pair is the next to be replaced.</summary>
    public bool ReplaceSecond;

    /// <summary>The bits of <see cref="ModeKey"/> that decide how bytes decode: all but the privilege.</summary>
    public const byte DecodeBits = 31;

    /// <summary>Bytes before the first instruction.</summary>
    public const int HeaderSize = 96;

    /// <summary>Its first instruction.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DecodedInstruction* First(Block* b) => (DecodedInstruction*)((byte*)b + HeaderSize);
}

/// <summary>A block found by its linear address: an entry of a direct-mapped table, grouped by page as the instruction TLB is.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct JumpEntry
{
    /// <summary>Entries for the pages that share an instruction-TLB entry.</summary>
    public const int EachPage = 32;
    /// <summary>Entries in the table.</summary>
    public const int Count = TranslationMemory.CodeCount * EachPage;
    /// <summary>Shift of the mode in a tag.</summary>
    public const int ModeShift = 48;
    /// <summary>Shift of the generation in a tag.</summary>
    public const int GenerationShift = 54;

    /// <summary>Linear address bits 47 to 0 and <see cref="Core.JumpTag"/>.</summary>
    public ulong Tag;
    /// <summary>The block.</summary>
    public Block* Block;

    /// <summary>The entry for <paramref name="linear"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static JumpEntry* Of(Core* c, ulong linear) =>
        c->Jumps + ((((linear >> 12) & (TranslationMemory.CodeCount - 1)) * EachPage) + ((linear ^ (linear >> 5)) & (EachPage - 1)));
}
