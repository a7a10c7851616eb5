using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>BLENDPS: where a bit of the immediate is set the element is the second source's (SDM volume 2).</summary>
internal readonly struct BlendSingles : IVectorOperation
{
    /// <inheritdoc/>
    public static Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source)
    {
        Vector128<uint> bits = Vector128.Create(1u, 2, 4, 8), chosen = Vector128.Create((uint)x.Immediate >> (4 * x.LaneNumber)) & bits;
        return Vector128.ConditionalSelect(Vector128.Equals(chosen, bits).AsByte(), source, first);
    }
}

/// <summary>BLENDPD, likewise (SDM volume 2).</summary>
internal readonly struct BlendDoubles : IVectorOperation
{
    /// <inheritdoc/>
    public static Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source)
    {
        Vector128<ulong> bits = Vector128.Create(1ul, 2), chosen = Vector128.Create((ulong)x.Immediate >> (2 * x.LaneNumber)) & bits;
        return Vector128.ConditionalSelect(Vector128.Equals(chosen, bits).AsByte(), source, first);
    }
}

/// <summary>BLENDVPS and BLENDVPD: where the mask's sign bit is set the element is the second source's (SDM volume 2).</summary>
internal readonly struct BlendBySign<TFormat, TMask> : IVectorOperation where TFormat : struct, IBinaryFormat where TMask : struct, IBlendMask
{
    /// <inheritdoc/>
    public static Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source)
    {
        Vector128<byte> mask = TMask.Mask(x);
        Vector128<byte> signs = Elements.Size<TFormat>() == sizeof(float) ? (mask.AsInt32() >> 31).AsByte() : (mask.AsInt64() >> 63).AsByte();
        return Vector128.ConditionalSelect(signs, source, first);
    }
}

/// <summary>Where a blend's mask stands.</summary>
internal interface IBlendMask
{
    /// <summary>The mask.</summary>
    static abstract Vector128<byte> Mask(in VectorContext x);
}

/// <summary>Legacy instructions: XMM0.</summary>
internal readonly struct ImpliedMask : IBlendMask
{
    public static Vector128<byte> Mask(in VectorContext x) => x.Xmm0;
}

/// <summary>VEX instructions: a fourth operand.</summary>
internal readonly struct FourthMask : IBlendMask
{
    public static Vector128<byte> Mask(in VectorContext x) => x.Fourth;
}

/// <summary>SHUFPS: two elements of the first source, then two of the second, by pairs of bits of the immediate (SDM volume 2).</summary>
internal readonly struct ShuffleSingles : IVectorOperation
{
    /// <inheritdoc/>
    public static Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source)
    {
        int i = x.Immediate;
        (Vector128<uint> a, Vector128<uint> b) = (first.AsUInt32(), source.AsUInt32());
        return Vector128.Create(a[i & 3], a[(i >> 2) & 3], b[(i >> 4) & 3], b[(i >> 6) & 3]).AsByte();
    }
}

/// <summary>SHUFPD: one element of the first source, then one of the second; a bit of the immediate for each element of the result (SDM volume 2).</summary>
internal readonly struct ShuffleDoubles : IVectorOperation
{
    /// <inheritdoc/>
    public static Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source)
    {
        int i = x.Immediate >> (2 * x.LaneNumber);
        return Vector128.Create(first.AsUInt64()[i & 1], source.AsUInt64()[(i >> 1) & 1]).AsByte();
    }
}

/// <summary>UNPCKLPS: the lower halves of both sources, elements in turn (SDM volume 2).</summary>
internal readonly struct UnpackLowSingles : IPackedOperation
{
    /// <inheritdoc/>
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source)
    {
        (Vector128<uint> a, Vector128<uint> b) = (first.AsUInt32(), source.AsUInt32());
        return Vector128.Create(a[0], b[0], a[1], b[1]).AsByte();
    }
}

/// <summary>UNPCKHPS: the upper halves (SDM volume 2).</summary>
internal readonly struct UnpackHighSingles : IPackedOperation
{
    /// <inheritdoc/>
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source)
    {
        (Vector128<uint> a, Vector128<uint> b) = (first.AsUInt32(), source.AsUInt32());
        return Vector128.Create(a[2], b[2], a[3], b[3]).AsByte();
    }
}

/// <summary>UNPCKLPD (SDM volume 2).</summary>
internal readonly struct UnpackLowDoubles : IPackedOperation
{
    /// <inheritdoc/>
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) => Vector128.Create(first.GetLower(), source.GetLower());
}

/// <summary>UNPCKHPD (SDM volume 2).</summary>
internal readonly struct UnpackHighDoubles : IPackedOperation
{
    /// <inheritdoc/>
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) => Vector128.Create(first.GetUpper(), source.GetUpper());
}

/// <summary>
/// INSERTPS: bits 6 and 7 of the immediate choose the element of the source (of a register; memory has one), bits 4 and 5 its place, bits 0 to 3 what becomes zero (SDM volume 2).
/// </summary>
internal readonly struct InsertSingle : IPackedImmediateOperation
{
    /// <inheritdoc/>
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source, byte immediate)
    {
        Vector128<uint> result = first.AsUInt32().WithElement((immediate >> 4) & 3, source.AsUInt32()[immediate >> 6]), bits = Vector128.Create(1u, 2, 4, 8);
        return Vector128.AndNot(result, Vector128.Equals(Vector128.Create((uint)immediate) & bits, bits)).AsByte();
    }
}

/// <summary>EXTRACTPS: the element that bits 0 and 1 of the immediate name (SDM volume 2).</summary>
internal readonly struct ExtractSingle : IVectorToGeneral
{
    /// <inheritdoc/>
    public static ulong Execute(ref VectorContext x, Vector256<byte> source) => source.GetLower().AsUInt32()[x.Immediate & 3];
}

/// <summary>MOVMSKPS and MOVMSKPD: the elements' signs (SDM volume 2).</summary>
internal readonly struct SignsOf<TFormat> : IVectorToGeneral where TFormat : struct, IBinaryFormat
{
    /// <inheritdoc/>
    public static ulong Execute(ref VectorContext x, Vector256<byte> source) =>
        Elements.Size<TFormat>() == sizeof(float) ? source.AsSingle().ExtractMostSignificantBits() : source.AsDouble().ExtractMostSignificantBits();
}

/// <summary>VTESTPS and VTESTPD: ZF where no sign bit is common, CF where the first has all of the second's (SDM volume 2).</summary>
internal readonly struct TestSigns<TFormat> : IVectorToFlags where TFormat : struct, IBinaryFormat
{
    /// <inheritdoc/>
    public static ulong Execute(ref VectorContext x, Vector256<byte> first, Vector256<byte> source)
    {
        ulong a = SignsOf<TFormat>.Execute(ref x, first), b = SignsOf<TFormat>.Execute(ref x, source);
        return ((a & b) == 0 ? Rflags.Zf : 0) | ((~a & b) == 0 ? Rflags.Cf : 0);
    }
}
