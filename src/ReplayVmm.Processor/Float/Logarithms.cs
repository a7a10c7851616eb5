namespace ReplayVmm.Processor;

/// <summary>Logarithms and powers of two, to about 120 bits.</summary>
internal static class Logarithms
{
    /// <summary>The square root of two, as a significand: where one power of two is nearer than the other.</summary>
    private const ulong RootOfTwo = 0xB504F333F9DE6484;

    /// <summary>Below this only the first term of a series counts.</summary>
    private const int Tiny = -130;

    /// <summary>log2 of a positive number.</summary>
    public static WideFloat Log2(WideFloat a)
    {
        // a = 2^n m, m between the roots of 1/2 and 2, so that the logarithm of m does not cancel n.
        int n = (ulong)(a.Significand >> 64) > RootOfTwo ? a.Exponent + 1 : a.Exponent;
        WideFloat m = a with { Exponent = a.Exponent - n };
        WideFloat part = Scaled(m - WideFloat.One, m + WideFloat.One);
        return WideFloat.From(n) + part;
    }

    /// <summary>log2(1 + a) for a above -1, exact where a is tiny.</summary>
    public static WideFloat Log2OfOnePlus(WideFloat a) =>
        a.Exponent < -2 ? Scaled(a, a + WideFloat.From(2)) : Log2(a + WideFloat.One);

    /// <summary>2^a - 1 for a from -1 to 1, other than 0.</summary>
    public static WideFloat PowerLessOne(WideFloat a)
    {
        WideFloat r = a * WideFloat.Ln2;
        return a.Exponent < Tiny ? r : r * FixedSeries.ExponentialLessOneOverArgument(r);
    }

    /// <summary>2 log2(e) artanh(difference / sum): the logarithm of the ratio of two numbers whose difference and sum are given.</summary>
    private static WideFloat Scaled(WideFloat difference, WideFloat sum)
    {
        if (difference.IsZero)
            return difference;
        WideFloat s = difference / sum;
        return s * FixedSeries.ArtanhOverArgument(s) * WideFloat.TwoLog2E;
    }
}
