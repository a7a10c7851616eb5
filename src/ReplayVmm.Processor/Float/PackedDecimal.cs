namespace ReplayVmm.Processor;

/// <summary>Eighteen decimal digits and a sign in ten bytes (SDM volume 1, 4.7).</summary>
internal static class PackedDecimal
{
    private const int Digits = 18;
    private const ulong TooMany = 1_000_000_000_000_000_000;

    /// <summary>What is stored for a number that does not fit: the packed indefinite.</summary>
    public static (ulong Low, ushort High) Indefinite => (0xC000_0000_0000_0000, 0xFFFF);

    /// <summary>The number in the two parts of an image. Nibbles above nine count as what they are.</summary>
    public static Float80 Load(ulong low, ushort high)
    {
        ulong value = 0;
        for (int n = Digits - 1; n >= 0; n--)
            value = (value * 10) + (n >= 16 ? ((uint)high >> (4 * (n - 16))) & 15 : (low >> (4 * n)) & 15);
        bool sign = (high & 0x8000) != 0;
        Float80 result = FloatConversions.FromInteger((long)value);
        return sign ? result.Negated : result;
    }

    /// <summary>A number, rounded to an integer, as an image.</summary>
    public static (ulong Low, ushort High) Store(ref FloatContext x, Float80 a)
    {
        FloatContext rounding = x;
        long value = FloatConversions.ToInteger(ref rounding, a, 64, truncate: false);
        ulong magnitude = value < 0 ? 0ul - (ulong)value : (ulong)value;
        if ((rounding.Exceptions & FloatContext.Invalid) != 0 || magnitude >= TooMany)
        {
            x.Invalidate();
            return Indefinite;
        }
        x = rounding;
        ulong low = 0;
        uint high = 0;
        for (int n = 0; n < Digits; n++, magnitude /= 10)
        {
            if (n < 16)
                low |= (magnitude % 10) << (4 * n);
            else
                high |= (uint)(magnitude % 10) << (4 * (n - 16));
        }
        return (low, (ushort)(high | (a.Sign ? 0x8000u : 0)));
    }
}
