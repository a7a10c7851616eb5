namespace ReplayVmm.Processor;

/// <summary>ROUNDPS and its like: an element rounded to an integer in its own format, as the immediate says (SDM volume 2, ROUNDPS, table 4-17).</summary>
internal readonly struct IntegralRounding<TFormat> : IElementConversion where TFormat : struct, IBinaryFormat
{
    private const int Quietly = 8;
    private const int Nearest = 0, Down = 1, Up = 2;

    private static int FractionBits => TFormat.Precision - 1;
    private static int Special => (1 << TFormat.ExponentBits) - 1;

    /// <inheritdoc/>
    public static int SourceSize => Elements.Size<TFormat>();
    /// <inheritdoc/>
    public static int ResultSize => Elements.Size<TFormat>();

    /// <summary>Rounds an ordinary number by its bits, anything else as conversions do.</summary>
    public static ulong Convert(ref VectorContext x, ulong a)
    {
        FloatContext own = Mxcsr.Context(Mxcsr.WithRounding(x.Mxcsr, x.Immediate));
        bool quietly = (x.Immediate & Quietly) != 0;
        int exponent = (int)(a >> FractionBits) & Special;
        if (exponent == 0 || exponent == Special)
        {
            ulong r = BinaryConversions.ToIntegral<TFormat>(ref own, a, quietly);
            x.Exceptions |= own.Exceptions;
            return r;
        }
        int power = exponent - (Special >> 1);
        if (power >= FractionBits)
            return a;
        bool sign = BinaryFloat<TFormat>.Sign(a);
        ulong integer = power < 0 ? BinaryFloat<TFormat>.Signed(sign) : a & (ulong.MaxValue << (FractionBits - power));
        if (integer == a)
            return a;
        if (!quietly)
            x.Exceptions |= FloatContext.Precision;
        bool grows = own.Rounding switch
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
