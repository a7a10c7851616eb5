namespace ReplayVmm.Processor;

/// <summary>
/// Power series in fixed point, 126 bits behind the point, each for a small argument and with so many terms that what is left out is below the last bits.
/// </summary>
internal static class FixedSeries
{
    private const int Point = 126, Terms = 34;

    /// <summary>1.</summary>
    private static readonly UInt128 One = UInt128.One << Point;

    private static readonly UInt128[] Sines = Reciprocals(n => 2 * n * ((2 * n) + 1)), Cosines = Reciprocals(n => ((2 * n) - 1) * 2 * n),
        Odds = Reciprocals(n => (2 * n) + 1), Naturals = Reciprocals(n => n + 1);

    /// <summary>sin(r) / r for |r| up to pi / 4: 1 - r^2/3! + r^4/5! - …</summary>
    public static WideFloat SineOverArgument(WideFloat r) => Nested(Fixed(r * r), Sines, alternating: true, 17);

    /// <summary>cos(r) for |r| up to pi / 4: 1 - r^2/2! + r^4/4! - …</summary>
    public static WideFloat Cosine(WideFloat r) => Nested(Fixed(r * r), Cosines, alternating: true, 18);

    /// <summary>atan(r) / r for |r| up to 1/16: 1 - r^2/3 + r^4/5 - …</summary>
    public static WideFloat ArctangentOverArgument(WideFloat r) => Sum(Fixed(r * r), alternating: true, 17);

    /// <summary>artanh(r) / r for |r| up to 0.172: 1 + r^2/3 + r^4/5 + …</summary>
    public static WideFloat ArtanhOverArgument(WideFloat r) => Sum(Fixed(r * r), alternating: false, 27);

    /// <summary>(e^r - 1) / r for |r| up to ln 2: 1 + r/2! + r^2/3! + …</summary>
    public static WideFloat ExponentialLessOneOverArgument(WideFloat r) => Nested(Fixed(r), Naturals, r.Sign, 32);

    /// <summary>1 + t c1 (1 + t c2 (1 + …)), or with minus signs.</summary>
    private static WideFloat Nested(UInt128 t, UInt128[] factors, bool alternating, int terms)
    {
        UInt128 sum = One;
        for (int n = terms; n > 0; n--)
        {
            UInt128 term = Multiply(Multiply(sum, t), factors[n]);
            sum = alternating ? One - term : One + term;
        }
        return WideFloat.Normalize(false, 1, sum);
    }

    /// <summary>1 + t/3 + t^2/5 + …, or with alternating signs.</summary>
    private static WideFloat Sum(UInt128 t, bool alternating, int terms)
    {
        UInt128 sum = 0;
        for (int n = terms; n >= 0; n--)
        {
            UInt128 rest = Multiply(sum, t);
            sum = alternating ? Odds[n] - rest : Odds[n] + rest;
        }
        return WideFloat.Normalize(false, 1, sum);
    }

    private static UInt128 Multiply(UInt128 a, UInt128 b) => WideFloat.MultiplyHigh(a, b) << (128 - Point);

    /// <summary>The magnitude of a number below 2.</summary>
    private static UInt128 Fixed(WideFloat a)
    {
        int shift = 1 - a.Exponent;
        return shift > 127 ? 0 : a.Significand >> shift;
    }

    private static UInt128[] Reciprocals(Func<int, int> divisor)
    {
        var table = new UInt128[Terms];
        for (int n = 0; n < Terms; n++)
            table[n] = One / (UInt128)Math.Max(divisor(n), 1);
        return table;
    }
}
