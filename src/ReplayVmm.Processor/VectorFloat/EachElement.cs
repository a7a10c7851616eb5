using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>
/// An operation on the elements of two vectors, one by one. An exception of one element says nothing of another, so that each reports for itself; what comes of all together
/// the handler decides (SDM volume 1, 11.5.3).
/// </summary>
// SAFETY: the vectors are parameters, on the stack.
internal static unsafe class EachElement<TOp, TFormat> where TOp : struct, IElementOperation where TFormat : struct, IBinaryFormat
{
    /// <summary>All elements.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Vector128<byte> Packed(ref VectorContext x, Vector128<byte> first, Vector128<byte> source)
    {
        Vector128<byte> result = default;
        for (int at = 0; at < Vector128<byte>.Count; at += Elements.Size<TFormat>())
        {
            FloatContext own = Mxcsr.Context(x.Mxcsr);
            ulong r = TOp.Exact<TFormat>(ref own, Elements.Read<TFormat>((byte*)&first + at), Elements.Read<TFormat>((byte*)&source + at));
            x.Exceptions |= own.Exceptions;
            Elements.Write<TFormat>((byte*)&result + at, r);
        }
        return result;
    }

    /// <summary>The lowest element; the others are those of the first source.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Vector128<byte> Scalar(ref VectorContext x, Vector128<byte> first, Vector128<byte> source)
    {
        FloatContext own = Mxcsr.Context(x.Mxcsr);
        ulong r = TOp.Exact<TFormat>(ref own, Elements.Lowest<TFormat>(first), Elements.Lowest<TFormat>(source));
        x.Exceptions |= own.Exceptions;
        return Elements.WithLowest(first, Elements.Size<TFormat>(), r);
    }
}
