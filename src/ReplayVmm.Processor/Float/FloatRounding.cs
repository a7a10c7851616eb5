namespace ReplayVmm.Processor;

/// <summary>Rounding to a format (SDM volume 1, 4.8.4 and 4.9.1.5): the one place where exact results become representable ones.</summary>
internal static class FloatRounding
{
    private const int UnmaskedBias = 24576;

    /// <summary>A rounded number: a significand whose bit 63 is the integer bit, clear in a denormal.</summary>
    internal readonly record struct Rounded(int Exponent, ulong Significand, bool IsInfinite);

    /// <summary>
    /// Rounds sign, biased extended exponent and a 128-bit significand (bit 127 set; lost bits stick to bit 0) to <paramref name="bits"/>
    /// bits with exponents from
    /// <paramref name="lowest"/> to <paramref name="highest"/>. Where overflow or underflow is not masked, the exponent is brought back into range by
    /// <paramref name="bias"/>; where that is 0 there is no result, and its precision is only spoken of where <paramref name="saysPrecision"/>: SSE does, stores of x87 do not (SDM
    /// volume 1, 8.5.4, 8.5.5 and 11.5.2).
    /// </summary>
    public static Rounded Round(
        ref FloatContext x, bool sign, int exponent, UInt128 significand, int bits, int lowest, int highest, int bias = UnmaskedBias,
        bool saysPrecision = false)
    {
        bool tiny = exponent < lowest && !(exponent == lowest - 1 && Carries(x, sign, significand, bits));
        if (tiny && x.FlushesToZero && x.IsMasked(FloatContext.Underflow))
        {
            x.Exceptions |= FloatContext.Underflow | FloatContext.Precision;
            return new Rounded(lowest, 0, false);
        }
        if (tiny && !x.IsMasked(FloatContext.Underflow))
        {
            x.Exceptions |= FloatContext.Underflow;
            if (bias == 0)
            {
                Keep(x, sign, significand, bits, out bool isInexact, out _);
                x.Exceptions |= isInexact && saysPrecision ? FloatContext.Precision : 0;
                return default;
            }
            exponent += bias;
            tiny = false;
            if (exponent < lowest)
            {
                // Beyond what the adjustment reaches (FSCALE alone gets there): nothing is left of the number.
                x.Exceptions |= FloatContext.Precision;
                return new Rounded(lowest, 0, false);
            }
        }
        if (exponent < lowest)
        {
            significand = ShiftRight(significand, lowest - exponent);
            exponent = lowest;
        }
        UInt128 kept = Keep(x, sign, significand, bits, out bool inexact, out bool up);
        if (up && kept == 0)
        {
            kept = UInt128.One << 127;
            exponent++;
        }
        if (exponent > highest && bias == 0 && !x.IsMasked(FloatContext.Overflow))
        {
            x.Exceptions |= FloatContext.Overflow | (inexact && saysPrecision ? FloatContext.Precision : 0);
            return default;
        }
        if (inexact)
        {
            x.Exceptions |= FloatContext.Precision | (tiny ? FloatContext.Underflow : 0);
            x.RoundedUp = up;
        }
        if (exponent <= highest)
            return new Rounded(exponent, (ulong)(kept >> 64), false);
        x.Exceptions |= FloatContext.Overflow;
        if (!x.IsMasked(FloatContext.Overflow) && exponent - bias > highest)
        {
            x.Exceptions |= FloatContext.Precision;
            x.RoundedUp = true;
            return new Rounded(highest, 0, true);
        }
        if (!x.IsMasked(FloatContext.Overflow))
            return new Rounded(exponent - bias, (ulong)(kept >> 64), false);
        x.Exceptions |= FloatContext.Precision;
        bool infinite = x.Rounding switch { 0 => true, 1 => sign, 2 => !sign, _ => false };
        x.RoundedUp = infinite;
        return new Rounded(highest, ulong.MaxValue << (64 - bits), infinite);
    }

    /// <summary>Rounds to the extended format with the precision that the control word asks for.</summary>
    public static Float80 ToExtended(ref FloatContext x, bool sign, int exponent, UInt128 significand, int bits)
    {
        Rounded r = Round(ref x, sign, exponent, significand, bits, 1, Float80.Special - 1);
        if (r.IsInfinite)
            return Float80.Infinity(sign);
        return new Float80(Float80.Signed(sign, (r.Significand >> 63) != 0 ? r.Exponent : 0), r.Significand);
    }

    /// <summary>The same for a result as <see cref="ExactArithmetic"/> gives it.</summary>
    public static Float80 ToExtended(ref FloatContext x, Unrounded result, int bits) => ToExtended(ref x, result.Sign, result.Exponent, result.Significand, bits);

    /// <summary>Shifts right; a bit that is lost sticks to bit 0.</summary>
    public static UInt128 ShiftRight(UInt128 value, int count)
    {
        if (count <= 0)
            return value;
        if (count > 127)
            return value == 0 ? 0u : UInt128.One;
        UInt128 shifted = value >> count;
        return shifted << count == value ? shifted : shifted | 1;
    }

    /// <summary>
    /// The upper <paramref name="bits"/> bits after rounding; zero with <paramref name="up"/> where that carried out of the top.
    /// </summary>
    public static UInt128 Keep(in FloatContext x, bool sign, UInt128 significand, int bits, out bool inexact, out bool up)
    {
        int drop = 128 - bits;
        UInt128 unit = UInt128.One << drop, rest = significand & (unit - 1), half = unit >> 1;
        UInt128 kept = significand - rest;
        inexact = rest != 0;
        up = x.Rounding switch
        {
            0 => rest > half || (rest == half && (kept & unit) != 0),
            1 => sign && inexact,
            2 => !sign && inexact,
            _ => false,
        };
        return up ? kept + unit : kept;
    }

    private static bool Carries(in FloatContext x, bool sign, UInt128 significand, int bits) =>
        Keep(x, sign, significand, bits, out _, out bool up) == 0 && up;
}
