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

/// <summary>Which approximation.</summary>
internal interface IApproximation
{
    /// <summary>Approximates a single by its bits.</summary>
    static abstract uint Approximate(uint a);
}

/// <summary>RCP.</summary>
internal readonly struct ReciprocalElements : IApproximation
{
    public static uint Approximate(uint a) => Approximations.Reciprocal(a);
}

/// <summary>RSQRT.</summary>
internal readonly struct ReciprocalRootElements : IApproximation
{
    public static uint Approximate(uint a) => Approximations.ReciprocalRoot(a);
}

/// <summary>RCPPS and RSQRTPS: no exceptions, whatever MXCSR says (SDM volume 2).</summary>
internal readonly unsafe struct PackedApproximation<TOp> : IFloatOperation where TOp : struct, IApproximation
{
    /// <inheritdoc/>
    public static int Execute(in FloatCall call)
    {
        for (int at = 0; at < call.Length; at += sizeof(float))
            Elements.Write<Binary32>(call.Result + at, TOp.Approximate((uint)Elements.Read<Binary32>(call.Second + at)));
        return 0;
    }
}

/// <summary>RCPSS and RSQRTSS (SDM volume 2).</summary>
internal readonly unsafe struct ScalarApproximation<TOp> : IFloatOperation where TOp : struct, IApproximation
{
    /// <inheritdoc/>
    public static int Execute(in FloatCall call)
    {
        Elements.Pass(call);
        Elements.Write<Binary32>(call.Result, TOp.Approximate((uint)Elements.Read<Binary32>(call.Second)));
        return 0;
    }
}
