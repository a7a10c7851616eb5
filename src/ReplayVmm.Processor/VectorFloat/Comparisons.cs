using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>CMPPS and CMPPD: all ones where the predicate that the immediate names holds (SDM volume 2).</summary>
// SAFETY: the vectors are parameters, on the stack.
internal readonly unsafe struct PackedComparison<TFormat> : IVectorOperation where TFormat : struct, IBinaryFormat
{
    /// <inheritdoc/>
    public static Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source)
    {
        var predicate = new FloatPredicate(x.Immediate);
        bool isDone = Elements.Size<TFormat>() == sizeof(float)
            ? TryCompare(predicate, first.AsSingle(), source.AsSingle(), out Vector128<byte> r)
            : TryCompare(predicate, first.AsDouble(), source.AsDouble(), out r);
        return isDone ? r : Exactly(ref x, predicate, first, source);
    }

    private static bool TryCompare<T>(FloatPredicate predicate, Vector128<T> a, Vector128<T> b, out Vector128<byte> r)
    {
        Vector128<T> holds = (Mask<T>(predicate, FloatPredicate.Less) & Vector128.LessThan(a, b))
            | (Mask<T>(predicate, FloatPredicate.Equal) & Vector128.Equals(a, b)) | (Mask<T>(predicate, FloatPredicate.Greater) & Vector128.GreaterThan(a, b));
        r = holds.AsByte();
        return ElementRange.IsNone(ElementRange.NotOrdered(a) | ElementRange.NotOrdered(b));
    }

    private static Vector128<T> Mask<T>(FloatPredicate predicate, int outcome) =>
        (predicate.Truth & outcome) != 0 ? Vector128<T>.AllBitsSet : Vector128<T>.Zero;

    private static Vector128<byte> Exactly(ref VectorContext x, FloatPredicate predicate, Vector128<byte> first, Vector128<byte> source)
    {
        Vector128<byte> result = default;
        for (int at = 0; at < Vector128<byte>.Count; at += Elements.Size<TFormat>())
        {
            ulong r = Compare(ref x, predicate, Elements.Read<TFormat>((byte*)&first + at), Elements.Read<TFormat>((byte*)&source + at));
            Elements.Write<TFormat>((byte*)&result + at, r);
        }
        return result;
    }

    /// <summary>One element.</summary>
    public static ulong Compare(ref VectorContext x, FloatPredicate predicate, ulong a, ulong b)
    {
        FloatContext own = Mxcsr.Context(x.Mxcsr);
        int? order = BinaryFloat<TFormat>.Compare(ref own, a, b, predicate.IsSignaling);
        x.Exceptions |= own.Exceptions;
        return predicate.Holds(order) ? ulong.MaxValue : 0;
    }
}

/// <summary>CMPSS and CMPSD (SDM volume 2).</summary>
internal readonly struct ScalarComparison<TFormat> : IVectorOperation where TFormat : struct, IBinaryFormat
{
    /// <inheritdoc/>
    public static Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source)
    {
        ulong r = PackedComparison<TFormat>.Compare(ref x, new FloatPredicate(x.Immediate), Elements.Lowest<TFormat>(first), Elements.Lowest<TFormat>(source));
        return Elements.WithLowest(first, Elements.Size<TFormat>(), r);
    }
}
