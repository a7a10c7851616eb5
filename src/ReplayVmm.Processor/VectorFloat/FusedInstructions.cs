using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>VFMADD132PS and its like (SDM volume 2).</summary>
internal readonly unsafe struct PackedFused<TOrder, TSigns, TFormat> : ISettledOperation
    where TOrder : struct, IFusedOrder where TSigns : struct, IFusedSigns where TFormat : struct, IBinaryFormat
{
    /// <inheritdoc/>
    public static Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source)
    {
        Vector128<byte> destination = x.Destination;
        (Vector128<byte> a, Vector128<byte> b, Vector128<byte> c) = FusedMultiplyAdd<TOrder, TSigns, TFormat>.Arrange(destination, first, source);
        if (Elements.Size<TFormat>() == sizeof(float))
        {
            if (FusedMultiplyAdd<TOrder, TSigns, TFormat>.TryCompute(x.Mxcsr, a.AsSingle(), b.AsSingle(), c.AsSingle(), out Vector128<float> singles))
                return singles.AsByte();
        }
        else if (FusedMultiplyAdd<TOrder, TSigns, TFormat>.TryCompute(x.Mxcsr, a.AsDouble(), b.AsDouble(), c.AsDouble(), out Vector128<double> doubles))
        {
            return doubles.AsByte();
        }
        return FusedMultiplyAdd<TOrder, TSigns, TFormat>.Exactly(ref x, a, b, c);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TrySettled(Core* c, DecodedInstruction* i, int lane, Vector128<byte> first, Vector128<byte> source, out Vector128<byte> result)
    {
        Vector128<byte> destination = lane == 0 ? VectorRegister.Xmm(c, i->Destination) : VectorRegister.Upper(c, i->Destination);
        (Vector128<byte> a, Vector128<byte> b, Vector128<byte> d) = FusedMultiplyAdd<TOrder, TSigns, TFormat>.Arrange(destination, first, source);
        if (Elements.Size<TFormat>() == sizeof(float))
        {
            bool isSingle = FusedMultiplyAdd<TOrder, TSigns, TFormat>.TrySettled(c->State.Mxcsr, a.AsSingle(), b.AsSingle(), d.AsSingle(), out Vector128<float> singles);
            result = singles.AsByte();
            return isSingle;
        }
        bool isDouble = FusedMultiplyAdd<TOrder, TSigns, TFormat>.TrySettled(c->State.Mxcsr, a.AsDouble(), b.AsDouble(), d.AsDouble(), out Vector128<double> doubles);
        result = doubles.AsByte();
        return isDouble;
    }
}

/// <summary>VFMADD132SS and its like: the other elements stay those of the destination (SDM volume 2).</summary>
internal readonly unsafe struct ScalarFused<TOrder, TSigns, TFormat> : ISettledOperation
    where TOrder : struct, IFusedOrder where TSigns : struct, IFusedSigns where TFormat : struct, IBinaryFormat
{
    /// <inheritdoc/>
    public static Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source)
    {
        Vector128<byte> destination = x.Destination;
        (Vector128<byte> a, Vector128<byte> b, Vector128<byte> c) = FusedMultiplyAdd<TOrder, TSigns, TFormat>.Arrange(destination, first, source);
        if (Elements.Size<TFormat>() == sizeof(float))
        {
            (Vector128<float> d, Vector128<float> e, Vector128<float> f) = (Elements.Repeat<float>(a), Elements.Repeat<float>(b), Elements.Repeat<float>(c));
            if (FusedMultiplyAdd<TOrder, TSigns, TFormat>.TryCompute(x.Mxcsr, d, e, f, out Vector128<float> r))
                return destination.AsSingle().WithElement(0, r.ToScalar()).AsByte();
        }
        else
        {
            (Vector128<double> d, Vector128<double> e, Vector128<double> f) = (Elements.Repeat<double>(a), Elements.Repeat<double>(b), Elements.Repeat<double>(c));
            if (FusedMultiplyAdd<TOrder, TSigns, TFormat>.TryCompute(x.Mxcsr, d, e, f, out Vector128<double> r))
                return destination.AsDouble().WithElement(0, r.ToScalar()).AsByte();
        }
        ulong exact = FusedMultiplyAdd<TOrder, TSigns, TFormat>.Exactly(
            ref x, Elements.Lowest<TFormat>(a), Elements.Lowest<TFormat>(b), Elements.Lowest<TFormat>(c), TSigns.NegatesEven);
        return Elements.WithLowest(destination, Elements.Size<TFormat>(), exact);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TrySettled(Core* c, DecodedInstruction* i, int lane, Vector128<byte> first, Vector128<byte> source, out Vector128<byte> result)
    {
        Vector128<byte> destination = VectorRegister.Xmm(c, i->Destination);
        (Vector128<byte> a, Vector128<byte> b, Vector128<byte> d) = FusedMultiplyAdd<TOrder, TSigns, TFormat>.Arrange(destination, first, source);
        if (Elements.Size<TFormat>() == sizeof(float))
        {
            bool isSingle = FusedMultiplyAdd<TOrder, TSigns, TFormat>.TrySettled(
                c->State.Mxcsr, Elements.Repeat<float>(a), Elements.Repeat<float>(b), Elements.Repeat<float>(d), out Vector128<float> single);
            result = destination.AsSingle().WithElement(0, single.ToScalar()).AsByte();
            return isSingle;
        }
        bool isDouble = FusedMultiplyAdd<TOrder, TSigns, TFormat>.TrySettled(
            c->State.Mxcsr, Elements.Repeat<double>(a), Elements.Repeat<double>(b), Elements.Repeat<double>(d), out Vector128<double> one);
        result = destination.AsDouble().WithElement(0, one.ToScalar()).AsByte();
        return isDouble;
    }
}
