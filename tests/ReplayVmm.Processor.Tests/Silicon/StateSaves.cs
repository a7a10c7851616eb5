using System.Buffers.Binary;
using ReplayVmm.Silicon;

namespace ReplayVmm.Processor.Tests.Silicon;

/// <summary>
/// Operands of FXSAVE, XSAVE and their like: images that are mostly legal, with components that both sides have. The host's XCR0 and MXCSR have bits that ours have not; those
/// are kept out.
/// </summary>
internal static unsafe class StateSaves
{
    private const int ControlAt = 0, MxcsrAt = 24, MaskAt = 28, HeaderAt = 512, HeaderSize = 64, ImageSize = 832;
    private const ulong Components = 7, Compacted = 1ul << 63;
    private const ushort MaskedControl = 0x37F;

    /// <summary>Bits that no processor's XCR0 has set: the former MPX state, and one that is reserved.</summary>
    private static readonly ulong[] Illegal = [8, 16, 1ul << 62];

    /// <summary>Where the image lies: mostly on a multiple of 64, in the window as a whole.</summary>
    public static ulong Place(ref Randomness random) =>
        random.OnceIn(10) ? Layout.Window + (ulong)random.Below(160) : Layout.Window + ((ulong)random.Below(3) * 64) + (random.OnceIn(8) ? 16ul : 0);

    /// <summary>Puts an image there, and the components asked for into EDX:EAX.</summary>
    public static void Fill(ref Randomness random, ulong target, SiliconCase* one)
    {
        one->Before.Gpr[0] = (one->Before.Gpr[0] & ~0xFFFF_FFFFul) | (random.Next() & Components);
        one->Before.Gpr[2] &= random.OnceIn(2) ? 0xFFFF_FFFF_0000_0000 : 0;
        ulong at = target - Layout.Window;
        if (at > Layout.WindowSize - ImageSize)
            return;
        var image = new Span<byte>(one->MemoryBefore + at, ImageSize);
        BinaryPrimitives.WriteUInt16LittleEndian(image[ControlAt..], MaskedControl);
        uint mxcsr = (uint)random.Next() & (random.OnceIn(8) ? 0xFFFD_FFFF : 0xFFFF);
        BinaryPrimitives.WriteUInt32LittleEndian(image[MxcsrAt..], mxcsr);
        Span<byte> header = image.Slice(HeaderAt, HeaderSize);
        header.Clear();
        ulong state = random.Next() & Components, compact = random.OnceIn(2) ? Compacted | state | (random.Next() & Components) : 0;
        switch (random.Below(12))
        {
            case 0: state |= random.Pick<ulong>(Illegal); break;
            case 1: compact |= random.Pick<ulong>(Illegal); break;
            case 2: compact &= ~(random.Next() & Components); break;
            case 3: header[16 + random.Below(HeaderSize - 16)] = 1; break;
        }
        BinaryPrimitives.WriteUInt64LittleEndian(header, state);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], compact);
    }

    /// <summary>
    /// True where the two faults are the processor's choice: where in a large operand a page fault is found (AMD looks at its last byte first), #AC or #GP for one that is
    /// not aligned (SDM volume 2, FXSAVE), #GP or #SS for one that passes the limit of the stack segment; and addresses of the system, which AMD may find not canonical.
    /// </summary>
    public static bool IsSameFault(SiliconCase* native, SiliconCase* ours) =>
        native->Rip == ours->Rip && ((native->Vector, ours->Vector) is (Vector.Pf, Vector.Pf) or (Vector.Ac, Vector.Gp) or (Vector.Gp, Vector.Ss)
        || ((native->Vector, ours->Vector) is (Vector.Gp, Vector.Pf) && ours->FaultAddress >> 47 != 0));

    /// <summary>True where a difference at <paramref name="offset"/> of the window is MXCSR_MASK alone: AMD has a bit 17.</summary>
    public static bool IsMxcsrMask(ReadOnlySpan<byte> native, ReadOnlySpan<byte> ours, int offset) =>
        offset % 16 == (MaskAt + 2) % 16 && native[offset] == 2 && ours[offset] == 0 && ours[(offset - 2)..offset].SequenceEqual<byte>([0xFF, 0xFF]);
}
