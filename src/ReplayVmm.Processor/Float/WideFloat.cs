namespace ReplayVmm.Processor;

/// <summary>
/// A number with a significand of 128 bits, for intermediate results: (-1)^sign x significand / 2^127 x 2^exponent, bit 127 set unless it is zero. Results are cut off, so
/// each operation is wrong by less than two units of the last place; all in integers, so the same on every host.
/// </summary>
/// <param name="Sign">True for a negative number.</param>
/// <param name="Exponent">The power of two, without bias.</param>
/// <param name="Significand">The significand; 0 for zero.</param>
internal readonly record struct WideFloat(bool Sign, int Exponent, UInt128 Significand)
{
    private const int Top = 127;

    /// <summary>Circle constants and logarithms, to 128 bits.</summary>
    public static readonly WideFloat
        One = new(false, 0, UInt128.One << Top),
        Pi = new(false, 1, new(0xC90FDAA22168C234, 0xC4C6628B80DC1CD1)),
        HalfPi = new(false, 0, new(0xC90FDAA22168C234, 0xC4C6628B80DC1CD1)),
        QuarterPi = new(false, -1, new(0xC90FDAA22168C234, 0xC4C6628B80DC1CD1)),
        ThreeQuarterPi = new(false, 1, new(0x96CBE3F9990E91A7, 0x9394C9E8A0A5159D)),
        Ln2 = new(false, -1, new(0xB17217F7D1CF79AB, 0xC9E3B39803F2F6AF)),
        TwoLog2E = new(false, 1, new(0xB8AA3B295C17F0BB, 0xBE87FED0691D3E89));

    /// <summary>True for zero.</summary>
    public bool IsZero => Significand == 0;

    /// <summary>The number with the other sign.</summary>
    public WideFloat Negated => this with { Sign = !Sign };

    /// <summary>The number without its sign.</summary>
    public WideFloat Absolute => this with { Sign = false };

    /// <summary>A number of 80 bits that is neither infinite nor a NaN.</summary>
    public static WideFloat From(Float80 a)
    {
        if (a.IsZero)
            return new WideFloat(a.Sign, 0, 0);
        (int e, ulong s) = FloatArithmetic.Normalize(a);
        return new WideFloat(a.Sign, e - Float80.Bias, (UInt128)s << 64);
    }

    /// <summary>A small integer.</summary>
    public static WideFloat From(int value) => From(FloatConversions.FromInteger(value));

    /// <summary>A number of any significand, normalized.</summary>
    public static WideFloat Normalize(bool sign, int exponent, UInt128 significand)
    {
        if (significand == 0)
            return new WideFloat(sign, 0, 0);
        int zeros = (int)UInt128.LeadingZeroCount(significand);
        return new WideFloat(sign, exponent - zeros, significand << zeros);
    }

    /// <summary>
    /// Rounds to 80 bits a number that is known not to be representable, as the values of transcendental functions are: always inexact, whatever its last bits say.
    /// </summary>
    public Float80 Round(ref FloatContext x) => FloatRounding.ToExtended(ref x, Sign, Exponent + Float80.Bias, Significand | 1, 64);

    /// <summary>The next number towards zero: tells the rounding that the true value lies below an argument that stands for it.</summary>
    public WideFloat JustBelow => Normalize(Sign, Exponent, Significand - 1);

    /// <summary>-1, 0 or 1: compares without the signs.</summary>
    public static int CompareMagnitudes(WideFloat a, WideFloat b)
    {
        if (a.IsZero || b.IsZero)
            return b.IsZero.CompareTo(a.IsZero);
        return a.Exponent != b.Exponent ? a.Exponent.CompareTo(b.Exponent) : a.Significand.CompareTo(b.Significand);
    }

    /// <summary>a + b.</summary>
    public static WideFloat operator +(WideFloat a, WideFloat b)
    {
        if (a.IsZero || b.IsZero)
            return a.IsZero ? b : a;
        if (CompareMagnitudes(a, b) < 0)
            (a, b) = (b, a);
        int distance = a.Exponent - b.Exponent;
        UInt128 other = distance > Top ? 0 : b.Significand >> distance;
        if (a.Sign != b.Sign)
            return Normalize(a.Sign, a.Exponent, a.Significand - other);
        UInt128 sum = a.Significand + other;
        return sum < other ? new WideFloat(a.Sign, a.Exponent + 1, (sum >> 1) | (UInt128.One << Top)) : new WideFloat(a.Sign, a.Exponent, sum);
    }

    /// <summary>a - b.</summary>
    public static WideFloat operator -(WideFloat a, WideFloat b) => a + b.Negated;

    /// <summary>a x b.</summary>
    public static WideFloat operator *(WideFloat a, WideFloat b) =>
        Normalize(a.Sign != b.Sign, a.Exponent + b.Exponent + 1, MultiplyHigh(a.Significand, b.Significand));

    /// <summary>a / b, b not being zero.</summary>
    public static WideFloat operator /(WideFloat a, WideFloat b)
    {
        bool sign = a.Sign != b.Sign;
        if (a.IsZero)
            return new WideFloat(sign, 0, 0);
        int exponent = a.Exponent - b.Exponent;
        UInt128 rest = a.Significand, quotient = 0;
        bool carry = false;
        if (rest < b.Significand)
        {
            exponent--;
            carry = true;
            rest <<= 1;
        }
        for (int n = 0; n <= Top; n++)
        {
            quotient <<= 1;
            if (carry || rest >= b.Significand)
            {
                rest -= b.Significand;
                quotient |= 1;
            }
            carry = rest >> Top != 0;
            rest <<= 1;
        }
        return new WideFloat(sign, exponent, quotient);
    }

    /// <summary>The upper half of a product.</summary>
    public static UInt128 MultiplyHigh(UInt128 a, UInt128 b)
    {
        ulong aHigh = (ulong)(a >> 64), aLow = (ulong)a, bHigh = (ulong)(b >> 64), bLow = (ulong)b;
        ulong lowHigh = Math.BigMul(aLow, bLow, out _);
        UInt128 first = Math.BigMul(aHigh, bLow), second = Math.BigMul(aLow, bHigh);
        UInt128 middle = (UInt128)(ulong)first + (ulong)second + lowHigh;
        return Math.BigMul(aHigh, bHigh) + (first >> 64) + (second >> 64) + (middle >> 64);
    }
}
