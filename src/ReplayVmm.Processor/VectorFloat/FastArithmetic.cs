using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>
/// Arithmetic by the host's own vectors, for vectors where that gives the bits and flags that the exact operation gives. The host rounds to nearest and hides its flags, so that a
/// vector is taken only where MXCSR rounds to nearest, no operand is a denormal, infinite or not a number, and no result may be tiny or too large: then inexactness is the
/// only exception there can be. Where MXCSR.PE is set and masked it makes no difference; elsewhere the residual tells, in a range of magnitudes where it is exact.
/// </summary>
internal static class FastArithmetic
{
    private const uint Rounding = 3 << 13, Precision = FloatContext.Precision, PrecisionMask = Precision << 7;

    /// <summary>MXCSR rounds to nearest.</summary>
    public static bool IsNearest(uint mxcsr) => (mxcsr & Rounding) == 0;

    /// <summary>MXCSR rounds to nearest, and another inexact result changes nothing.</summary>
    public static bool IsSettled(uint mxcsr) => (mxcsr & (Rounding | Precision | PrecisionMask)) == (Precision | PrecisionMask);

    /// <summary>Computes the vector; false where only the exact operation can.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryCompute<TOp, T>(uint mxcsr, Vector128<T> a, Vector128<T> b, out Vector128<T> r, ref int exceptions) where TOp : struct, IArithmetic
    {
        if (IsSettled(mxcsr))
            return TrySettled<TOp, T>(mxcsr, a, b, out r) || HasOnlyZeros<TOp, T>(a, b, r);
        r = TOp.Compute(a, b);
        return TryMiddling<TOp, T>(mxcsr, a, b, r, ref exceptions);
    }

    /// <summary>The shortest way: MXCSR as it mostly is, and nothing but ordinary numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TrySettled<TOp, T>(uint mxcsr, Vector128<T> a, Vector128<T> b, out Vector128<T> r) where TOp : struct, IArithmetic
    {
        r = TOp.Compute(a, b);
        Vector128<T> bad = ElementRange.NotNormal(b) | ElementRange.NotSurelyNormal(r);
        if (!TOp.IsUnary)
            bad |= ElementRange.NotNormal(a);
        return IsSettled(mxcsr) && ElementRange.IsNone(bad);
    }

    /// <summary>What makes the vector unfit are zeros, which are exact here.</summary>
    private static bool HasOnlyZeros<TOp, T>(Vector128<T> a, Vector128<T> b, Vector128<T> r) where TOp : struct, IArithmetic
    {
        Vector128<T> bad = ElementRange.NotNormal(b) & ElementRange.NotZero(b);
        if (!TOp.IsUnary)
            bad |= ElementRange.NotNormal(a) & ElementRange.NotZero(a);
        bad |= ElementRange.NotSurelyNormal(r) & ~(Vector128.Equals(r, Vector128<T>.Zero) & TOp.ZeroIsExact(a, b));
        return ElementRange.IsNone(bad);
    }

    private static bool TryMiddling<TOp, T>(uint mxcsr, Vector128<T> a, Vector128<T> b, Vector128<T> r, ref int exceptions) where TOp : struct, IArithmetic
    {
        if (!TOp.HasResidual || !IsNearest(mxcsr))
            return false;
        Vector128<T> bad = ElementRange.NotMiddling(b) & ElementRange.NotZero(b);
        if (!TOp.IsUnary)
            bad |= ElementRange.NotMiddling(a) & ElementRange.NotZero(a);
        bad |= ElementRange.NotMiddling(r) & ~(Vector128.Equals(r, Vector128<T>.Zero) & TOp.ZeroIsExact(a, b));
        if (!ElementRange.IsNone(bad))
            return false;
        if (!ElementRange.IsNone(ElementRange.NotZero(TOp.Residual(a, b, r))))
            exceptions |= FloatContext.Precision;
        return true;
    }
}
