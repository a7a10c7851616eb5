namespace ReplayVmm.Processor;

/// <summary>A number in the 80-bit extended format (SDM volume 1, 4.2.2).</summary>
/// <param name="SignExponent">Sign in bit 15, biased exponent below.</param>
/// <param name="Significand">The significand with its explicit integer bit.</param>
internal readonly record struct Float80(ushort SignExponent, ulong Significand)
{
    /// <summary>What is added to an exponent.</summary>
    public const int Bias = 16383;
    /// <summary>The biased exponent of infinities and NaNs.</summary>
    public const int Special = 0x7FFF;
    private const ulong Integer = 1ul << 63, Quiet = 1ul << 62;

    /// <summary>The quiet NaN that stands for "no number" (SDM volume 1, 4.8.3.7).</summary>
    public static Float80 Indefinite => new(0xFFFF, Integer | Quiet);

    /// <summary>True for a negative number.</summary>
    public bool Sign => (SignExponent & 0x8000) != 0;
    /// <summary>The biased exponent.</summary>
    public int Exponent => SignExponent & Special;
    /// <summary>Plus or minus zero.</summary>
    public bool IsZero => Exponent == 0 && Significand == 0;
    /// <summary>Too small for an integer bit.</summary>
    public bool IsDenormal => Exponent == 0 && Significand != 0;
    /// <summary>Plus or minus infinity.</summary>
    public bool IsInfinity => Exponent == Special && Significand == Integer;
    /// <summary>Any NaN.</summary>
    public bool IsNaN => Exponent == Special && (Significand & Integer) != 0 && Significand != Integer;
    /// <summary>A NaN that raises the invalid-operation exception.</summary>
    public bool IsSignaling => IsNaN && (Significand & Quiet) == 0;
    /// <summary>Encodings of the 8087 that no processor takes since (SDM volume 1, table 8-3).</summary>
    public bool IsUnsupported => Exponent != 0 && (Significand & Integer) == 0;

    /// <summary>An infinity.</summary>
    public static Float80 Infinity(bool sign) => new(Signed(sign, Special), Integer);

    /// <summary>A zero.</summary>
    public static Float80 Zero(bool sign) => new(Signed(sign, 0), 0);

    /// <summary>The NaN made quiet.</summary>
    public Float80 Quieted => this with { Significand = Significand | Quiet };

    /// <summary>The number with the other sign.</summary>
    public Float80 Negated => this with { SignExponent = (ushort)(SignExponent ^ 0x8000) };

    /// <summary>The number without its sign.</summary>
    public Float80 Absolute => this with { SignExponent = (ushort)(SignExponent & Special) };

    /// <summary>Sign and biased exponent together.</summary>
    public static ushort Signed(bool sign, int exponent) => (ushort)((sign ? 0x8000 : 0) | exponent);
}
