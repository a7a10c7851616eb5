namespace ReplayVmm.Processor;

/// <summary>
/// Arithmetic of SSE, AVX and FMA on one element of a binary format, exact in bits and flags (SDM volume 1, chapter 4 and 11.5): values are bit patterns in the low bits.
/// Each call reports into a <see cref="FloatContext"/> of its own; where an exception in it is not masked, the value returned is not one.
/// </summary>
internal static class BinaryFloat<TFormat> where TFormat : struct, IBinaryFormat
{
    private static int FractionBits => TFormat.Precision - 1;
    private static int Special => (1 << TFormat.ExponentBits) - 1;
    private static int Rebias => Float80.Bias - (Special >> 1);
    private static ulong Quiet => 1ul << (FractionBits - 1);
    private static ulong FractionMask => (1ul << FractionBits) - 1;

    /// <summary>The sign bit.</summary>
    public static ulong SignBit => 1ul << (FractionBits + TFormat.ExponentBits);

    /// <summary>The NaN that stands for no number.</summary>
    public static ulong Indefinite => SignBit | ((ulong)Special << FractionBits) | Quiet;

    /// <summary>An infinity.</summary>
    public static ulong Infinity(bool sign) => Signed(sign) | ((ulong)Special << FractionBits);

    /// <summary>Any NaN.</summary>
    public static bool IsNaN(ulong a) => Exponent(a) == Special && Fraction(a) != 0;

    /// <summary>A NaN that is invalid as an operand.</summary>
    public static bool IsSignaling(ulong a) => IsNaN(a) && (a & Quiet) == 0;

    /// <summary>Plus or minus infinity.</summary>
    public static bool IsInfinity(ulong a) => Exponent(a) == Special && Fraction(a) == 0;

    /// <summary>Plus or minus zero.</summary>
    public static bool IsZero(ulong a) => (a & ~SignBit) == 0;

    /// <summary>A number too small for the integer bit.</summary>
    public static bool IsDenormal(ulong a) => Exponent(a) == 0 && Fraction(a) != 0;

    /// <summary>The sign.</summary>
    public static bool Sign(ulong a) => (a & SignBit) != 0;

    /// <summary>a + b.</summary>
    public static ulong Add(ref FloatContext x, ulong a, ulong b)
    {
        if (TryNaN(ref x, ref a, ref b, out ulong nan))
            return nan;
        if (IsInfinity(a) || IsInfinity(b))
            return IsInfinity(a) && IsInfinity(b) && a != b ? Refuse(ref x) : IsInfinity(a) ? a : b;
        return AddFinite(ref x, a, b);
    }

    /// <summary>a - b.</summary>
    public static ulong Subtract(ref FloatContext x, ulong a, ulong b) => Add(ref x, a, IsNaN(b) ? b : b ^ SignBit);

    /// <summary>a x b.</summary>
    public static ulong Multiply(ref FloatContext x, ulong a, ulong b)
    {
        if (TryNaN(ref x, ref a, ref b, out ulong nan))
            return nan;
        bool sign = Sign(a) != Sign(b);
        if (IsInfinity(a) || IsInfinity(b))
            return IsZero(a) || IsZero(b) ? Refuse(ref x) : Infinity(sign);
        return IsZero(a) || IsZero(b) ? Signed(sign) : Pack(ref x, ExactArithmetic.Product(Unpack(a), Unpack(b)));
    }

    /// <summary>a / b.</summary>
    public static ulong Divide(ref FloatContext x, ulong a, ulong b)
    {
        if (TryNaN(ref x, ref a, ref b, out ulong nan))
            return nan;
        bool sign = Sign(a) != Sign(b);
        if (IsInfinity(a))
            return IsInfinity(b) ? Refuse(ref x) : Infinity(sign);
        if (IsInfinity(b))
            return Signed(sign);
        if (IsZero(b))
        {
            if (IsZero(a))
                return Refuse(ref x);
            x.DivideByZero();
            return Infinity(sign);
        }
        return IsZero(a) ? Signed(sign) : Pack(ref x, ExactArithmetic.Quotient(Unpack(a), Unpack(b)));
    }

    /// <summary>The square root.</summary>
    public static ulong SquareRoot(ref FloatContext x, ulong a)
    {
        if (TryNaN(ref x, ref a, ref a, out ulong nan))
            return nan;
        if (IsZero(a))
            return a;
        if (Sign(a))
            return Refuse(ref x);
        return IsInfinity(a) ? a : Pack(ref x, ExactArithmetic.Root(Unpack(a)));
    }

    /// <summary>a x b + c, rounded once; the product or the addend with its sign changed first, where asked (SDM volume 1, 14.5).</summary>
    public static ulong MultiplyAdd(ref FloatContext x, ulong a, ulong b, ulong c, bool negateProduct = false, bool negateAddend = false)
    {
        a = Flush(x, a);
        b = Flush(x, b);
        c = Flush(x, c);
        if (IsNaN(a) || IsNaN(b) || IsNaN(c))
        {
            if (IsSignaling(a) || IsSignaling(b) || IsSignaling(c))
                x.Exceptions |= FloatContext.Invalid;
            return (IsNaN(a) ? a : IsNaN(b) ? b : c) | Quiet;
        }
        bool sign = Sign(a) != Sign(b) != negateProduct;
        c ^= negateAddend ? SignBit : 0;
        if (IsDenormal(a) || IsDenormal(b) || IsDenormal(c))
            x.Exceptions |= FloatContext.Denormal;
        if (IsInfinity(a) || IsInfinity(b))
        {
            bool none = IsZero(a) || IsZero(b) || (IsInfinity(c) && Sign(c) != sign);
            return none ? Refuse(ref x) : Infinity(sign);
        }
        if (IsInfinity(c))
            return c;
        if (IsZero(a) || IsZero(b))
            return AddFinite(ref x, Signed(sign), c);
        Unpacked first = Unpack(a) with { Sign = sign }, second = Unpack(b) with { Sign = false };
        if (IsZero(c))
            return Pack(ref x, ExactArithmetic.Product(first, second));
        Unrounded sum = ExactArithmetic.FusedSum(first, second, Unpack(c));
        return sum.Significand == 0 ? Signed(x.Rounding == 1) : Pack(ref x, sum);
    }

    /// <summary>-1, 0, 1, or null where a NaN makes the two unordered; a quiet one is invalid only where <paramref name="strict"/>.</summary>
    public static int? Compare(ref FloatContext x, ulong a, ulong b, bool strict)
    {
        a = Flush(x, a);
        b = Flush(x, b);
        if (IsNaN(a) || IsNaN(b))
        {
            if (strict || IsSignaling(a) || IsSignaling(b))
                x.Exceptions |= FloatContext.Invalid;
            return null;
        }
        if (IsDenormal(a) || IsDenormal(b))
            x.Exceptions |= FloatContext.Denormal;
        if (IsZero(a) && IsZero(b))
            return 0;
        if (Sign(a) != Sign(b))
            return Sign(a) ? -1 : 1;
        int order = a.CompareTo(b);
        return Sign(a) ? -order : order;
    }

    /// <summary>The lesser; the second operand where one is a NaN or both are zeros (SDM volume 2, MINPS).</summary>
    public static ulong Minimum(ref FloatContext x, ulong a, ulong b) => Compare(ref x, a, b, strict: true) < 0 ? Flush(x, a) : Flush(x, b);

    /// <summary>The greater, likewise.</summary>
    public static ulong Maximum(ref FloatContext x, ulong a, ulong b) => Compare(ref x, a, b, strict: true) > 0 ? Flush(x, a) : Flush(x, b);

    /// <summary>Takes a number apart that is neither zero nor special.</summary>
    public static Unpacked Unpack(ulong a)
    {
        ulong fraction = Fraction(a) << (64 - TFormat.Precision);
        int exponent = Exponent(a);
        if (exponent != 0)
            return new Unpacked(Sign(a), exponent + Rebias, fraction | (1ul << 63));
        int zeros = System.Numerics.BitOperations.LeadingZeroCount(fraction);
        return new Unpacked(Sign(a), 1 + Rebias - zeros, fraction << zeros);
    }

    /// <summary>Rounds a result other than zero to the format.</summary>
    public static ulong Pack(ref FloatContext x, Unrounded result)
    {
        FloatRounding.Rounded r =
            FloatRounding.Round(ref x, result.Sign, result.Exponent, result.Significand, TFormat.Precision, Rebias + 1, Rebias + Special - 1, bias: 0, saysPrecision: true);
        if (r.IsInfinite)
            return Infinity(result.Sign);
        ulong exponent = (r.Significand >> 63) != 0 ? (ulong)(r.Exponent - Rebias) : 0;
        return Signed(result.Sign) | (exponent << FractionBits) | ((r.Significand >> (64 - TFormat.Precision)) & FractionMask);
    }

    /// <summary>A number as it is where denormals count, else a zero in place of a denormal.</summary>
    public static ulong Flush(in FloatContext x, ulong a) => x.DenormalsAreZeros && IsDenormal(a) ? a & SignBit : a;

    /// <summary>The NaN, made quiet, that goes on in another format: its fraction cut off or filled up below.</summary>
    public static ulong FromNaN<TOther>(ulong other) where TOther : struct, IBinaryFormat
    {
        ulong fraction = BinaryFloat<TOther>.Fraction(other);
        int distance = TFormat.Precision - TOther.Precision;
        return Infinity(BinaryFloat<TOther>.Sign(other)) | Quiet | (distance > 0 ? fraction << distance : fraction >> -distance);
    }

    /// <summary>The invalid-operation exception and its masked result.</summary>
    public static ulong Refuse(ref FloatContext x)
    {
        x.Invalidate();
        return Indefinite;
    }

    /// <summary>A zero.</summary>
    public static ulong Signed(bool sign) => sign ? SignBit : 0;

    private static ulong AddFinite(ref FloatContext x, ulong a, ulong b)
    {
        if (IsZero(a) && IsZero(b))
            return a == b ? a : Signed(x.Rounding == 1);
        if (IsZero(a) || IsZero(b))
        {
            Unpacked alone = Unpack(IsZero(a) ? b : a);
            return Pack(ref x, new Unrounded(alone.Sign, alone.Exponent, (UInt128)alone.Significand << 64));
        }
        Unrounded sum = ExactArithmetic.Sum(Unpack(a), Unpack(b));
        return sum.Significand == 0 ? Signed(x.Rounding == 1) : Pack(ref x, sum);
    }

    /// <summary>NaNs (SDM volume 1, table 4-7: the first operand's goes first); else denormal operands are flushed or noted.</summary>
    private static bool TryNaN(ref FloatContext x, ref ulong a, ref ulong b, out ulong result)
    {
        result = 0;
        if (IsNaN(a) || IsNaN(b))
        {
            if (IsSignaling(a) || IsSignaling(b))
                x.Exceptions |= FloatContext.Invalid;
            result = (IsNaN(a) ? a : b) | Quiet;
            return true;
        }
        a = Flush(x, a);
        b = Flush(x, b);
        if (IsDenormal(a) || IsDenormal(b))
            x.Exceptions |= FloatContext.Denormal;
        return false;
    }

    private static int Exponent(ulong a) => (int)(a >> FractionBits) & Special;

    private static ulong Fraction(ulong a) => a & FractionMask;
}
