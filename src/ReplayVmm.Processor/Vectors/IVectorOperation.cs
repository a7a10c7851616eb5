using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>
/// What a vector instruction computes, whatever its encoding. An operation is a struct with static members, so that each handler is compiled for it alone:
/// <code>
/// destination, source (SSE, unary)          first = old destination, source = register or memory
/// destination, first, source (VEX)          as written
/// … and immediate, or a fourth register     VectorContext.Immediate, VectorContext.Fourth
/// scalars                                   source in the low element (zeros above it where it comes from memory); Lane returns all 128 bits, the upper ones from first
/// </code>
/// Where it stands in the table says how its operands lie:
/// <code>
/// VectorForms&lt;TOp&gt;        register = operation(…, register or memory)      PXOR VPXOR ADDPS VADDSS PSHUFD, loads
/// VectorStores&lt;TOp&gt;       register or memory = operation(register)        MOVAPS to memory, MOVHPS, VEXTRACTF128, VCVTPS2PH
/// VectorToGeneral&lt;TOp&gt;    general register or memory = operation(vector)  MOVD PEXTRW MOVMSKPS CVTSS2SI    (IVectorToGeneral)
/// VectorFromGeneral&lt;TOp&gt;  register = operation(…, general or memory)      MOVD PINSRW CVTSI2SD              (IVectorFromGeneral)
/// VectorToFlags&lt;TOp&gt;      flags = operation(register, register or memory) PTEST COMISS                      (IVectorToFlags)
/// </code>
/// and an adapter makes one of a simpler kind: <see cref="Packed{TOp}"/> for operations on two vectors that know nothing of lanes, contexts or exceptions,
/// <see cref="PackedImmediate{TOp}"/> for those with an immediate.
/// </summary>
internal interface IVectorOperation
{
    /// <summary>The result of 128 bits: all of an instruction on XMM, one half of a lane-wise instruction on YMM.</summary>
    static abstract Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source);

    /// <summary>The result of an instruction on YMM. Only those that move data across lanes, or have sources and results of different widths, define it.</summary>
    static virtual Vector256<byte> Whole<TSelf>(ref VectorContext x, Vector256<byte> first, Vector256<byte> source) where TSelf : struct, IVectorOperation
    {
        x.LaneNumber = 0;
        Vector128<byte> lower = TSelf.Lane(ref x, first.GetLower(), source.GetLower());
        x.LaneNumber = 1;
        return Vector256.Create(lower, TSelf.Lane(ref x, first.GetUpper(), source.GetUpper()));
    }
}

/// <summary>An operation on two vectors, each lane by itself; one that has only one operand does not use the first.</summary>
internal interface IPackedOperation
{
    /// <summary>The result.</summary>
    static abstract Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source);
}

/// <summary>The same with an immediate.</summary>
internal interface IPackedImmediateOperation
{
    /// <summary>The result.</summary>
    static abstract Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source, byte immediate);
}

/// <summary>Makes a vector operation of a simple one.</summary>
internal readonly struct Packed<TOp> : IVectorOperation where TOp : struct, IPackedOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source) => TOp.Execute(first, source);
}

/// <summary>Makes a vector operation of a simple one with an immediate.</summary>
internal readonly struct PackedImmediate<TOp> : IVectorOperation where TOp : struct, IPackedImmediateOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source) => TOp.Execute(first, source, x.Immediate);
}
