using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>PAND ANDPS ANDPD.</summary>
internal readonly struct VectorAnd : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) => first & source;
}

/// <summary>PANDN ANDNPS ANDNPD: the first operand is inverted.</summary>
internal readonly struct VectorAndNot : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) => Vector128.AndNot(source, first);
}

/// <summary>POR ORPS ORPD.</summary>
internal readonly struct VectorOr : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) => first | source;
}

/// <summary>PXOR XORPS XORPD.</summary>
internal readonly struct VectorXor : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) => first ^ source;
}

/// <summary>All moves that change nothing on the way, MOVAPS for example, loads and stores.</summary>
internal readonly struct VectorCopy : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) => source;
}

/// <summary>MOVD and MOVQ to a general register or memory.</summary>
internal readonly struct CopyToGeneral : IVectorToGeneral
{
    public static ulong Execute(ref VectorContext x, Vector256<byte> source) => source.AsUInt64().ToScalar();
}

/// <summary>MOVD and MOVQ from a general register or memory.</summary>
internal readonly struct CopyFromGeneral : IVectorFromGeneral
{
    public static Vector128<byte> Execute(ref VectorContext x, Vector128<byte> first, ulong source) => Vector128.CreateScalar(source).AsByte();
}

/// <summary>PTEST: ZF where no bit is common, CF where the first has all of the second's.</summary>
internal readonly struct VectorTest : IVectorToFlags
{
    public static ulong Execute(ref VectorContext x, Vector256<byte> first, Vector256<byte> source) =>
        ((first & source) == Vector256<byte>.Zero ? Rflags.Zf : 0) | (Vector256.AndNot(source, first) == Vector256<byte>.Zero ? Rflags.Cf : 0);
}
