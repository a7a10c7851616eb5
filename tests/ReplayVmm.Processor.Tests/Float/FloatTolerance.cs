namespace ReplayVmm.Processor.Tests.Float;

/// <summary>
/// How far a transcendental function may be from silicon's. The manual allows one unit of the last place and says nothing of precision and underflow; beyond the domains
/// that it gives, nothing is defined. This processor reduces angles with all the bits of pi that it takes, silicon with 66: the result may be off by what that makes.
/// </summary>
internal static class FloatTolerance
{
    /// <summary>Underflow, precision, C1, and the summary bits that follow from them.</summary>
    public const uint UndefinedStatus = 0x8080 | 0x200 | FloatContext.Underflow | FloatContext.Precision;

    private const byte Power = 0xF0, Tangent = 0xF2, LogarithmOfOnePlus = 0xF9, SineAndCosine = 0xFB, Sine = 0xFE, Cosine = 0xFF;
    private const int Fraction = 66;

    /// <summary>True for the eight functions.</summary>
    public static bool Applies(FloatForm form) =>
        form.Bytes is [0xD9, Power or 0xF1 or Tangent or 0xF3 or LogarithmOfOnePlus or SineAndCosine or Sine or Cosine];

    /// <summary>True where the manual leaves everything open.</summary>
    public static bool IsOutsideDomain(FloatForm form, Float80 argument) => form.Bytes[1] switch
    {
        Power => argument.Exponent is >= Float80.Bias and < Float80.Special && argument.Absolute != new Float80(Float80.Bias, 1ul << 63),
        LogarithmOfOnePlus => argument.Exponent >= Float80.Bias - 2 && Approximate(argument.Absolute) > 1 - Math.Sqrt(0.5),
        _ => false,
    };

    /// <summary>True where two results differ by no more than is allowed.</summary>
    public static bool Agree(FloatForm form, Float80 argument, Float80 a, Float80 b)
    {
        if (a == b)
            return true;
        if (a.Sign == b.Sign && Int128.Abs(Place(a) - Place(b)) <= 1)
            return true;
        if (form.Bytes[1] is not (Sine or Cosine or SineAndCosine or Tangent) || argument.Exponent < Float80.Bias - 1)
            return false;
        double x = Approximate(a), y = Approximate(b), steepness = form.Bytes[1] == Tangent ? 1 + (x * x) : 1;
        return Math.Abs(x - y) <= Math.ScaleB(Approximate(argument.Absolute), -Fraction) * steepness * 2 + Math.ScaleB(Math.Abs(x), -50);
    }

    private static Int128 Place(Float80 a) => ((Int128)Math.Max(a.Exponent, 1) << 63) + a.Significand;

    private static double Approximate(Float80 a)
    {
        double magnitude = Math.ScaleB(a.Significand, a.Exponent - Float80.Bias - 63);
        return a.Sign ? -magnitude : magnitude;
    }
}
