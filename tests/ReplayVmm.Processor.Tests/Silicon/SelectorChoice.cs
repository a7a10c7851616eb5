using ReplayVmm.Silicon;

namespace ReplayVmm.Processor.Tests.Silicon;

/// <summary>Selectors to load and to ask about: good, null, closed, absent, of the wrong kind, beyond their table.</summary>
internal static class SelectorChoice
{
    private static readonly ushort[] Any =
    [
        0, 1, 2, 3, 0x08, 0x0B, 0x10, 0x13, 0x18, 0x1B, 0x20, 0x23, 0x28, 0x2B, 0x29, 0x30, 0x33, 0x40, 0x43, 0x48, 0x50, 0x53, 0x60, 0x63, 0x80, 0x83, 0xFFFF, 0x0064,
        0x1007, 0x07, 0x0F, 0x17, 0x1F, 0x27, 0x2F, 0x37, 0x3F, 0x47, 0x4F, 0x57, 0x5F, 0x67, 0x04, 0x0D, 0x14, 0x1E, 0x44, 0x5C,
    ];

    /// <summary>Number of the descriptor whose limit is the processor's number, which changes.</summary>
    private const int Processor = 15;

    private static readonly ushort[] CodeSegments = [SegmentTable.UserCode32, SegmentTable.UserCode64, SegmentTable.Code16, SegmentTable.Code32];

    /// <summary>Any selector.</summary>
    public static ushort Data(ref Randomness random) => random.OnceIn(40) && (ushort)random.Next() is var other && other >> 3 != Processor
        ? other : random.Pick<ushort>(Any);

    /// <summary>Mostly one of a code segment.</summary>
    public static ushort Code(ref Randomness random) => random.OnceIn(4) ? Data(ref random) : random.Pick<ushort>(CodeSegments);

    /// <summary>
    /// Mostly one of a code segment that CALL does not change between compatibility and 64-bit mode with: the manuals push the return address before the change, AMD
    /// behind it, with the other mode's stack.
    /// </summary>
    public static ushort Called(ref Randomness random, int bits)
    {
        ushort selector = Code(ref random);
        bool changes = (selector & ~3) == (SegmentTable.UserCode64 & ~3) != (bits == 64);
        bool isCode = (selector & ~3) is (SegmentTable.UserCode64 & ~3) or (SegmentTable.UserCode32 & ~3) or (SegmentTable.Code16 & ~3)
            or (SegmentTable.Code32 & ~3) or (SegmentTable.ExecuteOnly & ~3) or (SegmentTable.ReadableCode & ~3);
        return changes && isCode
            ? bits == 64 ? SegmentTable.UserCode64 : SegmentTable.UserCode32 : selector;
    }
}
