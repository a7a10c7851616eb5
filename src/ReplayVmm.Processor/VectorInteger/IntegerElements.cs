using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>PEXTRB PEXTRW PEXTRD PEXTRQ: the element that the immediate names.</summary>
internal readonly struct ExtractElement<T> : IVectorToGeneral where T : unmanaged
{
    public static ulong Execute(ref VectorContext x, Vector256<byte> source) =>
        Wide.Zero(source.GetLower().As<byte, T>()[x.Immediate & (Vector128<T>.Count - 1)]);
}

/// <summary>PINSRB PINSRW PINSRD PINSRQ: another value for the element that the immediate names.</summary>
internal readonly struct InsertElement<T> : IVectorFromGeneral where T : unmanaged
{
    public static Vector128<byte> Execute(ref VectorContext x, Vector128<byte> first, ulong source) =>
        first.As<byte, T>().WithElement(x.Immediate & (Vector128<T>.Count - 1), Wide.Cut<T>(source)).AsByte();
}

/// <summary>PMOVMSKB: the sign of each byte.</summary>
internal readonly struct SignsOfBytes : IVectorToGeneral
{
    public static ulong Execute(ref VectorContext x, Vector256<byte> source) => source.ExtractMostSignificantBits();
}

/// <summary>An operation that exists on 256 bits only.</summary>
internal interface IWholeOperation
{
    /// <summary>The result.</summary>
    static abstract Vector256<byte> Execute(Vector256<byte> first, Vector256<byte> source, byte immediate);
}

/// <summary>Makes a vector operation of it.</summary>
internal readonly struct AcrossLanes<TOp> : IVectorOperation where TOp : struct, IWholeOperation
{
    public static Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source) =>
        TOp.Execute(first.ToVector256(), source.ToVector256(), x.Immediate).GetLower();

    public static Vector256<byte> Whole<TSelf>(ref VectorContext x, Vector256<byte> first, Vector256<byte> source) where TSelf : struct, IVectorOperation =>
        TOp.Execute(first, source, x.Immediate);
}

/// <summary>VPERMD VPERMPS: the first operand names a doubleword of the second for each place.</summary>
internal readonly struct PermuteDoublewords : IWholeOperation
{
    public static Vector256<byte> Execute(Vector256<byte> first, Vector256<byte> source, byte immediate) =>
        Vector256.Shuffle(source.AsUInt32(), first.AsUInt32() & Vector256.Create(7u)).AsByte();
}

/// <summary>VPERMQ VPERMPD: two bits of the immediate name each quadword.</summary>
internal readonly struct PermuteQuadwords : IWholeOperation
{
    public static Vector256<byte> Execute(Vector256<byte> first, Vector256<byte> source, byte immediate)
    {
        ulong order = immediate;
        return Vector256.Shuffle(source.AsUInt64(), Vector256.Create(order & 3, (order >> 2) & 3, (order >> 4) & 3, order >> 6)).AsByte();
    }
}
