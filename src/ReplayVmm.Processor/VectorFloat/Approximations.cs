namespace ReplayVmm.Processor;

/// <summary>
/// RCPPS and RSQRTPS (SDM volume 2): the architecture allows a relative error of 1.5 x 2^-12, and each maker has a table of its own. Ours are the exact results, rounded down to
/// <see cref="Bits"/> bits in integers, so that they are the same everywhere; the error is below 2^-13.
/// </summary>
internal static class Approximations
{
    /// <summary>Bits of significand that a result has.</summary>
    public const int Bits = 14;

    private const int FractionBits = 23, Special = 255, Bias = 127;
    private const uint SignBit = 1u << 31, Infinity = (uint)Special << FractionBits, Quiet = 1u << (FractionBits - 1), Implied = 1u << FractionBits;

    /// <summary>1 / a. A denormal counts as zero, a tiny result is zero.</summary>
    public static uint Reciprocal(uint a)
    {
        uint sign = a & SignBit, magnitude = a & ~SignBit;
        if (magnitude > Infinity)
            return a | Quiet;
        if (magnitude < Implied)
            return sign | Infinity;
        int exponent = (int)(magnitude >> FractionBits);
        // 2^(FractionBits + Bits) / significand, with the significand in [1, 2): the quotient has Bits bits, or one more where it is a power of two.
        ulong quotient = (1ul << (FractionBits + Bits)) / ((magnitude & (Implied - 1)) | Implied);
        int power = (2 * Bias) - exponent;
        if (quotient >> Bits != 0)
            quotient >>= 1;
        else
            power--;
        return power <= 0 ? sign : sign | Pack(power, quotient);
    }

    /// <summary>1 / sqrt(a). A denormal counts as zero, below which only the indefinite NaN is left.</summary>
    public static uint ReciprocalRoot(uint a)
    {
        uint sign = a & SignBit, magnitude = a & ~SignBit;
        if (magnitude > Infinity)
            return a | Quiet;
        if (magnitude < Implied)
            return sign | Infinity;
        if (sign != 0)
            return SignBit | Infinity | Quiet;
        if (magnitude == Infinity)
            return 0;
        int power = (int)(magnitude >> FractionBits) - Bias, odd = power & 1;
        // The greatest root of Bits bits whose square times the significand, which is in [1, 4), is at most 1; bits of the root stand for 1/2, 1/4, …
        ulong significand = (ulong)((magnitude & (Implied - 1)) | Implied) << odd, limit = 1ul << (FractionBits + (2 * Bits)), root = 0;
        for (ulong bit = 1ul << Bits; bit != 0; bit >>= 1)
        {
            if ((root | bit) * (root | bit) * significand <= limit)
                root |= bit;
        }
        int exponent = Bias - ((power - odd) / 2);
        if (root >> Bits != 0)
            root >>= 1;
        else
            exponent--;
        return Pack(exponent, root);
    }

    /// <summary>A significand of <see cref="Bits"/> bits, the highest of which is set.</summary>
    private static uint Pack(int exponent, ulong significand) =>
        ((uint)exponent << FractionBits) | (((uint)significand << (FractionBits + 1 - Bits)) & (Implied - 1));
}

/// <summary>RCPPS and RCPSS: no exceptions, whatever MXCSR says (SDM volume 2).</summary>
internal readonly struct ReciprocalElement : IElementConversion
{
    public static int SourceSize => sizeof(float);
    public static int ResultSize => sizeof(float);
    public static ulong Convert(ref VectorContext x, ulong a) => Approximations.Reciprocal((uint)a);
}

/// <summary>RSQRTPS and RSQRTSS, likewise (SDM volume 2).</summary>
internal readonly struct ReciprocalRootElement : IElementConversion
{
    public static int SourceSize => sizeof(float);
    public static int ResultSize => sizeof(float);
    public static ulong Convert(ref VectorContext x, ulong a) => Approximations.ReciprocalRoot((uint)a);
}
