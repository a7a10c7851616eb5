using ReplayVmm.Processor.Tests.Float;
using ReplayVmm.Processor.Tests.Silicon;
using ReplayVmm.Silicon;

namespace ReplayVmm.Processor.Tests.Vectors;

/// <summary>Vectors of elements of all classes, and vectors of ordinary ones that the fast paths take; MXCSR likewise.</summary>
internal static unsafe class FloatVectorOperands
{
    private const uint Rounding = 3 << 13, Controls = 0x8040, Flags = 0x3F, Masks = 0x1F80, Precision = 0x20;

    /// <summary>MXCSR: as programs have it, or anything.</summary>
    public static uint ChooseMxcsr(ref Randomness random)
    {
        uint any = (uint)random.Next();
        return random.Below(8) switch
        {
            0 or 1 => Masks,
            2 or 3 => Masks | Precision,
            4 => Masks | (any & (Rounding | Controls | Flags)),
            5 => Masks | (any & (Rounding | Flags)),
            6 => Masks | (any & (Controls | Flags)),
            _ => any & (Rounding | Controls | Flags | Masks),
        };
    }

    /// <summary>Fills the vector registers and 32 bytes of memory.</summary>
    public static void Fill(ref Randomness random, FloatVectorForm form, SiliconVectors* vectors, Span<byte> memory)
    {
        (int exponent, int fraction) = form.Format;
        bool ordinary = random.OnceIn(2);
        ulong last = 0;
        Span<ulong> words = stackalloc ulong[4];
        for (int n = 0; n <= 16; n++)
        {
            for (int word = 0; word < 4; word++)
                words[word] = Word(ref random, exponent, fraction, ordinary, ref last);
            if (n < 16)
                words.CopyTo(new Span<ulong>(vectors->Ymm + (n * 4), 4));
        }
        System.Runtime.InteropServices.MemoryMarshal.AsBytes(words).CopyTo(memory);
        for (int n = 0; n < 8; n++)
            vectors->Mm[n] = Word(ref random, exponent, fraction, ordinary, ref last);
    }

    private static ulong Word(ref Randomness random, int exponent, int fraction, bool ordinary, ref ulong last)
    {
        if (exponent == 0)
            return random.OnceIn(2) ? random.Operand() : (uint)random.Operand() | (random.Operand() << 32);
        int bits = exponent + fraction + 1;
        ulong word = 0;
        for (int at = 0; at < 64; at += bits)
        {
            last = ordinary ? Ordinary(ref random, exponent, fraction, last) : FloatOperands.Binary(ref random, exponent, fraction, last);
            word |= last << at;
        }
        return word;
    }

    private static ulong Ordinary(ref Randomness random, int exponentBits, int fractionBits, ulong last)
    {
        ulong middle = (1ul << (exponentBits - 1)) - 1, mask = (1ul << fractionBits) - 1, sign = (random.Next() & 1) << (exponentBits + fractionBits);
        int spread = random.OnceIn(6) ? (int)middle * 2 : random.OnceIn(2) ? 6 : fractionBits * 2;
        ulong exponent = (ulong)Math.Clamp((int)middle + random.Below(spread) - (spread / 2), 1, (int)(2 * middle));
        ulong fraction = random.Next() & mask;
        return random.Below(12) switch
        {
            0 => sign,
            1 => last,
            2 => last ^ (1ul << (exponentBits + fractionBits)),
            3 => last ^ (random.Next() & 3),
            // Few bits: sums and products that are exact.
            4 or 5 or 6 => sign | (exponent << fractionBits) | (fraction & ~(mask >> random.Below(12))),
            _ => sign | (exponent << fractionBits) | fraction,
        };
    }
}
