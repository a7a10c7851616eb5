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
        (int ea, ulong sa) = Normalize(a);
        (int eb, ulong sb) = Normalize(b);
        bool sign = a.Sign, otherSign = b.Sign;
        if (eb > ea)
            (ea, sa, eb, sb, sign, otherSign) = (eb, sb, ea, sa, otherSign, sign);
        UInt128 first = (UInt128)sa << 63, second = FloatRounding.ShiftRight((UInt128)sb << 63, ea - eb);
        UInt128 sum;
        if (sign == otherSign)
        {
            sum = first + second;
        }
        else if (first >= second)
        {
            sum = first - second;
        }
        else
        {
            sum = second - first;
            sign = otherSign;
        }
        if (sum == 0)
            return Float80.Zero(x.Rounding == 1);
        int zeros = (int)UInt128.LeadingZeroCount(sum);
        return FloatRounding.ToExtended(ref x, sign, ea + 1 - zeros, sum << zeros, x.PrecisionBits);
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
        (int ea, ulong sa) = Normalize(a);
        (int eb, ulong sb) = Normalize(b);
        UInt128 product = (UInt128)sa * sb;
        int zeros = (int)UInt128.LeadingZeroCount(product);
        return FloatRounding.ToExtended(ref x, sign, ea + eb - Float80.Bias + 1 - zeros, product << zeros, x.PrecisionBits);
    }

    /// <summary>a x b to 64 bits whatever the control word says, for two numbers that are neither zero nor special.</summary>
    public static Float80 MultiplyFully(ref FloatContext x, Float80 a, Float80 b)
    {
        (int ea, ulong sa) = Normalize(a);
        (int eb, ulong sb) = Normalize(b);
        UInt128 product = (UInt128)sa * sb;
        int zeros = (int)UInt128.LeadingZeroCount(product);
        return FloatRounding.ToExtended(ref x, a.Sign != b.Sign, ea + eb - Float80.Bias + 1 - zeros, product << zeros, 64);
    }

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
        (int ea, ulong sa) = Normalize(a);
        (int eb, ulong sb) = Normalize(b);
        int less = sa < sb ? 1 : 0;
        (UInt128 high, UInt128 rest) = UInt128.DivRem((UInt128)sa << (63 + less), sb);
        (UInt128 low, rest) = UInt128.DivRem(rest << 64, sb);
        UInt128 quotient = (high << 64) | low | (rest == 0 ? 0u : UInt128.One);
        return FloatRounding.ToExtended(ref x, sign, ea - eb + Float80.Bias - less, quotient, x.PrecisionBits);
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
        (int e, ulong s) = Normalize(a);
        // The root of a significand in [1, 4) with an even exponent; 66 bits of root and whether something remains decide every rounding.
        int power = e - Float80.Bias;
        int odd = power & 1;
        UInt128 rest = 0, root = 0, digits = (UInt128)s << (63 + odd);
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
        return FloatRounding.ToExtended(ref x, false, ((power - odd) / 2) + Float80.Bias, significand, x.PrecisionBits);
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
