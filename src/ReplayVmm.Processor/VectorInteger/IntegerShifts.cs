using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>A shift of all elements by one count, which may be larger than an element.</summary>
internal interface IElementShift<T>
{
    /// <summary>The shifted elements.</summary>
    static abstract Vector128<T> Shift(Vector128<T> value, ulong count);
}

/// <summary>PSLLW PSLLD PSLLQ.</summary>
internal readonly struct ShiftLeft<T> : IElementShift<T>
{
    public static Vector128<T> Shift(Vector128<T> value, ulong count) => count < (ulong)Unsafe.SizeOf<T>() * 8 ? value << (int)count : Vector128<T>.Zero;
}

/// <summary>PSRLW PSRLD PSRLQ.</summary>
internal readonly struct ShiftRight<T> : IElementShift<T>
{
    public static Vector128<T> Shift(Vector128<T> value, ulong count) => count < (ulong)Unsafe.SizeOf<T>() * 8 ? value >>> (int)count : Vector128<T>.Zero;
}

/// <summary>PSRAW PSRAD: a count beyond the element leaves nothing but signs. The element's type is signed.</summary>
internal readonly struct ShiftArithmetic<T> : IElementShift<T>
{
    public static Vector128<T> Shift(Vector128<T> value, ulong count) => value >> (int)Math.Min(count, ((ulong)Unsafe.SizeOf<T>() * 8) - 1);
}

/// <summary>The count is the second operand's low 64 bits; also where the first has 256.</summary>
internal readonly struct ShiftByCount<TShift, T> : IVectorOperation where TShift : struct, IElementShift<T>
{
    public static Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source) =>
        TShift.Shift(first.As<byte, T>(), source.AsUInt64().ToScalar()).AsByte();

    public static Vector256<byte> Whole<TSelf>(ref VectorContext x, Vector256<byte> first, Vector256<byte> source) where TSelf : struct, IVectorOperation =>
        Vector256.Create(Lane(ref x, first.GetLower(), source.GetLower()), Lane(ref x, first.GetUpper(), source.GetLower()));
}

/// <summary>The count is the immediate.</summary>
internal readonly struct ShiftByImmediate<TShift, T> : IPackedImmediateOperation where TShift : struct, IElementShift<T>
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source, byte immediate) => TShift.Shift(source.As<byte, T>(), immediate).AsByte();
}

/// <summary>VPSLLVD VPSRLVQ VPSRAVD and the like: each element has a count of its own.</summary>
internal readonly struct ShiftEach<TShift, T> : IPackedOperation where TShift : struct, IElementShift<T> where T : unmanaged
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source)
    {
        (Vector128<T> value, Vector128<T> counts, Vector128<T> result) = (first.As<byte, T>(), source.As<byte, T>(), default);
        for (int n = 0; n < Vector128<T>.Count; n++)
            result = result.WithElement(n, TShift.Shift(value, Wide.Zero(counts[n])).GetElement(n));
        return result.AsByte();
    }
}

/// <summary>Binder of shifts that have both forms under one mnemonic.</summary>
internal static class IntegerShifts<TShift, T> where TShift : struct, IElementShift<T>
{
    public static bool Bind(ref BindContext b) => b.Source.GetOpKind(b.Source.OpCount - 1) == OpKind.Immediate8
        ? VectorForms<PackedImmediate<ShiftByImmediate<TShift, T>>>.Bind(ref b) : VectorForms<ShiftByCount<TShift, T>>.Bind(ref b);
}

/// <summary>Shifts of 16 bytes as a whole by bytes.</summary>
internal static class ByteShifts
{
    private static Vector128<byte> Places => Vector128.CreateSequence((byte)0, (byte)1);

    /// <summary>Towards the upper end, by 0 to 16 bytes. Places below 0 are far outside, and what stands outside is 0.</summary>
    public static Vector128<byte> Left(Vector128<byte> value, int bytes) => Vector128.Shuffle(value, Places - Vector128.Create((byte)bytes));

    /// <summary>Towards the lower end, by 0 to 32 bytes.</summary>
    public static Vector128<byte> Right(Vector128<byte> value, int bytes) => Vector128.Shuffle(value, Places + Vector128.Create((byte)bytes));
}

/// <summary>PSLLDQ.</summary>
internal readonly struct ShiftBytesLeft : IPackedImmediateOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source, byte immediate) => ByteShifts.Left(source, Math.Min((int)immediate, 16));
}

/// <summary>PSRLDQ.</summary>
internal readonly struct ShiftBytesRight : IPackedImmediateOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source, byte immediate) => ByteShifts.Right(source, Math.Min((int)immediate, 16));
}

/// <summary>PALIGNR: 16 bytes out of 32, the first operand above the second.</summary>
internal readonly struct AlignRight : IPackedImmediateOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source, byte immediate)
    {
        int bytes = Math.Min((int)immediate, 32);
        return bytes <= 16 ? ByteShifts.Right(source, bytes) | ByteShifts.Left(first, 16 - bytes) : ByteShifts.Right(first, bytes - 16);
    }
}
