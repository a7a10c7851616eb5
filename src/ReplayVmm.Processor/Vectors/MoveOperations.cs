using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>MOVSS between registers.</summary>
internal readonly struct MergeSingle : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) =>
        first.AsUInt32().WithElement(0, source.AsUInt32().ToScalar()).AsByte();
}

/// <summary>MOVSD between registers, MOVLPS from memory: the source's low quadword under the first's high one.</summary>
internal readonly struct MergeLow : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) =>
        Vector128.Create(source.GetLower(), first.GetUpper());
}

/// <summary>MOVHPS from memory, MOVLHPS: the source's low quadword above the first's.</summary>
internal readonly struct MergeHigh : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) => Vector128.Create(first.GetLower(), source.GetLower());
}

/// <summary>MOVHLPS: the source's high quadword under the first's.</summary>
internal readonly struct MergeHighToLow : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) => Vector128.Create(source.GetUpper(), first.GetUpper());
}

/// <summary>MOVQ between registers: the low quadword alone.</summary>
internal readonly struct LowQuadword : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) => Vector128.Create(source.GetLower(), Vector64<byte>.Zero);
}

/// <summary>MOVHPS to memory: the high quadword.</summary>
internal readonly struct HighQuadword : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) => Vector128.Create(source.GetUpper(), Vector64<byte>.Zero);
}

/// <summary>MOVDDUP.</summary>
internal readonly struct DuplicateDouble : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) => Vector128.Create(source.GetLower(), source.GetLower());
}

/// <summary>MOVSLDUP: the even singles twice.</summary>
internal readonly struct DuplicateEven : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) =>
        Vector128.Shuffle(source.AsUInt32(), Vector128.Create(0u, 0, 2, 2)).AsByte();
}

/// <summary>MOVSHDUP: the odd singles twice.</summary>
internal readonly struct DuplicateOdd : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) =>
        Vector128.Shuffle(source.AsUInt32(), Vector128.Create(1u, 1, 3, 3)).AsByte();
}

/// <summary>VBROADCASTSS VPBROADCASTB and the like: the low element everywhere.</summary>
internal readonly struct Broadcast<T> : IVectorOperation where T : unmanaged
{
    public static Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source) =>
        Vector128.Create(Unsafe.As<Vector128<byte>, T>(ref source)).AsByte();

    public static Vector256<byte> Whole<TSelf>(ref VectorContext x, Vector256<byte> first, Vector256<byte> source) where TSelf : struct, IVectorOperation =>
        Vector256.Create(Unsafe.As<Vector256<byte>, T>(ref source)).AsByte();
}

/// <summary>VBROADCASTF128 VBROADCASTI128.</summary>
internal readonly struct BroadcastLane : IVectorOperation
{
    public static Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source) => source;

    public static Vector256<byte> Whole<TSelf>(ref VectorContext x, Vector256<byte> first, Vector256<byte> source) where TSelf : struct, IVectorOperation =>
        Vector256.Create(source.GetLower(), source.GetLower());
}

/// <summary>VEXTRACTF128 VEXTRACTI128.</summary>
internal readonly struct ExtractLane : IVectorOperation
{
    public static Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source) => source;

    public static Vector256<byte> Whole<TSelf>(ref VectorContext x, Vector256<byte> first, Vector256<byte> source) where TSelf : struct, IVectorOperation =>
        ((x.Immediate & 1) == 0 ? source.GetLower() : source.GetUpper()).ToVector256();
}

/// <summary>VINSERTF128 VINSERTI128.</summary>
internal readonly struct InsertLane : IVectorOperation
{
    public static Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source) => source;

    public static Vector256<byte> Whole<TSelf>(ref VectorContext x, Vector256<byte> first, Vector256<byte> source) where TSelf : struct, IVectorOperation =>
        (x.Immediate & 1) == 0 ? Vector256.Create(source.GetLower(), first.GetUpper()) : Vector256.Create(first.GetLower(), source.GetLower());
}

/// <summary>VPERM2F128 VPERM2I128: each lane of the result is one of the four, or zeros.</summary>
internal readonly struct PermuteLanes : IVectorOperation
{
    public static Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source) => source;

    public static Vector256<byte> Whole<TSelf>(ref VectorContext x, Vector256<byte> first, Vector256<byte> source) where TSelf : struct, IVectorOperation =>
        Vector256.Create(Choose(x.Immediate, first, source), Choose(x.Immediate >> 4, first, source));

    private static Vector128<byte> Choose(int control, Vector256<byte> first, Vector256<byte> source) => (control & 0xB) switch
    {
        0 => first.GetLower(),
        1 => first.GetUpper(),
        2 => source.GetLower(),
        3 => source.GetUpper(),
        _ => Vector128<byte>.Zero,
    };
}

/// <summary>MOVMSKPS.</summary>
internal readonly struct SignsOfSingles : IVectorToGeneral
{
    public static ulong Execute(ref VectorContext x, Vector256<byte> source) => source.AsSingle().ExtractMostSignificantBits();
}

/// <summary>MOVMSKPD.</summary>
internal readonly struct SignsOfDoubles : IVectorToGeneral
{
    public static ulong Execute(ref VectorContext x, Vector256<byte> source) => source.AsDouble().ExtractMostSignificantBits();
}
