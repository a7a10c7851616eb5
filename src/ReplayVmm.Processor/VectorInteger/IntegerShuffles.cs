using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>PSHUFB: each byte of the second names one of the first, or none.</summary>
internal readonly struct ShuffleBytes : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) => Vector128.Shuffle(first, source & Vector128.Create((byte)0x8F));
}

/// <summary>PSHUFD: two bits of the immediate name each doubleword.</summary>
internal readonly struct ShuffleDoublewords : IPackedImmediateOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source, byte immediate)
    {
        uint order = immediate;
        return Vector128.Shuffle(source.AsUInt32(), Vector128.Create(order & 3, (order >> 2) & 3, (order >> 4) & 3, order >> 6)).AsByte();
    }
}

/// <summary>PSHUFLW: the lower four words.</summary>
internal readonly struct ShuffleLowWords : IPackedImmediateOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source, byte immediate) =>
        source.WithLower(ShuffleHalf.Of(source.GetLower(), immediate));
}

/// <summary>PSHUFHW: the upper four words.</summary>
internal readonly struct ShuffleHighWords : IPackedImmediateOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source, byte immediate) =>
        source.WithUpper(ShuffleHalf.Of(source.GetUpper(), immediate));
}

/// <summary>Four words in another order.</summary>
internal static class ShuffleHalf
{
    public static Vector64<byte> Of(Vector64<byte> words, byte order) => Vector64.CreateScalar(MmxOperations.Shuffle(words.AsUInt64().ToScalar(), order)).AsByte();
}

/// <summary>PUNPCKLBW: the lower halves, element by element in turn.</summary>
internal readonly struct UnpackLowBytes : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) => (Vector128.WidenLower(first) | (Vector128.WidenLower(source) << 8)).AsByte();
}

/// <summary>PUNPCKLWD.</summary>
internal readonly struct UnpackLowWords : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) =>
        (Vector128.WidenLower(first.AsUInt16()) | (Vector128.WidenLower(source.AsUInt16()) << 16)).AsByte();
}

/// <summary>PUNPCKLDQ.</summary>
internal readonly struct UnpackLowDoublewords : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) =>
        (Vector128.WidenLower(first.AsUInt32()) | (Vector128.WidenLower(source.AsUInt32()) << 32)).AsByte();
}

/// <summary>PUNPCKLQDQ.</summary>
internal readonly struct UnpackLowQuadwords : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) => Vector128.Create(first.GetLower(), source.GetLower());
}

/// <summary>PUNPCKHBW PUNPCKHWD PUNPCKHDQ: what <typeparamref name="TLow"/> does with the lower halves, with the upper ones.</summary>
internal readonly struct UnpackHigh<TLow> : IPackedOperation where TLow : struct, IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) =>
        TLow.Execute(first.GetUpper().ToVector128(), source.GetUpper().ToVector128());
}

/// <summary>PACKSSWB: signed words to signed bytes.</summary>
internal readonly struct PackWordsSigned : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) =>
        Vector128.NarrowWithSaturation(first.AsInt16(), source.AsInt16()).AsByte();
}

/// <summary>PACKSSDW: signed doublewords to signed words.</summary>
internal readonly struct PackDoublewordsSigned : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) =>
        Vector128.NarrowWithSaturation(first.AsInt32(), source.AsInt32()).AsByte();
}

/// <summary>PACKUSWB: signed words to unsigned bytes.</summary>
internal readonly struct PackWordsUnsigned : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) => Vector128.Narrow(Limit(first), Limit(source));

    private static Vector128<ushort> Limit(Vector128<byte> words) =>
        Vector128.Clamp(words.AsInt16(), Vector128<short>.Zero, Vector128.Create((short)byte.MaxValue)).AsUInt16();
}

/// <summary>PACKUSDW: signed doublewords to unsigned words.</summary>
internal readonly struct PackDoublewordsUnsigned : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) => Vector128.Narrow(Limit(first), Limit(source)).AsByte();

    private static Vector128<uint> Limit(Vector128<byte> doublewords) =>
        Vector128.Clamp(doublewords.AsInt32(), Vector128<int>.Zero, Vector128.Create((int)ushort.MaxValue)).AsUInt32();
}

/// <summary>PBLENDW: the second where its bit of the immediate is set; both lanes by the same eight bits.</summary>
internal readonly struct BlendWords : IPackedImmediateOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source, byte immediate)
    {
        Vector128<ushort> bits = Vector128.Create((ushort)1, 2, 4, 8, 16, 32, 64, 128);
        Vector128<ushort> mask = Vector128.Equals(bits & Vector128.Create((ushort)immediate), bits);
        return Vector128.ConditionalSelect(mask.AsByte(), source, first);
    }
}

/// <summary>VPBLENDD: the same of doublewords, each with a bit of its own.</summary>
internal readonly struct BlendDoublewords : IVectorOperation
{
    public static Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source)
    {
        Vector128<uint> bits = Vector128.Create(1u, 2, 4, 8);
        Vector128<uint> mask = Vector128.Equals(bits & Vector128.Create((uint)x.Immediate >> (4 * x.LaneNumber)), bits);
        return Vector128.ConditionalSelect(mask.AsByte(), source, first);
    }
}

/// <summary>PBLENDVB: the second where the sign of its byte in XMM0 is set.</summary>
internal readonly struct BlendBytesByXmm0 : IVectorOperation
{
    public static Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source) => Blend(first, source, x.Xmm0);

    /// <summary>The second where the byte of <paramref name="mask"/> is negative.</summary>
    public static Vector128<byte> Blend(Vector128<byte> first, Vector128<byte> source, Vector128<byte> mask) =>
        Vector128.ConditionalSelect(Vector128.LessThan(mask.AsSByte(), Vector128<sbyte>.Zero).AsByte(), source, first);
}

/// <summary>VPBLENDVB: the mask is a fourth register.</summary>
internal readonly struct BlendBytesByFourth : IVectorOperation
{
    public static Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source) => BlendBytesByXmm0.Blend(first, source, x.Fourth);
}
