using Iced.Intel;
using ReplayVmm.Silicon;

namespace ReplayVmm.Processor.Tests.Silicon;

/// <summary>
/// Random vector registers, memory and MXCSR: whatever the instruction makes of the bits, among them are small integers, and the floating-point values at which something
/// changes, in each of the three formats.
/// </summary>
internal static unsafe class VectorGenerator
{
    private const uint DefaultMxcsr = 0x1F80, Masks = 0x1F80, AllBits = 0xFFFF;

    private static readonly ulong[] Doubles =
    [
        0, 0x8000_0000_0000_0000, 1, 0x000F_FFFF_FFFF_FFFF, 0x0010_0000_0000_0000, 0x8008_0000_0000_0000, 0x3FE0_0000_0000_0000, 0x3FDF_FFFF_FFFF_FFFF, 0x3FE0_0000_0000_0001,
        0x3FF0_0000_0000_0000, 0xBFF0_0000_0000_0000, 0x3FF8_0000_0000_0000, 0x4004_0000_0000_0000, 0xC00C_0000_0000_0000, 0x41DF_FFFF_FFC0_0000, 0x41DF_FFFF_FFE0_0000,
        0x41E0_0000_0000_0000, 0xC1E0_0000_0000_0000, 0xC1E0_0000_0010_0000, 0xC1E0_0000_0020_0000, 0x43DF_FFFF_FFFF_FFFF, 0x43E0_0000_0000_0000, 0xC3E0_0000_0000_0000,
        0x432F_FFFF_FFFF_FFFF, 0x4330_0000_0000_0001, 0x7FEF_FFFF_FFFF_FFFF, 0xFFEF_FFFF_FFFF_FFFF, 0x7FF0_0000_0000_0000, 0xFFF0_0000_0000_0000, 0x7FF8_0000_0000_0000,
        0xFFF8_0000_0000_0000, 0x7FF8_0000_DEAD_BEEF, 0x7FF0_0000_0000_0001, 0xFFF7_FFFF_FFFF_FFFF, 0x47EF_FFFF_E000_0000, 0x47EF_FFFF_F000_0000, 0x3810_0000_0000_0000,
        0x380F_FFFF_FFFF_FFFF, 0x36A0_0000_0000_0000, 0x3690_0000_0000_0000, 0x0360_0000_0000_0000, 0x7C90_0000_0000_0000,
    ];

    private static readonly uint[] Singles =
    [
        0, 0x8000_0000, 1, 0x007F_FFFF, 0x0080_0000, 0x8040_0000, 0x3F00_0000, 0x3EFF_FFFF, 0x3F00_0001, 0x3F80_0000, 0xBF80_0000, 0x3FC0_0000, 0x4020_0000, 0xC060_0000,
        0x4EFF_FFFF, 0x4F00_0000, 0xCF00_0000, 0xCF00_0001, 0x5EFF_FFFF, 0x5F00_0000, 0xDF00_0000, 0x4B00_0001, 0x4AFF_FFFF, 0x7F7F_FFFF, 0xFF7F_FFFF, 0x7F80_0000, 0xFF80_0000,
        0x7FC0_0000, 0xFFC0_0000, 0x7FC0_BEEF, 0x7F80_0001, 0xFFBF_FFFF, 0x477F_E000, 0x477F_F000, 0x3880_0000, 0x387F_FFFF, 0x3300_0000, 0x3300_0001, 0x1F80_0000, 0x6080_0000,
    ];

    private static readonly ushort[] Halves =
        [0, 0x8000, 1, 0x3FF, 0x400, 0x3C00, 0xBC00, 0x3800, 0x7BFF, 0xFBFF, 0x7C00, 0xFC00, 0x7E00, 0xFE00, 0x7C01, 0xFDFF, 0x3555];

    /// <summary>Fills vector registers and MXCSR, and the window with values of the same kinds.</summary>
    public static void Fill(ref Randomness random, TestInstruction test, SiliconCase* one)
    {
        SiliconVectors* vectors = &one->VectorsBefore;
        // All of one kind, so that an operation's operands belong together; sometimes each of its own.
        int kind = random.Below(8);
        bool mixed = random.OnceIn(3);
        for (int n = 0; n < 16; n++)
            FillSome(ref random, new Span<ulong>(vectors->Ymm + (n * 4), 4), mixed ? random.Below(8) : kind);
        FillSome(ref random, new Span<ulong>(vectors->Mm, 8), kind);
        if (random.Below(4) != 0)
            FillSome(ref random, new Span<ulong>(one->MemoryBefore, Layout.WindowSize / 8), mixed ? random.Below(8) : kind);
        vectors->Mxcsr = random.Below(8) switch
        {
            0 or 1 or 2 => DefaultMxcsr,
            // Exceptions that are not masked: one or two of them mostly, since each costs a signal.
            3 => ((uint)random.Next() & AllBits & ~Masks) | (Masks & ~(1u << (7 + random.Below(6)))),
            4 when random.OnceIn(2) => (uint)random.Next() & AllBits,
            _ => ((uint)random.Next() & AllBits) | Masks,
        };
        Constrain(ref random, test.Decoded, one);
    }

    /// <summary>What shifts want: a count.</summary>
    private static void Constrain(ref Randomness random, Instruction instruction, SiliconCase* one)
    {
        SiliconVectors* vectors = &one->VectorsBefore;
        for (int operand = 1; operand < instruction.OpCount; operand++)
        {
            if (instruction.GetOpKind(operand) != OpKind.Register || instruction.GetOpRegister(operand) is not (>= Register.XMM0 and <= Register.XMM15) || !random.OnceIn(4))
                continue;
            ulong* register = vectors->Ymm + (instruction.GetOpRegister(operand).GetNumber() * 4);
            register[0] = (ulong)random.Below(72);
        }
    }

    private static void FillSome(ref Randomness random, Span<ulong> words, int kind)
    {
        foreach (ref ulong word in words)
        {
            word = kind switch
            {
                0 or 1 => random.Next(),
                2 => random.Operand(),
                3 or 4 => Double(ref random),
                5 => random.OnceIn(2) ? Small(ref random) : Half(ref random) | (Half(ref random) << 16) | (Half(ref random) << 32) | (Half(ref random) << 48),
                _ => Single(ref random) | (Single(ref random) << 32),
            };
        }
    }

    private static ulong Small(ref Randomness random)
    {
        ulong value = random.Next() & 0x8383_8383_8383_8383;
        return random.Below(3) switch { 0 => value, 1 => (ulong)random.Below(256), _ => (value & 0x8000_0003_8000_0003) };
    }

    private static ulong Double(ref Randomness random)
    {
        ulong sign = random.Next() & (1ul << 63);
        return random.Below(6) switch
        {
            0 or 1 => random.Pick<ulong>(Doubles),
            2 => random.Next(),
            // Near enough to each other for sums and products to cancel and to round.
            3 => sign | ((ulong)(1023 - 2 + random.Below(5)) << 52) | (random.Next() >> 12),
            4 => sign | ((ulong)(1023 + random.Below(66)) << 52) | ((random.Next() >> 12) & ~((1ul << random.Below(52)) - 1)),
            _ => BitConverter.DoubleToUInt64Bits((random.Below(4000) - 2000) / 2.0),
        };
    }

    private static ulong Single(ref Randomness random)
    {
        uint sign = (uint)random.Next() & 0x8000_0000;
        return random.Below(6) switch
        {
            0 or 1 => random.Pick<uint>(Singles),
            2 => (uint)random.Next(),
            3 => sign | ((uint)(127 - 2 + random.Below(5)) << 23) | ((uint)random.Next() >> 9),
            4 => sign | ((uint)(127 + random.Below(66)) << 23) | (((uint)random.Next() >> 9) & ~((1u << random.Below(23)) - 1)),
            _ => BitConverter.SingleToUInt32Bits((random.Below(4000) - 2000) / 2f),
        };
    }

    private static ulong Half(ref Randomness random) => random.OnceIn(2) ? random.Pick<ushort>(Halves) : (ushort)random.Next();
}
