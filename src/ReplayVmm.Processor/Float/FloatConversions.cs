using System.Numerics;

namespace ReplayVmm.Processor;

/// <summary>Conversions between the extended format and what memory holds (SDM volume 1, 4.2.2 and 8.1.2).</summary>
internal static class FloatConversions
{
    private const int SingleBias = 127, DoubleBias = 1023;

    /// <summary>A single, widened as an operand: a signaling NaN stays one, a denormal is noted.</summary>
    public static Float80 FromSingle(ref FloatContext x, uint bits) =>
        FromBinary(ref x, bits >> 31 != 0, (int)(bits >> 23) & 0xFF, (ulong)(bits & 0x7F_FFFF) << 40, 0xFF, SingleBias);

    /// <summary>A double, likewise.</summary>
    public static Float80 FromDouble(ref FloatContext x, ulong bits) =>
        FromBinary(ref x, bits >> 63 != 0, (int)(bits >> 52) & 0x7FF, (bits & 0xF_FFFF_FFFF_FFFF) << 11, 0x7FF, DoubleBias);

    /// <summary>A signed integer, exactly.</summary>
    public static Float80 FromInteger(long value)
    {
        if (value == 0)
            return Float80.Zero(false);
        ulong magnitude = value < 0 ? 0ul - (ulong)value : (ulong)value;
        int zeros = BitOperations.LeadingZeroCount(magnitude);
        return new Float80(Float80.Signed(value < 0, Float80.Bias + 63 - zeros), magnitude << zeros);
    }

    /// <summary>To a single.</summary>
    public static uint ToSingle(ref FloatContext x, Float80 a) => (uint)ToBinary(ref x, a, 24, 8, SingleBias);

    /// <summary>To a double.</summary>
    public static ulong ToDouble(ref FloatContext x, Float80 a) => ToBinary(ref x, a, 53, 11, DoubleBias);

    /// <summary>
    /// To a signed integer of <paramref name="bits"/> bits; what does not fit is invalid and gives the most negative one.
    /// </summary>
    public static long ToInteger(ref FloatContext x, Float80 a, int bits, bool truncate)
    {
        long indefinite = long.MinValue >> (64 - bits);
        if (a.IsNaN || a.IsInfinity || a.IsUnsupported)
        {
            x.Exceptions |= FloatContext.Invalid;
            return indefinite;
        }
        if (a.IsZero)
            return 0;
        UInt128 whole = Integral(x, a, truncate, out bool inexact, out bool up);
        UInt128 most = (UInt128.One << (bits - 1)) - (a.Sign ? 0u : UInt128.One);
        if (whole > most)
        {
            x.Exceptions |= FloatContext.Invalid;
            return indefinite;
        }
        if (inexact)
        {
            x.Exceptions |= FloatContext.Precision;
            x.RoundedUp = up;
        }
        return a.Sign ? (long)(0 - (ulong)whole) : (long)(ulong)whole;
    }

    /// <summary>The number rounded to an integer, in the extended format (FRNDINT).</summary>
    public static Float80 ToIntegral(ref FloatContext x, Float80 a)
    {
        if (a.IsUnsupported)
            return FloatArithmetic.Refuse(ref x);
        if (a.IsNaN)
        {
            x.Exceptions |= a.IsSignaling ? FloatContext.Invalid : 0;
            return a.Quieted;
        }
        if (a.IsZero || a.Exponent >= Float80.Bias + 63)
            return a;
        x.Exceptions |= a.IsDenormal ? FloatContext.Denormal : 0;
        UInt128 whole = Integral(x, a, truncate: false, out bool inexact, out bool up);
        if (inexact)
        {
            x.Exceptions |= FloatContext.Precision;
            x.RoundedUp = up;
        }
        if (whole == 0)
            return Float80.Zero(a.Sign);
        int zeros = BitOperations.LeadingZeroCount((ulong)whole);
        return new Float80(Float80.Signed(a.Sign, Float80.Bias + 63 - zeros), (ulong)whole << zeros);
    }

    private static UInt128 Integral(in FloatContext x, Float80 a, bool truncate, out bool inexact, out bool up)
    {
        (int e, ulong s) = FloatArithmetic.Normalize(a);
        int power = e - Float80.Bias;
        (inexact, up) = (false, false);
        if (power >= 64)
            return UInt128.MaxValue;
        // Bits 127 to 64 are the integer, the rest the fraction.
        UInt128 value = FloatRounding.ShiftRight((UInt128)s << 64, 63 - power);
        ulong whole = (ulong)(value >> 64), fraction = (ulong)value;
        inexact = fraction != 0;
        const ulong Half = 1ul << 63;
        up = !truncate && x.Rounding switch
        {
            0 => fraction > Half || (fraction == Half && (whole & 1) != 0),
            1 => a.Sign && inexact,
            2 => !a.Sign && inexact,
            _ => false,
        };
        return (UInt128)whole + (up ? 1u : 0);
    }

    private static Float80 FromBinary(ref FloatContext x, bool sign, int exponent, ulong fraction, int special, int bias)
    {
        const ulong Integer = 1ul << 63;
        if (exponent == special)
        {
            return new Float80(Float80.Signed(sign, Float80.Special), Integer | fraction);
        }
        if (exponent != 0)
            return new Float80(Float80.Signed(sign, exponent - bias + Float80.Bias), Integer | fraction);
        if (fraction == 0)
            return Float80.Zero(sign);
        x.Exceptions |= FloatContext.Denormal;
        int zeros = BitOperations.LeadingZeroCount(fraction);
        return new Float80(Float80.Signed(sign, 1 - bias + Float80.Bias - zeros), fraction << zeros);
    }

    private static ulong ToBinary(ref FloatContext x, Float80 a, int bits, int exponentBits, int bias)
    {
        int special = (1 << exponentBits) - 1, fractionBits = bits - 1;
        ulong sign = a.Sign ? 1ul << (exponentBits + fractionBits) : 0, mask = (1ul << fractionBits) - 1;
        if (a.IsUnsupported)
            a = FloatArithmetic.Refuse(ref x);
        if (a.IsNaN)
        {
            x.Exceptions |= a.IsSignaling ? FloatContext.Invalid : 0;
            sign = a.Sign ? 1ul << (exponentBits + fractionBits) : 0;
            return sign | ((ulong)special << fractionBits) | ((a.Quieted.Significand >> (64 - bits)) & mask);
        }
        if (a.IsInfinity)
            return sign | ((ulong)special << fractionBits);
        if (a.IsZero)
            return sign;
        (int e, ulong s) = FloatArithmetic.Normalize(a);
        int shift = Float80.Bias - bias;
        FloatRounding.Rounded r = FloatRounding.Round(ref x, a.Sign, e, (UInt128)s << 64, bits, shift + 1, shift + special - 1, bias: 0);
        if (r.IsInfinite)
            return sign | ((ulong)special << fractionBits);
        ulong exponent = (r.Significand >> 63) != 0 ? (ulong)(r.Exponent - shift) : 0;
        return sign | (exponent << fractionBits) | ((r.Significand >> (64 - bits)) & mask);
    }
}
