using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>ADDSS and its like: the lowest elements; the others are those of the first source (SDM volume 1, 10.4.1.2).</summary>
internal readonly struct ScalarArithmetic<TOp, TFormat> : IVectorOperation where TOp : struct, IArithmetic where TFormat : struct, IBinaryFormat
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source)
    {
        if (Elements.Size<TFormat>() == sizeof(float))
        {
            Vector128<float> a = Elements.Repeat<float>(first), b = Elements.Repeat<float>(source);
            if (FastArithmetic.TryCompute<TOp, float>(x.Mxcsr, a, b, out Vector128<float> r, ref x.Exceptions))
                return first.AsSingle().WithElement(0, r.ToScalar()).AsByte();
        }
        else
        {
            Vector128<double> a = Elements.Repeat<double>(first), b = Elements.Repeat<double>(source);
            if (FastArithmetic.TryCompute<TOp, double>(x.Mxcsr, a, b, out Vector128<double> r, ref x.Exceptions))
                return first.AsDouble().WithElement(0, r.ToScalar()).AsByte();
        }
        return EachElement<TOp, TFormat>.Scalar(ref x, first, source);
    }
}
