namespace ReplayVmm.Processor;

/// <summary>An element rounded to an integer in its own format, as the immediate of ROUND says (SDM volume 2, ROUNDPS, table 4-17).</summary>
internal static class IntegralRounding<TFormat> where TFormat : struct, IBinaryFormat
{
    private const int Quietly = 8;
    private const int Nearest = 0, Down = 1, Up = 2;

    private static int FractionBits => TFormat.Precision - 1;
    private static int Special => (1 << TFormat.ExponentBits) - 1;

    /// <summary>Rounds; an ordinary number by its bits, anything else as conversions do.</summary>
    public static ulong Round(uint mxcsr, int control, ulong a, ref int exceptions)
    {
        FloatContext x = Mxcsr.Context(Mxcsr.WithRounding(mxcsr, control));
        int exponent = (int)(a >> FractionBits) & Special;
        if (exponent == 0 || exponent == Special)
        {
            ulong r = BinaryConversions.ToIntegral<TFormat>(ref x, a, (control & Quietly) != 0);
            exceptions |= x.Exceptions;
            return r;
        }
        int power = exponent - (Special >> 1);
        if (power >= FractionBits)
            return a;
        bool sign = BinaryFloat<TFormat>.Sign(a);
        ulong integer = power < 0 ? BinaryFloat<TFormat>.Signed(sign) : a & (ulong.MaxValue << (FractionBits - power));
        if (integer == a)
            return a;
        if ((control & Quietly) == 0)
            exceptions |= FloatContext.Precision;
        bool grows = x.Rounding switch
        {
            Nearest => IsNearerAbove(a, power),
            Down => sign,
            Up => !sign,
            _ => false,
        };
        if (!grows)
            return integer;
        // The carry out of the fraction is the next power of two, as it should be.
        return power < 0 ? integer | ((ulong)(Special >> 1) << FractionBits) : integer + (1ul << (FractionBits - power));
    }

    /// <summary>More than half, or half and the integer is odd, whose low bit at power 0 is the implied one: that of the bias, which is odd too.</summary>
    private static bool IsNearerAbove(ulong a, int power)
    {
        ulong fraction = a & ((1ul << FractionBits) - 1);
        if (power < 0)
            return power == -1 && fraction != 0;
        ulong half = 1ul << (FractionBits - power - 1), rest = a & ((half << 1) - 1);
        return rest > half || (rest == half && (a & (half << 1)) != 0);
    }
}

/// <summary>ROUNDPS and ROUNDPD (SDM volume 2).</summary>
internal readonly unsafe struct PackedRound<TFormat> : IFloatOperation where TFormat : struct, IBinaryFormat
{
    /// <inheritdoc/>
    public static int Execute(in FloatCall call)
    {
        int exceptions = 0;
        for (int at = 0; at < call.Length; at += Elements.Size<TFormat>())
            Elements.Write<TFormat>(call.Result + at, IntegralRounding<TFormat>.Round(call.Mxcsr, call.Control, Elements.Read<TFormat>(call.Second + at), ref exceptions));
        return Mxcsr.Reported(call.Mxcsr, exceptions);
    }
}

/// <summary>ROUNDSS and ROUNDSD (SDM volume 2).</summary>
internal readonly unsafe struct ScalarRound<TFormat> : IFloatOperation where TFormat : struct, IBinaryFormat
{
    /// <inheritdoc/>
    public static int Execute(in FloatCall call)
    {
        int exceptions = 0;
        Elements.Pass(call);
        Elements.Write<TFormat>(call.Result, IntegralRounding<TFormat>.Round(call.Mxcsr, call.Control, Elements.Read<TFormat>(call.Second), ref exceptions));
        return Mxcsr.Reported(call.Mxcsr, exceptions);
    }
}
