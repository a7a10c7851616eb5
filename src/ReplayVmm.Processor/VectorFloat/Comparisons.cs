using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>CMPPS and CMPPD: all ones where the predicate that the immediate names holds (SDM volume 2).</summary>
internal readonly unsafe struct PackedComparison<TFormat> : IFloatOperation where TFormat : struct, IBinaryFormat
{
    /// <inheritdoc/>
    public static int Execute(in FloatCall call)
    {
        var predicate = FloatPredicate.Of(call.Control);
        for (int at = 0; at < call.Length; at += 16)
        {
            bool isDone = Elements.Size<TFormat>() == sizeof(float) ? TryVector<float>(call, predicate, at) : TryVector<double>(call, predicate, at);
            if (!isDone)
                return ExecuteExactly(call, predicate);
        }
        return 0;
    }

    private static bool TryVector<T>(in FloatCall call, FloatPredicate predicate, int at)
    {
        Vector128<T> a = Vector128.Load(call.First + at).As<byte, T>(), b = Vector128.Load(call.Second + at).As<byte, T>();
        if (!ElementRange.IsNone(ElementRange.NotOrdered(a) | ElementRange.NotOrdered(b)))
            return false;
        Vector128<T> holds = (Mask<T>(predicate, FloatPredicate.Less) & Vector128.LessThan(a, b))
            | (Mask<T>(predicate, FloatPredicate.Equal) & Vector128.Equals(a, b)) | (Mask<T>(predicate, FloatPredicate.Greater) & Vector128.GreaterThan(a, b));
        holds.AsByte().Store(call.Result + at);
        return true;
    }

    private static Vector128<T> Mask<T>(FloatPredicate predicate, int outcome) =>
        (predicate.Truth & outcome) != 0 ? Vector128<T>.AllBitsSet : Vector128<T>.Zero;

    private static int ExecuteExactly(in FloatCall call, FloatPredicate predicate)
    {
        int exceptions = 0;
        for (int at = 0; at < call.Length; at += Elements.Size<TFormat>())
            exceptions |= ScalarComparison<TFormat>.Compare(call, predicate, at);
        return Mxcsr.Reported(call.Mxcsr, exceptions);
    }
}

/// <summary>CMPSS and CMPSD (SDM volume 2).</summary>
internal readonly unsafe struct ScalarComparison<TFormat> : IFloatOperation where TFormat : struct, IBinaryFormat
{
    /// <inheritdoc/>
    public static int Execute(in FloatCall call)
    {
        Elements.Pass(call);
        return Mxcsr.Reported(call.Mxcsr, Compare(call, FloatPredicate.Of(call.Control), 0));
    }

    /// <summary>One element, and what it reports.</summary>
    public static int Compare(in FloatCall call, FloatPredicate predicate, int at)
    {
        FloatContext x = Mxcsr.Context(call.Mxcsr);
        int? order = BinaryFloat<TFormat>.Compare(ref x, Elements.Read<TFormat>(call.First + at), Elements.Read<TFormat>(call.Second + at), predicate.IsSignaling);
        Elements.Write<TFormat>(call.Result + at, predicate.Holds(order) ? ulong.MaxValue : 0);
        return x.Exceptions;
    }
}

/// <summary>COMISS and its like: the order of the lowest elements (SDM volume 2, COMISD, UCOMISD).</summary>
internal static unsafe class OrderedComparison<TFormat> where TFormat : struct, IBinaryFormat
{
    /// <summary>
    /// ZF, PF and CF as the order of <paramref name="a"/> and <paramref name="b"/> makes them; a quiet NaN is invalid where <paramref name="strict"/>.
    /// </summary>
    public static ulong Flags(uint mxcsr, ulong a, ulong b, bool strict, out int exceptions)
    {
        exceptions = 0;
        if (IsOrdered(a) && IsOrdered(b))
        {
            (double first, double second) = (Number(a), Number(b));
            return first < second ? Rflags.Cf : first > second ? 0 : Rflags.Zf;
        }
        FloatContext x = Mxcsr.Context(mxcsr);
        int? order = BinaryFloat<TFormat>.Compare(ref x, a, b, strict);
        exceptions = Mxcsr.Reported(mxcsr, x.Exceptions);
        return order switch { null => Rflags.Zf | Rflags.Pf | Rflags.Cf, 0 => Rflags.Zf, < 0 => Rflags.Cf, _ => 0 };
    }

    private static double Number(ulong bits) =>
        Elements.Size<TFormat>() == sizeof(float) ? BitConverter.UInt32BitsToSingle((uint)bits) : BitConverter.UInt64BitsToDouble(bits);

    /// <summary>Ordinary, zero or infinite.</summary>
    private static bool IsOrdered(ulong bits)
    {
        ulong least = 1ul << (TFormat.Precision - 1), infinite = ((1ul << TFormat.ExponentBits) - 1) << (TFormat.Precision - 1);
        ulong magnitude = bits & ~BinaryFloat<TFormat>.SignBit;
        return magnitude - least <= infinite - least || magnitude == 0;
    }
}
