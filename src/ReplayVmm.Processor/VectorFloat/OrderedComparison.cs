using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>COMISS and COMISD, or UCOMISS and UCOMISD: ZF, PF and CF tell the order of the lowest elements (SDM volume 2).</summary>
internal readonly struct OrderedComparison<TFormat, TStrictness> : IVectorToFlags where TFormat : struct, IBinaryFormat where TStrictness : struct, IStrictness
{
    private static ulong Least => 1ul << (TFormat.Precision - 1);
    private static ulong Infinite => ((1ul << TFormat.ExponentBits) - 1) << (TFormat.Precision - 1);

    /// <inheritdoc/>
    public static ulong Execute(ref VectorContext x, Vector256<byte> first, Vector256<byte> source)
    {
        ulong a = Elements.Lowest<TFormat>(first.GetLower()), b = Elements.Lowest<TFormat>(source.GetLower());
        if (IsOrdered(a) && IsOrdered(b))
        {
            (double left, double right) = (Number(a), Number(b));
            return left < right ? Rflags.Cf : left > right ? 0 : Rflags.Zf;
        }
        FloatContext own = Mxcsr.Context(x.Mxcsr);
        int? order = BinaryFloat<TFormat>.Compare(ref own, a, b, TStrictness.IsStrict);
        x.Exceptions |= own.Exceptions;
        return order switch { null => Rflags.Zf | Rflags.Pf | Rflags.Cf, 0 => Rflags.Zf, < 0 => Rflags.Cf, _ => 0 };
    }

    private static double Number(ulong bits) =>
        Elements.Size<TFormat>() == sizeof(float) ? BitConverter.UInt32BitsToSingle((uint)bits) : BitConverter.UInt64BitsToDouble(bits);

    /// <summary>Ordinary, zero or infinite.</summary>
    private static bool IsOrdered(ulong bits)
    {
        ulong magnitude = bits & ~BinaryFloat<TFormat>.SignBit;
        return magnitude - Least <= Infinite - Least || magnitude == 0;
    }
}

/// <summary>What comparisons make of quiet NaNs.</summary>
internal interface IStrictness
{
    /// <summary>They are invalid.</summary>
    static abstract bool IsStrict { get; }
}

/// <summary>COMIS.</summary>
internal readonly struct Strict : IStrictness
{
    public static bool IsStrict => true;
}

/// <summary>UCOMIS.</summary>
internal readonly struct Lenient : IStrictness
{
    public static bool IsStrict => false;
}
