using System.Runtime.InteropServices;
using ReplayVmm.Processor.Tests.Silicon;

namespace ReplayVmm.Processor.Tests.Float;

/// <summary>Random operands of every class that the x87 unit tells apart (SDM volume 1, 4.8.3 and 8.2.2).</summary>
internal static class FloatOperands
{
    private const ulong Integer = 1ul << 63;

    /// <summary>A number of 80 bits: ordinary, or of any class that exists, encodings that no processor makes included.</summary>
    public static Float80 Extended(ref Randomness random)
    {
        ushort sign = (ushort)(random.OnceIn(2) ? 0x8000 : 0);
        ulong significand = Significand(ref random);
        Float80 Make(int exponent, ulong s) => new((ushort)(sign | exponent), s);
        switch (random.Below(24))
        {
            case 0: return Make(0, 0);
            case 1: return Make(0x7FFF, Integer);
            case 2: return Make(0x7FFF, significand | (3ul << 62));
            case 3: return Make(0x7FFF, (significand | Integer) & ~(1ul << 62));
            case 4: return Make(0, significand & ~Integer);
            case 5: return Make(0, significand >> random.Below(64));
            case 6: return Make(0, significand | Integer);
            case 7: return Make(random.Below(0x8000), significand & ~Integer);
            case 8: return Make(random.Below(4), significand | Integer);
            case 9: return Make(0x7FFE - random.Below(3), significand | Integer);
            case 10: return Make(random.Below(0x7FFF), significand | Integer);
            // Around the borders of singles and doubles, where stores overflow and underflow.
            case 11: return Make(0x3FFF + random.Below(4) - 128, significand | Integer);
            case 12: return Make(0x3FFF + 126 + random.Below(4), significand | Integer);
            case 13: return Make(0x3FFF - 1022 - random.Below(56), significand | Integer);
            case 14: return Make(0x3FFF + 1022 + random.Below(4), significand | Integer);
            case 15: return Make(0x3FFF - 126 - random.Below(28), significand | Integer);
            // Around the borders of integers.
            case 16: return Make(0x3FFF + (random.Below(3) switch { 0 => 15, 1 => 31, _ => 63 }) - random.Below(3) + 1, significand | Integer);
            case 17: return FloatConversions.FromInteger((long)random.Operand());
            case 18: return Make(0x3FFF + random.Below(64), Integer | (significand & (ulong.MaxValue << random.Below(64))));
            default: return Make(0x3FFF - 40 + random.Below(104), significand | Integer);
        }
    }

    /// <summary>Something near <paramref name="other"/>, so that sums cancel and remainders are small.</summary>
    public static Float80 Near(ref Randomness random, Float80 other)
    {
        int exponent = Math.Clamp(other.Exponent + random.Below(140) - 70, 0, 0x7FFF);
        return random.Below(4) switch
        {
            0 => other with { Significand = other.Significand + (ulong)random.Below(5) - 2 },
            1 => other with { Significand = Significand(ref random) | Integer },
            2 => other.Negated with { Significand = other.Significand ^ (random.Next() >> random.Below(64)) },
            _ => new Float80((ushort)((other.SignExponent & 0x8000) | exponent), Significand(ref random) | Integer),
        };
    }

    /// <summary>Sixteen bytes of memory that mean something in one of the formats that instructions load.</summary>
    public static void Memory(ref Randomness random, Span<byte> bytes)
    {
        Float80 value = Extended(ref random);
        var x = new FloatContext(0x37F);
        Span<ulong> words = stackalloc ulong[2];
        switch (random.Below(7))
        {
            case 0: words[0] = FloatConversions.ToSingle(ref x, value); break;
            case 1: words[0] = FloatConversions.ToDouble(ref x, value); break;
            case 2: (words[0], words[1]) = (value.Significand, value.SignExponent); break;
            case 3: words[0] = random.Operand(); break;
            case 4: words[0] = Binary(ref random, 8, 23); break;
            case 5: words[0] = Binary(ref random, 11, 52); break;
            default:
                for (int digit = 0; digit < 18; digit++)
                    words[digit >> 4] |= (ulong)random.Below(random.OnceIn(30) ? 16 : 10) << (4 * (digit & 15));
                words[1] |= random.Next() & 0x8000;
                break;
        }
        MemoryMarshal.AsBytes(words).CopyTo(bytes);
    }

    /// <summary>A number of a binary format, of any class, or near another one so that sums cancel.</summary>
    public static ulong Binary(ref Randomness random, int exponentBits, int fractionBits, ulong other)
    {
        ulong all = ulong.MaxValue >> (64 - exponentBits - fractionBits - 1), special = (1ul << exponentBits) - 1, middle = special >> 1;
        ulong fraction = Significand(ref random) & ((1ul << fractionBits) - 1), sign = (random.Next() & 1) << (exponentBits + fractionBits);
        return random.Below(10) switch
        {
            0 => Binary(ref random, exponentBits, fractionBits),
            1 => (other + (ulong)random.Below(5) - 2) & all,
            2 => (other ^ (random.Next() >> random.Below(64))) & all,
            3 => sign | fraction >> random.Below(fractionBits),
            4 => sign | ((ulong)random.Below(fractionBits + 3) << fractionBits) | fraction,
            // What fits other formats only just, and integers only just.
            5 => sign | ((middle + (ulong)(random.Below(80) - 16)) & special) << fractionBits | fraction,
            6 => sign | ((middle - (ulong)random.Below(160)) & special) << fractionBits | fraction,
            7 => sign | ((middle + (ulong)random.Below(160)) & special) << fractionBits | (fraction & (ulong.MaxValue << random.Below(64))),
            _ => sign | (random.Next() & special) << fractionBits | fraction,
        };
    }

    /// <summary>A single or double of any class.</summary>
    private static ulong Binary(ref Randomness random, int exponentBits, int fractionBits)
    {
        ulong special = (1ul << exponentBits) - 1;
        ulong exponent = random.Below(4) switch { 0 => 0, 1 => special, 2 => special - 1, _ => random.Next() & special };
        ulong fraction = random.OnceIn(5) ? 0 : Significand(ref random) & ((1ul << fractionBits) - 1);
        return ((random.Next() & 1) << (exponentBits + fractionBits)) | (exponent << fractionBits) | fraction;
    }

    private static ulong Significand(ref Randomness random) => random.Below(6) switch
    {
        0 => random.Operand(),
        1 => random.Next() & (ulong.MaxValue << random.Below(64)),
        // Just beside what 24 and 53 bits can hold: where roundings are decided.
        2 => (random.Next() & (ulong.MaxValue << 40)) + (ulong)(random.Below(5) - 2) + (random.OnceIn(2) ? 1ul << 39 : 0),
        3 => (random.Next() & (ulong.MaxValue << 11)) + (ulong)(random.Below(5) - 2) + (random.OnceIn(2) ? 1ul << 10 : 0),
        _ => random.Next(),
    };
}
