namespace ReplayVmm.Processor;

/// <summary>Conversions of SSE, AVX and F16C between formats and integers (SDM volume 2, CVT…, ROUND…; volume 1, 4.8 and 11.5).</summary>
internal static class BinaryConversions
{
    private const int NoFraction = Float80.Bias + 63;

    /// <summary>One format to another.</summary>
    public static ulong Convert<TFrom, TTo>(ref FloatContext x, ulong a) where TFrom : struct, IBinaryFormat where TTo : struct, IBinaryFormat
    {
        a = BinaryFloat<TFrom>.Flush(x, a);
        if (BinaryFloat<TFrom>.IsNaN(a))
        {
            if (BinaryFloat<TFrom>.IsSignaling(a))
                x.Exceptions |= FloatContext.Invalid;
            return BinaryFloat<TTo>.FromNaN<TFrom>(a);
        }
        bool sign = BinaryFloat<TFrom>.Sign(a);
        if (BinaryFloat<TFrom>.IsInfinity(a))
            return BinaryFloat<TTo>.Infinity(sign);
        if (BinaryFloat<TFrom>.IsZero(a))
            return BinaryFloat<TTo>.Signed(sign);
        if (BinaryFloat<TFrom>.IsDenormal(a))
            x.Exceptions |= FloatContext.Denormal;
        Unpacked u = BinaryFloat<TFrom>.Unpack(a);
        return BinaryFloat<TTo>.Pack(ref x, new Unrounded(sign, u.Exponent, (UInt128)u.Significand << 64));
    }

    /// <summary>A half to a single: DAZ does not count, and denormals are not noted (SDM volume 2, VCVTPH2PS).</summary>
    public static ulong FromHalf(ref FloatContext x, ulong a)
    {
        FloatContext own = x;
        own.DenormalsAreZeros = false;
        ulong result = Convert<Binary16, Binary32>(ref own, a);
        x.Exceptions |= own.Exceptions & ~FloatContext.Denormal;
        return result;
    }

    /// <summary>A single to a half: FTZ does not count (SDM volume 2, VCVTPS2PH).</summary>
    public static ulong ToHalf(ref FloatContext x, ulong a)
    {
        FloatContext own = x;
        own.FlushesToZero = false;
        ulong result = Convert<Binary32, Binary16>(ref own, a);
        x.Exceptions |= own.Exceptions;
        return result;
    }

    /// <summary>A signed integer.</summary>
    public static ulong FromInteger<TTo>(ref FloatContext x, long value) where TTo : struct, IBinaryFormat
    {
        if (value == 0)
            return 0;
        Unpacked u = ExactArithmetic.Integer(value < 0, value < 0 ? 0ul - (ulong)value : (ulong)value);
        return BinaryFloat<TTo>.Pack(ref x, new Unrounded(u.Sign, u.Exponent, (UInt128)u.Significand << 64));
    }

    /// <summary>To a signed integer of <paramref name="bits"/> bits; what does not fit is invalid and gives the most negative one. Denormal operands are not noted.</summary>
    public static long ToInteger<TFrom>(ref FloatContext x, ulong a, int bits, bool truncate) where TFrom : struct, IBinaryFormat
    {
        a = BinaryFloat<TFrom>.Flush(x, a);
        if (BinaryFloat<TFrom>.IsZero(a))
            return 0;
        bool special = BinaryFloat<TFrom>.IsNaN(a) || BinaryFloat<TFrom>.IsInfinity(a);
        Unpacked u = special ? default : BinaryFloat<TFrom>.Unpack(a);
        var wide = new Float80(Float80.Signed(u.Sign, special ? Float80.Special : u.Exponent), special ? 1ul << 63 : u.Significand);
        return FloatConversions.ToInteger(ref x, wide, bits, truncate);
    }

    /// <summary>
    /// To an integer in the same format, rounded as <paramref name="x"/> says; <paramref name="quietly"/>, without the precision exception (SDM volume 2, ROUNDPS). Denormal
    /// operands are not noted.
    /// </summary>
    public static ulong ToIntegral<TFormat>(ref FloatContext x, ulong a, bool quietly) where TFormat : struct, IBinaryFormat
    {
        a = BinaryFloat<TFormat>.Flush(x, a);
        if (BinaryFloat<TFormat>.IsNaN(a))
        {
            if (BinaryFloat<TFormat>.IsSignaling(a))
                x.Exceptions |= FloatContext.Invalid;
            return BinaryFloat<TFormat>.FromNaN<TFormat>(a);
        }
        if (BinaryFloat<TFormat>.IsZero(a) || BinaryFloat<TFormat>.IsInfinity(a))
            return a;
        Unpacked u = BinaryFloat<TFormat>.Unpack(a);
        if (u.Exponent >= NoFraction)
            return a;
        FloatContext rounding = x;
        long whole = FloatConversions.ToInteger(ref rounding, new Float80(Float80.Signed(u.Sign, u.Exponent), u.Significand), 64, truncate: false);
        if (!quietly)
            x.Exceptions |= rounding.Exceptions & FloatContext.Precision;
        return whole == 0 ? BinaryFloat<TFormat>.Signed(u.Sign) : FromInteger<TFormat>(ref rounding, whole);
    }
}
