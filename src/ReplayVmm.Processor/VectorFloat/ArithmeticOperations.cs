using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>ADD (SDM volume 2, ADDPS).</summary>
internal readonly struct AddElements : IArithmetic
{
    public static bool IsUnary => false;
    public static bool HasResidual => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Compute<T>(Vector128<T> a, Vector128<T> b) => a + b;

    /// <summary>Knuth's sum of two numbers: what r lacks, exactly.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Residual<T>(Vector128<T> a, Vector128<T> b, Vector128<T> r)
    {
        Vector128<T> second = r - a, first = r - second;
        return (a - first) + (b - second);
    }

    public static Vector128<T> ZeroIsExact<T>(Vector128<T> a, Vector128<T> b) => Vector128<T>.AllBitsSet;

    public static ulong Exact<TFormat>(ref FloatContext x, ulong a, ulong b) where TFormat : struct, IBinaryFormat => BinaryFloat<TFormat>.Add(ref x, a, b);
}

/// <summary>SUB (SDM volume 2, SUBPS).</summary>
internal readonly struct SubtractElements : IArithmetic
{
    public static bool IsUnary => false;
    public static bool HasResidual => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Compute<T>(Vector128<T> a, Vector128<T> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Residual<T>(Vector128<T> a, Vector128<T> b, Vector128<T> r) => AddElements.Residual(a, -b, r);

    public static Vector128<T> ZeroIsExact<T>(Vector128<T> a, Vector128<T> b) => Vector128<T>.AllBitsSet;

    public static ulong Exact<TFormat>(ref FloatContext x, ulong a, ulong b) where TFormat : struct, IBinaryFormat => BinaryFloat<TFormat>.Subtract(ref x, a, b);
}

/// <summary>MUL (SDM volume 2, MULPS).</summary>
internal readonly struct MultiplyElements : IArithmetic
{
    public static bool IsUnary => false;
    public static bool HasResidual => HostFused.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Compute<T>(Vector128<T> a, Vector128<T> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Residual<T>(Vector128<T> a, Vector128<T> b, Vector128<T> r) => HostFused.MultiplyAdd(a, b, -r);

    public static Vector128<T> ZeroIsExact<T>(Vector128<T> a, Vector128<T> b) => Vector128.Equals(a, Vector128<T>.Zero) | Vector128.Equals(b, Vector128<T>.Zero);

    public static ulong Exact<TFormat>(ref FloatContext x, ulong a, ulong b) where TFormat : struct, IBinaryFormat => BinaryFloat<TFormat>.Multiply(ref x, a, b);
}

/// <summary>DIV (SDM volume 2, DIVPS).</summary>
internal readonly struct DivideElements : IArithmetic
{
    public static bool IsUnary => false;
    public static bool HasResidual => HostFused.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Compute<T>(Vector128<T> a, Vector128<T> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Residual<T>(Vector128<T> a, Vector128<T> b, Vector128<T> r) => HostFused.MultiplyAdd(r, b, -a);

    public static Vector128<T> ZeroIsExact<T>(Vector128<T> a, Vector128<T> b) => Vector128.Equals(a, Vector128<T>.Zero);

    public static ulong Exact<TFormat>(ref FloatContext x, ulong a, ulong b) where TFormat : struct, IBinaryFormat => BinaryFloat<TFormat>.Divide(ref x, a, b);
}

/// <summary>SQRT (SDM volume 2, SQRTPS).</summary>
internal readonly struct RootElements : IArithmetic
{
    public static bool IsUnary => true;
    public static bool HasResidual => HostFused.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Compute<T>(Vector128<T> a, Vector128<T> b) => Vector128.Sqrt(b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Residual<T>(Vector128<T> a, Vector128<T> b, Vector128<T> r) => HostFused.MultiplyAdd(r, r, -b);

    public static Vector128<T> ZeroIsExact<T>(Vector128<T> a, Vector128<T> b) => Vector128<T>.AllBitsSet;

    public static ulong Exact<TFormat>(ref FloatContext x, ulong a, ulong b) where TFormat : struct, IBinaryFormat => BinaryFloat<TFormat>.SquareRoot(ref x, b);
}
