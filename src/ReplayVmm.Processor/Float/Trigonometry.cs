using System.Numerics;

namespace ReplayVmm.Processor;

/// <summary>
/// Sine, cosine, tangent and arctangent to about 120 bits. Arguments are reduced with enough bits of pi for the result to be right to the last place, which is more than
/// processors do that reduce with 66 bits of it (SDM volume 1, 8.3.8).
/// </summary>
internal static class Trigonometry
{
    /// <summary>From here on an argument is out of range: 2^63.</summary>
    public const int OutOfRange = 63;

    private const int FractionLimbs = 5;

    /// <summary>Where a function is so near its argument that only the direction counts.</summary>
    private const int Tiny = -60;

    /// <summary>pi / 2: 320 bits behind the point and the integer, the lowest first.</summary>
    private static ReadOnlySpan<ulong> HalfPi =>
    [
        0xA29410F31C6809BB, 0x04177D4C76273644, 0x52049C1114CF98E8, 0x898CC51701B839A2, 0x921FB54442D18469, 1,
    ];

    /// <summary>2 / pi: 128 bits behind the point.</summary>
    private const ulong TwoOverPiHigh = 0xA2F9836E4E441529, TwoOverPiLow = 0xFC2757D1F534DDC0;

    /// <summary>atan(n / 8) for n from 1 to 8.</summary>
    private static readonly WideFloat[] Arctangents =
    [
        new(false, -4, new(0xFEADD4D5617B6E32, 0xC897989F3E888EF8)), new(false, -3, new(0xFADBAFC96406EB15, 0x6DC79EF5F7A217E6)),
        new(false, -2, new(0xB7B0CA0F26F78473, 0x8AA32122DCFE4483)), new(false, -2, new(0xED63382B0DDA7B45, 0x6FE445ECBC3A8D03)),
        new(false, -1, new(0x8F005D5EF7F59F9B, 0x5C835E1665C43748)), new(false, -1, new(0xA4BC7D1934F70924, 0x19A87F2A457DAC9F)),
        new(false, -1, new(0xB8053E2BC2319E73, 0xCB2DA55210A4443D)), new(false, -1, new(0xC90FDAA22168C234, 0xC4C6628B80DC1CD1)),
    ];

    /// <summary>sin(a) for a number other than zero and below 2^63.</summary>
    public static WideFloat Sine(Float80 a)
    {
        WideFloat x = WideFloat.From(a);
        return x.Exponent < Tiny ? x.JustBelow : SineOrCosine(Reduce(x, out int quadrant), quadrant);
    }

    /// <summary>cos(a), likewise.</summary>
    public static WideFloat Cosine(Float80 a)
    {
        WideFloat x = WideFloat.From(a);
        return SineOrCosine(Reduce(x, out int quadrant), quadrant + 1);
    }

    /// <summary>tan(a), likewise.</summary>
    public static WideFloat Tangent(Float80 a)
    {
        WideFloat x = WideFloat.From(a);
        if (x.Exponent < Tiny)
            return x;
        WideFloat r = Reduce(x, out int quadrant);
        return SineOrCosine(r, quadrant) / SineOrCosine(r, quadrant + 1);
    }

    /// <summary>The angle of the point (x, y), both finite and y not zero; x may be zero.</summary>
    public static WideFloat Arctangent(Float80 y, Float80 x)
    {
        if (x.IsZero)
            return WideFloat.HalfPi with { Sign = y.Sign };
        WideFloat height = WideFloat.From(y).Absolute, width = WideFloat.From(x).Absolute;
        bool steep = WideFloat.CompareMagnitudes(height, width) > 0;
        WideFloat angle = SmallArctangent(steep ? width / height : height / width);
        if (steep)
            angle = x.Sign ? WideFloat.HalfPi + angle : WideFloat.HalfPi - angle;
        else if (x.Sign)
            angle = WideFloat.Pi - angle;
        return angle with { Sign = y.Sign };
    }

    /// <summary>atan(t) for t from 0 to 1.</summary>
    private static WideFloat SmallArctangent(WideFloat t)
    {
        if (t.Exponent < Tiny)
            return t.JustBelow;
        // The nearest eighth is taken off: atan t = atan n/8 + atan((t - n/8) / (1 + t n/8)).
        int n = t.Exponent < -4 ? 0 : (int)(((t.Significand >> (123 - t.Exponent)) + 1) >> 1);
        if (n == 0)
            return t * FixedSeries.ArctangentOverArgument(t);
        WideFloat eighths = WideFloat.From(n) with { Exponent = BitOperations.Log2((uint)n) - 3 };
        WideFloat rest = (t - eighths) / (WideFloat.One + (t * eighths));
        return rest.IsZero ? Arctangents[n - 1] : Arctangents[n - 1] + (rest * FixedSeries.ArctangentOverArgument(rest));
    }

    /// <summary>sin(r + quadrant x pi/2).</summary>
    private static WideFloat SineOrCosine(WideFloat r, int quadrant)
    {
        WideFloat value = (quadrant & 1) == 0 ? r * FixedSeries.SineOverArgument(r) : r.Exponent < Tiny ? WideFloat.One.JustBelow : FixedSeries.Cosine(r);
        return (quadrant & 2) == 0 ? value : value.Negated;
    }

    /// <summary>x - q pi/2 with q the nearest integer; what counts of q is returned too.</summary>
    private static WideFloat Reduce(WideFloat x, out int quadrant)
    {
        quadrant = 0;
        if (x.Exponent < -1)
            return x;
        // x is m x 2^-shift; q comes from the first bits of 2/pi, one off at most where x is just between two.
        ulong m = (ulong)(x.Significand >> 64);
        int shift = OutOfRange - x.Exponent;
        UInt128 product = Math.BigMul(m, TwoOverPiHigh) + (Math.BigMul(m, TwoOverPiLow) >> 64);
        ulong q = (ulong)(((product >> (shift + 63)) + 1) >> 1);

        Span<ulong> rest = stackalloc ulong[FractionLimbs + 1];
        rest.Clear();
        UInt128 parts = (UInt128)m << (64 - shift);
        (rest[FractionLimbs], rest[FractionLimbs - 1]) = ((ulong)(parts >> 64), (ulong)parts);
        bool sign = SubtractProduct(rest, q);
        quadrant = (int)q & 3;
        if (x.Sign)
            quadrant = -quadrant & 3;
        return ToWide(rest, sign != x.Sign);
    }

    /// <summary>Takes q pi/2 off; true where the difference is negative, whose magnitude is then left.</summary>
    private static bool SubtractProduct(Span<ulong> rest, ulong q)
    {
        ulong carry = 0, borrow = 0;
        for (int n = 0; n < rest.Length; n++)
        {
            UInt128 product = Math.BigMul(q, HalfPi[n]) + carry;
            carry = (ulong)(product >> 64);
            UInt128 difference = (UInt128)rest[n] - (ulong)product - borrow;
            rest[n] = (ulong)difference;
            borrow = (ulong)(difference >> 64) & 1;
        }
        if (borrow == 0)
            return false;
        UInt128 negated = 1;
        for (int n = 0; n < rest.Length; n++)
        {
            negated += ~rest[n];
            rest[n] = (ulong)negated;
            negated >>= 64;
        }
        return true;
    }

    private static WideFloat ToWide(ReadOnlySpan<ulong> limbs, bool sign)
    {
        int top = FractionLimbs;
        while (top > 1 && limbs[top] == 0)
            top--;
        var high = new UInt128(limbs[top], limbs[top - 1]);
        int zeros = BitOperations.LeadingZeroCount(limbs[top]);
        UInt128 significand = zeros == 0 || top < 2 ? high << zeros : (high << zeros) | (limbs[top - 2] >> (64 - zeros));
        return new WideFloat(sign, ((top - FractionLimbs) * 64) + 63 - zeros, significand);
    }
}
