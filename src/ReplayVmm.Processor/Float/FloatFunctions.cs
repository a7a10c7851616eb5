namespace ReplayVmm.Processor;

/// <summary>
/// The transcendental functions with the results that the manual's tables give for zeros, infinities and NaNs (SDM volume 2). Between those, each result is the true one
/// rounded as the control word says, always to 64 bits; the manual allows one unit of the last place more.
/// </summary>
internal static class FloatFunctions
{
    private static readonly Float80 One = new(Float80.Bias, 1ul << 63);

    /// <summary>2^a - 1 for a from -1 to 1. Beyond, where the manual leaves it open, a itself.</summary>
    public static Float80 PowerLessOne(ref FloatContext x, Float80 a)
    {
        if (FloatArithmetic.TrySpecial(ref x, a, a, out Float80 special))
            return special;
        if (a.IsInfinity)
            return a.Sign ? One.Negated : a;
        if (a.IsZero)
            return a;
        WideFloat wide = WideFloat.From(a);
        if (WideFloat.CompareMagnitudes(wide, WideFloat.One) >= 0)
            return a == One.Negated ? new Float80(Float80.Signed(true, Float80.Bias - 1), 1ul << 63) : a;
        return Logarithms.PowerLessOne(wide).Round(ref x);
    }

    /// <summary>y log2(a).</summary>
    public static Float80 Logarithm(ref FloatContext x, Float80 y, Float80 a)
    {
        if (FloatArithmetic.TrySpecial(ref x, a, y, out Float80 special))
            return special;
        if (a.IsZero)
        {
            if (y.IsZero)
                return FloatArithmetic.Refuse(ref x);
            if (!y.IsInfinity)
                x.DivideByZero();
            return Float80.Infinity(!y.Sign);
        }
        if (a.Sign)
            return FloatArithmetic.Refuse(ref x);
        if (a.IsInfinity)
            return y.IsZero ? FloatArithmetic.Refuse(ref x) : Float80.Infinity(y.Sign);
        bool isOne = a == One;
        if (y.IsInfinity)
            return isOne ? FloatArithmetic.Refuse(ref x) : Float80.Infinity(y.Sign != a.Exponent < Float80.Bias);
        if (y.IsZero || isOne)
            return Float80.Zero(y.Sign != a.Exponent < Float80.Bias);
        (int e, ulong s) = FloatArithmetic.Normalize(a);
        // The logarithm of a power of two is an integer, its product with y one of two numbers of 64 bits.
        if (s == 1ul << 63)
            return FloatArithmetic.MultiplyFully(ref x, y, FloatConversions.FromInteger(e - Float80.Bias));
        return (WideFloat.From(y) * Logarithms.Log2(WideFloat.From(a))).Round(ref x);
    }

    /// <summary>y log2(1 + a). Where 1 + a is not positive, which the manual leaves open, invalid.</summary>
    public static Float80 LogarithmOfOnePlus(ref FloatContext x, Float80 y, Float80 a)
    {
        if (FloatArithmetic.TrySpecial(ref x, a, y, out Float80 special))
            return special;
        if (a.Sign && a.Exponent >= Float80.Bias)
            return FloatArithmetic.Refuse(ref x);
        bool sign = a.Sign != y.Sign;
        if (y.IsInfinity || a.IsInfinity)
            return a.IsZero || y.IsZero ? FloatArithmetic.Refuse(ref x) : Float80.Infinity(sign);
        if (a.IsZero || y.IsZero)
            return Float80.Zero(sign);
        return (WideFloat.From(y) * Logarithms.Log2OfOnePlus(WideFloat.From(a))).Round(ref x);
    }

    /// <summary>The angle of the point (a, y), from -pi to pi.</summary>
    public static Float80 Arctangent(ref FloatContext x, Float80 y, Float80 a)
    {
        if (FloatArithmetic.TrySpecial(ref x, a, y, out Float80 special))
            return special;
        if (y.IsInfinity)
        {
            WideFloat angle = !a.IsInfinity ? WideFloat.HalfPi : a.Sign ? WideFloat.ThreeQuarterPi : WideFloat.QuarterPi;
            return (angle with { Sign = y.Sign }).Round(ref x);
        }
        if (y.IsZero || a.IsInfinity)
            return a.Sign ? (WideFloat.Pi with { Sign = y.Sign }).Round(ref x) : Float80.Zero(y.Sign);
        return Trigonometry.Arctangent(y, a).Round(ref x);
    }

    /// <summary>sin(a), a below 2^63 where it is a number.</summary>
    public static Float80 Sine(ref FloatContext x, Float80 a)
    {
        if (IsSpecialAngle(ref x, a, out Float80 special))
            return special;
        return a.IsZero ? a : Trigonometry.Sine(a).Round(ref x);
    }

    /// <summary>cos(a), likewise.</summary>
    public static Float80 Cosine(ref FloatContext x, Float80 a)
    {
        if (IsSpecialAngle(ref x, a, out Float80 special))
            return special;
        return a.IsZero ? One : Trigonometry.Cosine(a).Round(ref x);
    }

    /// <summary>tan(a), likewise, and the 1 that the instruction pushes after it; a NaN stands for both.</summary>
    public static (Float80 Tangent, Float80 Pushed) Tangent(ref FloatContext x, Float80 a)
    {
        if (IsSpecialAngle(ref x, a, out Float80 special))
            return (special, special);
        return (a.IsZero ? a : Trigonometry.Tangent(a).Round(ref x), One);
    }

    private static bool IsSpecialAngle(ref FloatContext x, Float80 a, out Float80 result)
    {
        if (FloatArithmetic.TrySpecial(ref x, a, a, out result))
            return true;
        if (!a.IsInfinity)
            return false;
        result = FloatArithmetic.Refuse(ref x);
        return true;
    }
}
