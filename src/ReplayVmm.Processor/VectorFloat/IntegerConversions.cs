namespace ReplayVmm.Processor;

/// <summary>CVTSI2SS, CVTDQ2PS and their like, from int or long (SDM volume 2).</summary>
internal readonly unsafe struct FromInteger<TInteger, TFormat> : IElementConversion where TInteger : unmanaged where TFormat : struct, IBinaryFormat
{
    public static int SourceSize => sizeof(TInteger);
    public static int ResultSize => Elements.Size<TFormat>();

    public static ulong Convert(ref VectorContext x, ulong a) =>
        IntegerConversions.FromInteger<TFormat>(ref x, sizeof(TInteger) == sizeof(int) ? (int)a : (long)a);
}

/// <summary>CVTSS2SI, CVTPD2DQ and their like, to int or long; CVTTSS2SI and its like with <see cref="Truncating"/> (SDM volume 2).</summary>
internal readonly unsafe struct ToInteger<TInteger, TFormat, TManner> : IElementConversion
    where TInteger : unmanaged where TFormat : struct, IBinaryFormat where TManner : struct, IRoundingManner
{
    public static int SourceSize => Elements.Size<TFormat>();
    public static int ResultSize => sizeof(TInteger);

    public static ulong Convert(ref VectorContext x, ulong a) => IntegerConversions.ToInteger<TFormat>(ref x, a, sizeof(TInteger) * 8, TManner.Truncates);
}

/// <summary>How a number becomes an integer.</summary>
internal interface IRoundingManner
{
    /// <summary>Toward zero, whatever MXCSR says.</summary>
    static abstract bool Truncates { get; }
}

/// <summary>As MXCSR says.</summary>
internal readonly struct Rounding : IRoundingManner
{
    public static bool Truncates => false;
}

/// <summary>Toward zero.</summary>
internal readonly struct Truncating : IRoundingManner
{
    public static bool Truncates => true;
}

/// <summary>Conversions from and to integers: by the host where its result and whether it is exact are beyond doubt, else by integers.</summary>
internal static class IntegerConversions
{
    /// <summary>Integers up to this are doubles.</summary>
    private const long MostExact = 1L << 53;

    /// <summary>Added and taken away again it rounds numbers of less than 2^51 to integers, to nearest.</summary>
    private const double Rounder = 3L << 51;

    /// <summary>A signed integer as a single or double.</summary>
    public static ulong FromInteger<TFormat>(ref VectorContext x, long value) where TFormat : struct, IBinaryFormat
    {
        if (value is >= -MostExact and <= MostExact)
        {
            double exact = value;
            if (Elements.Size<TFormat>() == sizeof(double))
                return BitConverter.DoubleToUInt64Bits(exact);
            float single = (float)exact;
            if (single == exact)
                return BitConverter.SingleToUInt32Bits(single);
            if (FastArithmetic.IsNearest(x.Mxcsr))
            {
                x.Exceptions |= FloatContext.Precision;
                return BitConverter.SingleToUInt32Bits(single);
            }
        }
        FloatContext own = Mxcsr.Context(x.Mxcsr);
        ulong r = BinaryConversions.FromInteger<TFormat>(ref own, value);
        x.Exceptions |= own.Exceptions;
        return r;
    }

    /// <summary>A single or double as a signed integer of <paramref name="bits"/> bits.</summary>
    public static ulong ToInteger<TFormat>(ref VectorContext x, ulong a, int bits, bool truncate) where TFormat : struct, IBinaryFormat
    {
        double value = Elements.Size<TFormat>() == sizeof(float) ? BitConverter.UInt32BitsToSingle((uint)a) : BitConverter.UInt64BitsToDouble(a);
        double magnitude = Math.Abs(value);
        // From the least number that rounds to itself up: all denormals are below. Zeros need no test of their own, being rare enough.
        bool isFit = magnitude >= 0.25 && magnitude < (bits == 32 ? int.MaxValue : 1L << 51);
        if (isFit && (truncate || FastArithmetic.IsNearest(x.Mxcsr)))
        {
            long whole = truncate ? (long)value : (long)(value + Rounder - Rounder);
            if (whole != value)
                x.Exceptions |= FloatContext.Precision;
            return (ulong)whole;
        }
        FloatContext own = Mxcsr.Context(x.Mxcsr);
        long r = BinaryConversions.ToInteger<TFormat>(ref own, a, bits, truncate);
        x.Exceptions |= own.Exceptions;
        return (ulong)r;
    }
}
