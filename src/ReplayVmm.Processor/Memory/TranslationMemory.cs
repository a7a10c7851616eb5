using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ReplayVmm.Processor;

/// <summary>
/// One TLB entry: a 4 KiB page, or one 4 KiB piece of a larger page.
/// </summary>
internal struct TlbEntry
{
    /// <summary>Linear address bits 47 to 12; PCID in bits 11 to 0; and the flags below.</summary>
    public ulong Tag;

    /// <summary>Physical address bits 51 to 12, and the rights of all levels together.</summary>
    public ulong Data;

    public const ulong Valid = 1ul << 63, Global = 1ul << 62, Piece1G = 1ul << 61, Piece4M = 1ul << 60, Piece2M = 1ul << 59;
    public const ulong Pieces = Piece1G | Piece4M | Piece2M;
    public const ulong LinearMask = 0x0000_FFFF_FFFF_F000, PcidMask = 0xFFF, FrameMask = 0x000F_FFFF_FFFF_F000;
    public const ulong User = 1, Writable = 2, Executable = 4, Dirty = 8;

    /// <summary>True where the entry translates <paramref name="linear"/> for <paramref name="pcid"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Matches(ulong linear, ulong pcid) =>
        (long)Tag < 0 && ((Tag ^ linear) & LinearMask) == 0 && ((Tag & Global) != 0 || (Tag & PcidMask) == pcid);

    /// <summary>True where the entry's page, at its full size, holds <paramref name="linear"/>.</summary>
    public readonly bool Covers(ulong linear)
    {
        ulong within = (Tag & Piece1G) != 0 ? (1ul << 30) - 1 : (Tag & Piece4M) != 0 ? (1ul << 22) - 1 : (Tag & Piece2M) != 0 ? (1ul << 21) - 1 : 0xFFF;
        return ((Tag ^ linear) & LinearMask & ~within) == 0;
    }
}

/// <summary>What a device answered to one access of an instruction that has not retired yet.</summary>
internal struct DeviceAnswer
{
    /// <summary>Guest-physical address, or port number.</summary>
    public ulong Address;
    /// <summary>The answer to a load.</summary>
    public ulong Value;
    /// <summary>Bytes of the access.</summary>
    public uint Size;
    /// <summary>Kind of the access: a <see cref="DeviceAccess"/>.</summary>
    public uint Kind;
}

/// <summary>Kinds of device access.</summary>
internal enum DeviceAccess : uint
{
    Load,
    Store,
    PortIn,
    PortOut,
}

/// <summary>
/// State that is architecture here though the manual leaves it to the processor: both TLBs (direct-mapped by linear page number; an entry is replaced by the next one
/// that falls on it, and by nothing else) and what is left of an instruction between an exit and its end.
/// Saved, hashed and put back as bytes; no pointers in it.
/// </summary>
// SAFETY: lives in native memory beside the core; indices are masked or checked against the counts below.
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TranslationMemory
{
    /// <summary>Entries of the data TLB; the same number as fast translations in a table, so that both share an index.</summary>
    public const int DataCount = FastTranslation.Count;
    /// <summary>Entries of the instruction TLB.</summary>
    public const int CodeCount = 256;
    /// <summary>Device accesses that one instruction may make.</summary>
    public const int AnswerCapacity = 128;

    public fixed ulong Data[DataCount * 2];
    public fixed ulong Code[CodeCount * 2];
    public fixed ulong Answers[AnswerCapacity * 3];
    /// <summary>Valid ones of <see cref="Answers"/>.</summary>
    public ulong AnswerCount;
    /// <summary>Time that a completed instruction has still to take: 0 or 1.</summary>
    public ulong OwedTime;
    /// <summary>1 once a piece of a large page has been in a TLB since the last full flush.</summary>
    public ulong HasPieces;
    /// <summary>Unused; keeps the size a multiple of 32.</summary>
    public ulong Reserved;

    /// <summary>The data TLB's entry for <paramref name="linear"/>.</summary>
    public static TlbEntry* DataEntry(TranslationMemory* t, ulong linear) => (TlbEntry*)t->Data + ((linear >> 12) & (DataCount - 1));

    /// <summary>The instruction TLB's entry for <paramref name="linear"/>.</summary>
    public static TlbEntry* CodeEntry(TranslationMemory* t, ulong linear) => (TlbEntry*)t->Code + ((linear >> 12) & (CodeCount - 1));

    /// <summary>The answers.</summary>
    public static DeviceAnswer* AnswersOf(TranslationMemory* t) => (DeviceAnswer*)t->Answers;
}
