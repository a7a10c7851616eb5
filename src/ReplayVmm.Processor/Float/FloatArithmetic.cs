using System.Numerics;

namespace ReplayVmm.Processor;

/// <summary>
/// Add, subtract, multiply, divide, compare, square root in the extended format: exact, then rounded once (SDM volume 1, chapter 4 and
/// 8.5).
/// </summary>
internal static class FloatArithmetic
{
    /// <summary>a + b.</summary>
    public static Float80 Add(ref FloatContext x, Float80 a, Float80 b)
    {
        if (TrySpecial(ref x, a, b, out Float80 special))
            return special;
        if (a.IsInfinity || b.IsInfinity)
            return a.IsInfinity && b.IsInfinity && a.Sign != b.Sign ? Refuse(ref x) : a.IsInfinity ? a : b;
        if (a.IsZero && b.IsZero)
            return a.Sign == b.Sign ? a : Float80.Zero(x.Rounding == 1);
        if (a.IsZero || b.IsZero)
            return Round(ref x, a.IsZero ? b : a);
        Unrounded sum = ExactArithmetic.Sum(Unpack(a), Unpack(b));
        return sum.Significand == 0 ? Float80.Zero(x.Rounding == 1) : FloatRounding.ToExtended(ref x, sum, x.PrecisionBits);
    }

    /// <summary>a - b.</summary>
    public static Float80 Subtract(ref FloatContext x, Float80 a, Float80 b) => Add(ref x, a, b.IsNaN ? b : b.Negated);

    /// <summary>a x b.</summary>
    public static Float80 Multiply(ref FloatContext x, Float80 a, Float80 b)
    {
        if (TrySpecial(ref x, a, b, out Float80 special))
            return special;
        bool sign = a.Sign != b.Sign;
        if (a.IsInfinity || b.IsInfinity)
            return a.IsZero || b.IsZero ? Refuse(ref x) : Float80.Infinity(sign);
        if (a.IsZero || b.IsZero)
            return Float80.Zero(sign);
        return FloatRounding.ToExtended(ref x, ExactArithmetic.Product(Unpack(a), Unpack(b)), x.PrecisionBits);
    }

    /// <summary>a x b to 64 bits whatever the control word says, for two numbers that are neither zero nor special.</summary>
    public static Float80 MultiplyFully(ref FloatContext x, Float80 a, Float80 b) =>
        FloatRounding.ToExtended(ref x, ExactArithmetic.Product(Unpack(a), Unpack(b)), 64);

    /// <summary>a / b.</summary>
    public static Float80 Divide(ref FloatContext x, Float80 a, Float80 b)
    {
        if (TrySpecial(ref x, a, b, out Float80 special))
            return special;
        bool sign = a.Sign != b.Sign;
        if (a.IsInfinity)
            return b.IsInfinity ? Refuse(ref x) : Float80.Infinity(sign);
        if (b.IsInfinity)
            return Float80.Zero(sign);
        if (b.IsZero)
        {
            if (a.IsZero)
                return Refuse(ref x);
            x.DivideByZero();
            return Float80.Infinity(sign);
        }
        if (a.IsZero)
            return Float80.Zero(sign);
        return FloatRounding.ToExtended(ref x, ExactArithmetic.Quotient(Unpack(a), Unpack(b)), x.PrecisionBits);
    }

    /// <summary>The square root.</summary>
    public static Float80 SquareRoot(ref FloatContext x, Float80 a)
    {
        if (TrySpecial(ref x, a, a, out Float80 special))
            return special;
        if (a.IsZero)
            return a;
        if (a.Sign)
            return Refuse(ref x);
        if (a.IsInfinity)
            return a;
        return FloatRounding.ToExtended(ref x, ExactArithmetic.Root(Unpack(a)), x.PrecisionBits);
    }

    /// <summary>
    /// -1, 0, 1, or null where a NaN makes the two unordered; a quiet one is invalid only where <paramref name="strict"/>.
    /// </summary>
    public static int? Compare(ref FloatContext x, Float80 a, Float80 b, bool strict)
    {
        if (a.IsUnsupported || b.IsUnsupported || a.IsNaN || b.IsNaN)
        {
            x.Exceptions &= ~FloatContext.Denormal;
            if (strict || a.IsUnsupported || b.IsUnsupported || a.IsSignaling || b.IsSignaling)
                x.Exceptions |= FloatContext.Invalid;
            return null;
        }
        if (a.IsDenormal || b.IsDenormal)
            x.Exceptions |= FloatContext.Denormal;
        if (a.IsZero && b.IsZero)
            return 0;
        if (a.Sign != b.Sign)
            return a.Sign ? -1 : 1;
        int order = a.Exponent != b.Exponent && !(a.Exponent <= 1 && b.Exponent <= 1)
            ? a.Exponent.CompareTo(b.Exponent)
            : a.Significand.CompareTo(b.Significand);
        return a.Sign ? -order : order;
    }

    /// <summary>Rounds a number to the precision of the control word.</summary>
    public static Float80 Round(ref FloatContext x, Float80 a)
    {
        (int e, ulong s) = Normalize(a);
        return FloatRounding.ToExtended(ref x, a.Sign, e, (UInt128)s << 64, x.PrecisionBits);
    }

    /// <summary>Takes a number apart that is neither zero nor special.</summary>
    public static Unpacked Unpack(Float80 a)
    {
        (int e, ulong s) = Normalize(a);
        return new Unpacked(a.Sign, e, s);
    }

    /// <summary>The same number in the encoding that processors make; a denormal one underflows where that is not masked.</summary>
    public static Float80 Exact(ref FloatContext x, Float80 a)
    {
        (int e, ulong s) = Normalize(a);
        return FloatRounding.ToExtended(ref x, a.Sign, e, (UInt128)s << 64, 64);
    }

    /// <summary>
    /// An exponent, perhaps below 1, and a significand with its integer bit, of a number that is neither zero nor special.
    /// </summary>
    public static (int Exponent, ulong Significand) Normalize(Float80 a)
    {
        if (a.Exponent != 0)
            return (a.Exponent, a.Significand);
        int zeros = BitOperations.LeadingZeroCount(a.Significand);
        return (1 - zeros, a.Significand << zeros);
    }

    /// <summary>The invalid-operation exception, which goes before a denormal operand, and its masked result.</summary>
    public static Float80 Refuse(ref FloatContext x)
    {
        x.Invalidate();
        return Float80.Indefinite;
    }

    /// <summary>NaNs and encodings that are none (SDM volume 1, table 4-7); else notes denormal operands.</summary>
    public static bool TrySpecial(ref FloatContext x, Float80 a, Float80 b, out Float80 result)
    {
        result = default;
        if (a.IsUnsupported || b.IsUnsupported)
        {
            result = Refuse(ref x);
            return true;
        }
        if (a.IsNaN || b.IsNaN)
        {
            x.Exceptions &= ~FloatContext.Denormal;
            if (a.IsSignaling || b.IsSignaling)
                x.Exceptions |= FloatContext.Invalid;
            result = Prefer(a, b).Quieted;
            return true;
        }
        if (a.IsDenormal || b.IsDenormal)
            x.Exceptions |= FloatContext.Denormal;
        return false;
    }

    private static Float80 Prefer(Float80 a, Float80 b)
    {
        if (!a.IsNaN || !b.IsNaN)
            return a.IsNaN ? a : b;
        if (a.IsSignaling != b.IsSignaling)
            return a.IsSignaling ? b : a;
        return a.Significand != b.Significand ? (a.Significand > b.Significand ? a : b) : (a.Sign ? b : a);
    }
}
