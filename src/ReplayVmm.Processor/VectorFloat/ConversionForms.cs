using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>Conversions of whole vectors: as many elements as fit into the wider of source and result, zeros above them (SDM volume 2, CVTPD2PS, CVTDQ2PD).</summary>
// SAFETY: the vectors are parameters, on the stack.
internal readonly unsafe struct PackedConversion<TOp> : IVectorOperation where TOp : struct, IElementConversion
{
    /// <inheritdoc/>
    public static Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source)
    {
        Vector128<byte> result = default;
        Convert(ref x, (byte*)&source, (byte*)&result, Vector128<byte>.Count);
        return result;
    }

    /// <inheritdoc/>
    public static Vector256<byte> Whole<TSelf>(ref VectorContext x, Vector256<byte> first, Vector256<byte> source) where TSelf : struct, IVectorOperation
    {
        Vector256<byte> result = default;
        Convert(ref x, (byte*)&source, (byte*)&result, Vector256<byte>.Count);
        return result;
    }

    private static void Convert(ref VectorContext x, byte* source, byte* result, int length)
    {
        int count = length / Math.Max(TOp.SourceSize, TOp.ResultSize);
        for (int n = 0; n < count; n++)
            Elements.Write(result + (n * TOp.ResultSize), TOp.ResultSize, TOp.Convert(ref x, Elements.Read(source + (n * TOp.SourceSize), TOp.SourceSize)));
    }
}

/// <summary>Conversions of the lowest element; the others are those of the first source (SDM volume 2, CVTSS2SD, ROUNDSD).</summary>
internal readonly struct ScalarConversion<TOp> : IVectorOperation where TOp : struct, IElementConversion
{
    /// <inheritdoc/>
    public static Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source)
    {
        ulong a = TOp.SourceSize == sizeof(float) ? source.AsUInt32().ToScalar() : source.AsUInt64().ToScalar();
        return Elements.WithLowest(first, TOp.ResultSize, TOp.Convert(ref x, a));
    }
}

/// <summary>CVTSI2SS and CVTSI2SD (SDM volume 2).</summary>
internal readonly struct ConversionFromGeneral<TOp> : IVectorFromGeneral where TOp : struct, IElementConversion
{
    /// <inheritdoc/>
    public static Vector128<byte> Execute(ref VectorContext x, Vector128<byte> first, ulong source) =>
        Elements.WithLowest(first, TOp.ResultSize, TOp.Convert(ref x, source));
}

/// <summary>CVTSS2SI and its like (SDM volume 2).</summary>
internal readonly struct ConversionToGeneral<TOp> : IVectorToGeneral where TOp : struct, IElementConversion
{
    /// <inheritdoc/>
    public static ulong Execute(ref VectorContext x, Vector256<byte> source)
    {
        ulong a = TOp.SourceSize == sizeof(float) ? source.AsUInt32().ToScalar() : source.AsUInt64().ToScalar();
        return TOp.Convert(ref x, a);
    }
}
