using System.Numerics;

namespace ReplayVmm.Processor;

/// <summary>A number other than zero, infinity and NaN, taken apart: an extended biased exponent, perhaps below 1, and a significand with bit 63 set.</summary>
internal readonly record struct Unpacked(bool Sign, int Exponent, ulong Significand);

/// <summary>
/// A result before it is rounded: an extended biased exponent and a significand with bit 127 set, exact but that what is lost below sticks to bit 0. Zero where the
/// significand is.
/// </summary>
internal readonly record struct Unrounded(bool Sign, int Exponent, UInt128 Significand)
{
    /// <summary>Brings bit 127 up.</summary>
    public static Unrounded Normalize(bool sign, int exponent, UInt128 significand)
    {
        if (significand == 0)
            return new Unrounded(sign, 0, 0);
        int zeros = (int)UInt128.LeadingZeroCount(significand);
        return new Unrounded(sign, exponent - zeros, significand << zeros);
    }
}

/// <summary>The arithmetic that all formats share: exact results of numbers with up to 64 significant bits, for <see cref="FloatRounding"/> to round.</summary>
internal static class ExactArithmetic
{
    /// <summary>a + b.</summary>
    public static Unrounded Sum(Unpacked a, Unpacked b) =>
        Sum(new Unrounded(a.Sign, a.Exponent, (UInt128)a.Significand << 64), new Unrounded(b.Sign, b.Exponent, (UInt128)b.Significand << 64));

    /// <summary>a x b.</summary>
    public static Unrounded Product(Unpacked a, Unpacked b) =>
        Unrounded.Normalize(a.Sign != b.Sign, a.Exponent + b.Exponent - Float80.Bias + 1, Math.BigMul(a.Significand, b.Significand));

    /// <summary>a x b + c, rounded nowhere in between; for formats of up to 53 bits, whose products leave room below.</summary>
    public static Unrounded FusedSum(Unpacked a, Unpacked b, Unpacked c) => Sum(Product(a, b), new Unrounded(c.Sign, c.Exponent, (UInt128)c.Significand << 64));

    /// <summary>a / b.</summary>
    public static Unrounded Quotient(Unpacked a, Unpacked b)
    {
        int less = a.Significand < b.Significand ? 1 : 0;
        (UInt128 high, UInt128 rest) = UInt128.DivRem((UInt128)a.Significand << (63 + less), b.Significand);
        (UInt128 low, rest) = UInt128.DivRem(rest << 64, b.Significand);
        UInt128 quotient = (high << 64) | low | (rest == 0 ? 0u : UInt128.One);
        return new Unrounded(a.Sign != b.Sign, a.Exponent - b.Exponent + Float80.Bias - less, quotient);
    }

    /// <summary>The square root of a positive number.</summary>
    public static Unrounded Root(Unpacked a)
    {
        // The root of a significand in [1, 4) with an even exponent; 66 bits of root and whether something remains decide every rounding.
        int power = a.Exponent - Float80.Bias;
        int odd = power & 1;
        UInt128 rest = 0, root = 0, digits = (UInt128)a.Significand << (63 + odd);
        for (int i = 0; i < 66; i++)
        {
            // Two more binary digits of the radicand; when they are used up, zeros.
            rest = (rest << 2) | (digits >> 126);
            digits <<= 2;
            UInt128 trial = (root << 2) | 1;
            root <<= 1;
            if (rest >= trial)
            {
                rest -= trial;
                root |= 1;
            }
        }
        int zeros = (int)UInt128.LeadingZeroCount(root);
        UInt128 significand = (root << zeros) | (rest == 0 ? 0u : UInt128.One);
        return new Unrounded(false, ((power - odd) / 2) + Float80.Bias, significand);
    }

    /// <summary>An integer other than zero.</summary>
    public static Unpacked Integer(bool sign, ulong magnitude)
    {
        int zeros = BitOperations.LeadingZeroCount(magnitude);
        return new Unpacked(sign, Float80.Bias + 63 - zeros, magnitude << zeros);
    }

    private static Unrounded Sum(Unrounded a, Unrounded b)
    {
        if (b.Exponent > a.Exponent)
            (a, b) = (b, a);
        // One bit of room at the top for the carry.
        UInt128 first = FloatRounding.ShiftRight(a.Significand, 1), second = FloatRounding.ShiftRight(b.Significand, a.Exponent - b.Exponent + 1);
        if (a.Sign == b.Sign)
            return Unrounded.Normalize(a.Sign, a.Exponent + 1, first + second);
        return first >= second
            ? Unrounded.Normalize(a.Sign, a.Exponent + 1, first - second)
            : Unrounded.Normalize(b.Sign, a.Exponent + 1, second - first);
    }
}
