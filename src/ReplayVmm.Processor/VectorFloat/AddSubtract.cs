using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>ADDSUBPS and ADDSUBPD: elements with even numbers are subtracted, the others added (SDM volume 2, ADDSUBPS).</summary>
// SAFETY: the vectors are parameters, on the stack.
internal readonly unsafe struct AddSubtract<TFormat> : IVectorOperation where TFormat : struct, IBinaryFormat
{
    /// <inheritdoc/>
    public static Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source)
    {
        if (Elements.Size<TFormat>() == sizeof(float))
        {
            Vector128<float> signs = Vector128.Create(-0f, 0f, -0f, 0f);
            if (FastArithmetic.TryCompute<AddElements, float>(x.Mxcsr, first.AsSingle(), source.AsSingle() ^ signs, out Vector128<float> singles, ref x.Exceptions))
                return singles.AsByte();
        }
        else if (FastArithmetic.TryCompute<AddElements, double>(
            x.Mxcsr, first.AsDouble(), source.AsDouble() ^ Vector128.Create(-0d, 0d), out Vector128<double> doubles, ref x.Exceptions))
        {
            return doubles.AsByte();
        }
        return Exactly(ref x, first, source);
    }

    private static Vector128<byte> Exactly(ref VectorContext x, Vector128<byte> first, Vector128<byte> source)
    {
        Vector128<byte> result = default;
        int size = Elements.Size<TFormat>();
        for (int at = 0; at < Vector128<byte>.Count; at += size)
        {
            FloatContext own = Mxcsr.Context(x.Mxcsr);
            ulong a = Elements.Read<TFormat>((byte*)&first + at), b = Elements.Read<TFormat>((byte*)&source + at);
            bool adds = (at & size) != 0;
            Elements.Write<TFormat>((byte*)&result + at, adds ? BinaryFloat<TFormat>.Add(ref own, a, b) : BinaryFloat<TFormat>.Subtract(ref own, a, b));
            x.Exceptions |= own.Exceptions;
        }
        return result;
    }
}
