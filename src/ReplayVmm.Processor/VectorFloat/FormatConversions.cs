namespace ReplayVmm.Processor;

/// <summary>CVTSS2SD and CVTPS2PD (SDM volume 2).</summary>
internal readonly struct SingleToDouble : IElementConversion
{
    private const uint Least = 0x0080_0000, Infinite = 0x7F80_0000;

    public static int SourceSize => sizeof(float);
    public static int ResultSize => sizeof(double);

    public static ulong Convert(ref VectorContext x, ulong a)
    {
        uint magnitude = (uint)a & int.MaxValue;
        // Ordinary numbers and zeros: each single is a double.
        if (magnitude - Least < Infinite - Least || magnitude == 0)
            return BitConverter.DoubleToUInt64Bits(BitConverter.UInt32BitsToSingle((uint)a));
        FloatContext own = Mxcsr.Context(x.Mxcsr);
        ulong r = BinaryConversions.Convert<Binary32, Binary64>(ref own, a);
        x.Exceptions |= own.Exceptions;
        return r;
    }
}

/// <summary>CVTSD2SS and CVTPD2PS (SDM volume 2).</summary>
internal readonly struct DoubleToSingle : IElementConversion
{
    /// <summary>Above the least ordinary single, and below what rounds to infinity.</summary>
    private const double Low = 1.1754943508222876e-38, High = 3.4028234663852886e38;

    public static int SourceSize => sizeof(double);
    public static int ResultSize => sizeof(float);

    public static ulong Convert(ref VectorContext x, ulong a)
    {
        double value = BitConverter.UInt64BitsToDouble(a), magnitude = BitConverter.UInt64BitsToDouble(a & long.MaxValue);
        if (FastArithmetic.IsNearest(x.Mxcsr) && ((magnitude > Low && magnitude < High) || (a & long.MaxValue) == 0))
        {
            float rounded = (float)value;
            if (rounded != value)
                x.Exceptions |= FloatContext.Precision;
            return BitConverter.SingleToUInt32Bits(rounded);
        }
        FloatContext own = Mxcsr.Context(x.Mxcsr);
        ulong r = BinaryConversions.Convert<Binary64, Binary32>(ref own, a);
        x.Exceptions |= own.Exceptions;
        return r;
    }
}

/// <summary>VCVTPH2PS (SDM volume 2).</summary>
internal readonly struct HalfToSingle : IElementConversion
{
    public static int SourceSize => 2;
    public static int ResultSize => sizeof(float);

    public static ulong Convert(ref VectorContext x, ulong a)
    {
        FloatContext own = Mxcsr.Context(x.Mxcsr);
        ulong r = BinaryConversions.FromHalf(ref own, a);
        x.Exceptions |= own.Exceptions;
        return r;
    }
}

/// <summary>VCVTPS2PH, rounded as the immediate says (SDM volume 2).</summary>
internal readonly struct SingleToHalf : IElementConversion
{
    public static int SourceSize => sizeof(float);
    public static int ResultSize => 2;

    public static ulong Convert(ref VectorContext x, ulong a)
    {
        FloatContext own = Mxcsr.Context(Mxcsr.WithRounding(x.Mxcsr, x.Immediate));
        ulong r = BinaryConversions.ToHalf(ref own, a);
        x.Exceptions |= own.Exceptions;
        return r;
    }
}
