using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>ADDSS and its like: the lowest elements; the others are those of the first source (SDM volume 1, 10.4.1.2).</summary>
internal readonly unsafe struct ScalarArithmetic<TOp, TFormat> : ISettledOperation where TOp : struct, IArithmetic where TFormat : struct, IBinaryFormat
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

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TrySettled(Core* c, DecodedInstruction* i, int lane, Vector128<byte> first, Vector128<byte> source, out Vector128<byte> result)
    {
        if (Elements.Size<TFormat>() == sizeof(float))
        {
            bool isSingle = FastArithmetic.TrySettled<TOp, float>(
                c->State.Mxcsr, Elements.Repeat<float>(first), Elements.Repeat<float>(source), out Vector128<float> single);
            result = first.AsSingle().WithElement(0, single.ToScalar()).AsByte();
            return isSingle;
        }
        bool isDouble = FastArithmetic.TrySettled<TOp, double>(
            c->State.Mxcsr, Elements.Repeat<double>(first), Elements.Repeat<double>(source), out Vector128<double> one);
        result = first.AsDouble().WithElement(0, one.ToScalar()).AsByte();
        return isDouble;
    }
}
