using Iced.Intel;
using ReplayVmm.Silicon;

namespace ReplayVmm.Processor.Tests.Silicon;

/// <summary>The mode of an instruction and the segments around it.</summary>
internal sealed record CodeSetting
{
    /// <summary>None that only an effective address reaches the window from that is not canonical: AMD refuses such a one before the base is added.</summary>
    private static readonly ulong[] Bases = [0, 1, 0x2345_0000, Layout.GsBase, 0x7FFF_F000_0000, 0xFFFF_FFFF_8000_0000, 0xFFFF_FFFF_FFFF_FFF0];

    /// <summary>Selectors of ES, CS, SS, DS, FS, GS.</summary>
    public required ushort[] Selectors { get; init; }
    /// <summary>Segment registers and bases are loaded and compared in 64-bit mode too.</summary>
    public bool HasSegments { get; init; }
    /// <summary>RFLAGS.AC is set: an access that is not aligned is #AC.</summary>
    public bool AlignmentCheck { get; init; }
    /// <summary>Bases of FS and GS in 64-bit mode.</summary>
    public ulong FsBase { get; init; }
    public ulong GsBase { get; init; } = Layout.GsBase;

    public int Bits => SegmentTable.BitsOf(Selectors[(int)SegmentIndex.Cs]);

    /// <summary>What instruction pointers count from.</summary>
    public ulong CodeBase => SegmentTable.BaseOf(Selectors[(int)SegmentIndex.Cs]);

    /// <summary>The stack pointer has 16 bits.</summary>
    public bool HasNarrowStack => Bits != 64 && (SegmentTable.RawOf(Selectors[(int)SegmentIndex.Ss]) & (1ul << 54)) == 0;

    /// <summary>What is added to an effective address in <paramref name="segment"/>.</summary>
    public ulong BaseOf(Register segment) => segment switch
    {
        Register.FS when Bits == 64 => FsBase,
        Register.GS when Bits == 64 => GsBase,
        _ => Bits == 64 || segment == Register.None ? 0 : SegmentTable.BaseOf(Selectors[segment - Register.ES]),
    };

    /// <summary>A random one.</summary>
    /// <param name="random">Where the choices come from.</param>
    /// <param name="bits">16, 32 or 64.</param>
    /// <param name="needsSegments">The instruction changes segment registers or bases.</param>
    /// <param name="host">What the child's system offers.</param>
    public static CodeSetting Choose(ref Randomness random, int bits, bool needsSegments, SiliconProcess host)
    {
        if (bits == 64)
            return ChooseWide(ref random, needsSegments, host);
        ushort flat = SegmentTable.UserData;
        var selectors = new ushort[] { flat, SegmentTable.UserCode32, flat, flat, 0, 0 };
        if (host.HasLocalDescriptors)
        {
            if (bits == 16)
                selectors[1] = SegmentTable.Code16;
            else if (random.OnceIn(5))
                selectors[1] = SegmentTable.Code32;
            bool isFlat = bits == 32 && random.OnceIn(2);
            selectors[2] = isFlat || random.OnceIn(6) ? flat : random.Pick<ushort>(SegmentTable.LocalData);
            selectors[0] = isFlat ? flat : Data(ref random);
            selectors[3] = isFlat ? flat : Data(ref random);
            selectors[4] = Data(ref random);
            selectors[5] = Data(ref random);
        }
        return new CodeSetting { Selectors = selectors, HasSegments = true, AlignmentCheck = random.OnceIn(12), GsBase = 0 };
    }

    private static CodeSetting ChooseWide(ref Randomness random, bool needsSegments, SiliconProcess host)
    {
        var selectors = new ushort[] { 0, SegmentTable.UserCode64, SegmentTable.UserData, 0, 0, 0 };
        if (!needsSegments && !random.OnceIn(4))
            return new CodeSetting { Selectors = selectors };
        if (host.HasLocalDescriptors)
        {
            // What these hold does not matter in 64-bit mode: that is the point.
            foreach (int segment in (ReadOnlySpan<int>)[0, 3, 4, 5])
                selectors[segment] = Data(ref random);
        }
        return new CodeSetting
        {
            Selectors = selectors,
            HasSegments = true,
            AlignmentCheck = random.OnceIn(5),
            FsBase = host.HasAccessibleBases ? random.Pick<ulong>(Bases) : 0x2345_0000,
            GsBase = host.HasAccessibleBases ? random.Pick<ulong>(Bases) : Layout.GsBase,
        };
    }

    private static ushort Data(ref Randomness random) => random.Below(24) switch
    {
        0 => 0,
        1 => SegmentTable.UserData,
        2 or 3 => random.Pick<ushort>(SegmentTable.LocalReadable),
        _ => random.Pick<ushort>(SegmentTable.LocalData),
    };
}
