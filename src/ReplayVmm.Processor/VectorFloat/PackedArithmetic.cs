using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>ADDPS and its like: each element of one vector with the same element of the other (SDM volume 1, 10.4.1.2).</summary>
internal readonly unsafe struct PackedArithmetic<TOp, TFormat> : ISettledOperation where TOp : struct, IArithmetic where TFormat : struct, IBinaryFormat
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

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TrySettled(Core* c, DecodedInstruction* i, int lane, Vector128<byte> first, Vector128<byte> source, out Vector128<byte> result)
    {
        if (Elements.Size<TFormat>() == sizeof(float))
        {
            bool isSingle = FastArithmetic.TrySettled<TOp, float>(c->State.Mxcsr, first.AsSingle(), source.AsSingle(), out Vector128<float> singles);
            result = singles.AsByte();
            return isSingle;
        }
        bool isDouble = FastArithmetic.TrySettled<TOp, double>(c->State.Mxcsr, first.AsDouble(), source.AsDouble(), out Vector128<double> doubles);
        result = doubles.AsByte();
        return isDouble;
    }
}
