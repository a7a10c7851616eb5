using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>ADDPS and its like: each element of one vector with the same element of the other (SDM volume 1, 10.4.1.2).</summary>
internal readonly struct PackedArithmetic<TOp, TFormat> : IVectorOperation where TOp : struct, IArithmetic where TFormat : struct, IBinaryFormat
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source)
    {
        if (Elements.Size<TFormat>() == sizeof(float))
        {
            if (FastArithmetic.TryCompute<TOp, float>(x.Mxcsr, first.AsSingle(), source.AsSingle(), out Vector128<float> singles, ref x.Exceptions))
                return singles.AsByte();
        }
        else if (FastArithmetic.TryCompute<TOp, double>(x.Mxcsr, first.AsDouble(), source.AsDouble(), out Vector128<double> doubles, ref x.Exceptions))
        {
            return doubles.AsByte();
        }
        return EachElement<TOp, TFormat>.Packed(ref x, first, source);
    }
}
