using System.Numerics;

namespace ReplayVmm.Processor;

/// <summary>Remainders, scaling and taking apart, all exact (SDM volume 2, FPREM, FPREM1, FSCALE, FXTRACT).</summary>
internal static class FloatRemainder
{
    /// <summary>Exponents this far apart are too far for one step.</summary>
    private const int Step = 64;

    /// <summary>What a partial remainder tells beside its value.</summary>
    /// <param name="Quotient">The low bits of the quotient, where <paramref name="Complete"/>.</param>
    /// <param name="Complete">False: the value is only nearer to the remainder, the instruction is to be repeated.</param>
    /// <param name="Meaningful">False where there is no quotient, because of what the operands are.</param>
    internal readonly record struct Progress(ulong Quotient, bool Complete, bool Meaningful);

    /// <summary>
    /// a - b x q, q being a / b as an integer: cut off, or to <paramref name="nearest"/>. Where the exponents are 64 or more apart, one step towards it, of 32 to 63 bits.
    /// </summary>
    public static Float80 Remainder(ref FloatContext x, Float80 a, Float80 b, bool nearest, out Progress progress)
    {
        progress = default;
        if (FloatArithmetic.TrySpecial(ref x, a, b, out Float80 special))
            return special;
        if (a.IsInfinity || b.IsZero)
            return FloatArithmetic.Refuse(ref x);
        progress = new Progress(0, true, true);
        if (a.IsZero)
            return a;
        if (b.IsInfinity)
            return FloatArithmetic.Exact(ref x, a);
        (int ea, ulong sa) = FloatArithmetic.Normalize(a);
        (int eb, ulong sb) = FloatArithmetic.Normalize(b);
        int distance = ea - eb;
        if (distance < (nearest ? -1 : 0))
            return FloatArithmetic.Exact(ref x, a);
        if (distance < 0)
        {
            // Below b: nearest to b itself where it is more than half of it.
            return sa > sb ? Result(ref x, !a.Sign, eb - 1, ((UInt128)sb << 1) - sa, out progress, 1) : FloatArithmetic.Exact(ref x, a);
        }
        if (distance >= Step)
        {
            int bits = 32 + (distance & 31);
            UInt128 rest = ((UInt128)sa << bits) % sb;
            Float80 partial = Result(ref x, a.Sign, eb + distance - bits, rest, out _, 0);
            progress = new Progress(0, false, true);
            return partial;
        }
        (UInt128 quotient, UInt128 left) = UInt128.DivRem((UInt128)sa << distance, sb);
        bool sign = a.Sign;
        if (nearest && (left << 1 > sb || (left << 1 == sb && (quotient & 1) != 0)))
        {
            left = sb - left;
            quotient++;
            sign = !sign;
        }
        return Result(ref x, left == 0 ? a.Sign : sign, eb, left, out progress, (ulong)quotient);
    }

    /// <summary>a x 2^(b cut off to an integer).</summary>
    public static Float80 Scale(ref FloatContext x, Float80 a, Float80 b)
    {
        const int Beyond = 0x1_0000;
        if (FloatArithmetic.TrySpecial(ref x, a, b, out Float80 special))
            return special;
        if (b.IsInfinity)
        {
            if (b.Sign ? a.IsInfinity : a.IsZero)
                return FloatArithmetic.Refuse(ref x);
            return b.Sign ? Float80.Zero(a.Sign) : Float80.Infinity(a.Sign);
        }
        if (a.IsZero || a.IsInfinity)
            return a;
        int power = b.Exponent - Float80.Bias;
        int count = power < 0 ? 0 : power >= 16 ? Beyond : (int)(b.Significand >> (63 - power));
        (int e, ulong s) = FloatArithmetic.Normalize(a);
        return FloatRounding.ToExtended(ref x, a.Sign, e + (b.Sign ? -count : count), (UInt128)s << 64, 64);
    }

    /// <summary>The exponent, without its bias, as a number, and the significand between 1 and 2.</summary>
    public static (Float80 Exponent, Float80 Significand) Extract(ref FloatContext x, Float80 a)
    {
        if (FloatArithmetic.TrySpecial(ref x, a, a, out Float80 special))
            return (special, special);
        if (a.IsInfinity)
            return (Float80.Infinity(false), a);
        if (a.IsZero)
        {
            x.Exceptions |= FloatContext.ZeroDivide;
            return (Float80.Infinity(true), a);
        }
        (int e, ulong s) = FloatArithmetic.Normalize(a);
        return (FloatConversions.FromInteger(e - Float80.Bias), new Float80(Float80.Signed(a.Sign, Float80.Bias), s));
    }

    private static Float80 Result(ref FloatContext x, bool sign, int exponent, UInt128 significand, out Progress progress, ulong quotient)
    {
        progress = new Progress(quotient, true, true);
        ulong s = (ulong)significand;
        if (s == 0)
            return Float80.Zero(sign);
        int zeros = BitOperations.LeadingZeroCount(s);
        return FloatRounding.ToExtended(ref x, sign, exponent - zeros, (UInt128)(s << zeros) << 64, 64);
    }
}
