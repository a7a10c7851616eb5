using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>Which of two elements goes on.</summary>
internal interface IChoice : IElementOperation
{
    /// <summary>All ones where the first one does; no operand is a denormal or not a number.</summary>
    static abstract Vector128<T> IsFirst<T>(Vector128<T> a, Vector128<T> b);
}

/// <summary>MIN (SDM volume 2, MINPS).</summary>
internal readonly struct Lesser : IChoice
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> IsFirst<T>(Vector128<T> a, Vector128<T> b) => Vector128.LessThan(a, b);

    public static ulong Exact<TFormat>(ref FloatContext x, ulong a, ulong b) where TFormat : struct, IBinaryFormat => BinaryFloat<TFormat>.Minimum(ref x, a, b);
}

/// <summary>MAX (SDM volume 2, MAXPS).</summary>
internal readonly struct Greater : IChoice
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> IsFirst<T>(Vector128<T> a, Vector128<T> b) => Vector128.GreaterThan(a, b);

    public static ulong Exact<TFormat>(ref FloatContext x, ulong a, ulong b) where TFormat : struct, IBinaryFormat => BinaryFloat<TFormat>.Maximum(ref x, a, b);
}

/// <summary>MINPS, MAXPS and their like (SDM volume 2).</summary>
internal readonly unsafe struct PackedChoice<TOp, TFormat> : ISettledOperation where TOp : struct, IChoice where TFormat : struct, IBinaryFormat
{
    /// <inheritdoc/>
    public static Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source) =>
        TrySettled(x.Core, x.Instruction, 0, first, source, out Vector128<byte> r) ? r : EachElement<TOp, TFormat>.Packed(ref x, first, source);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TrySettled(Core* c, DecodedInstruction* i, int lane, Vector128<byte> first, Vector128<byte> source, out Vector128<byte> result) =>
        Elements.Size<TFormat>() == sizeof(float)
            ? TryChoose(first.AsSingle(), source.AsSingle(), out result)
            : TryChoose(first.AsDouble(), source.AsDouble(), out result);

    /// <summary>Chooses by the host's comparison, where the operands are numbers and no denormals.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryChoose<T>(Vector128<T> a, Vector128<T> b, out Vector128<byte> r)
    {
        r = Vector128.ConditionalSelect(TOp.IsFirst(a, b), a, b).AsByte();
        return ElementRange.IsNone(ElementRange.NotOrdered(a) | ElementRange.NotOrdered(b));
    }
}

/// <summary>MINSS, MAXSS and their like (SDM volume 2).</summary>
internal readonly unsafe struct ScalarChoice<TOp, TFormat> : ISettledOperation where TOp : struct, IChoice where TFormat : struct, IBinaryFormat
{
    /// <inheritdoc/>
    public static Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source) =>
        TrySettled(x.Core, x.Instruction, 0, first, source, out Vector128<byte> r) ? r : EachElement<TOp, TFormat>.Scalar(ref x, first, source);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TrySettled(Core* c, DecodedInstruction* i, int lane, Vector128<byte> first, Vector128<byte> source, out Vector128<byte> result)
    {
        if (Elements.Size<TFormat>() == sizeof(float))
        {
            bool isSingle = PackedChoice<TOp, TFormat>.TryChoose(Elements.Repeat<float>(first), Elements.Repeat<float>(source), out Vector128<byte> single);
            result = first.AsSingle().WithElement(0, single.AsSingle().ToScalar()).AsByte();
            return isSingle;
        }
        bool isDouble = PackedChoice<TOp, TFormat>.TryChoose(Elements.Repeat<double>(first), Elements.Repeat<double>(source), out Vector128<byte> one);
        result = first.AsDouble().WithElement(0, one.AsDouble().ToScalar()).AsByte();
        return isDouble;
    }
}
