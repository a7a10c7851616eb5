using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>
/// Which elements a fast path may take: masks of all ones where an element is outside a range of magnitudes. One addition and one signed comparison of the bit patterns each,
/// because the magnitudes of binary formats are in the order of their patterns.
/// </summary>
internal static class ElementRange
{
    /// <summary>Not an ordinary number: zero, denormal, infinite, or not a number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> NotNormal<T>(Vector128<T> v) => Outside(v, 0x0080_0000, 0x7F7F_FFFF, 0x0010_0000_0000_0000, 0x7FEF_FFFF_FFFF_FFFF);

    /// <summary>
    /// As a rounded result: not above the least ordinary number, or infinite, or not a number. The least one itself may have been tiny before it was rounded.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> NotSurelyNormal<T>(Vector128<T> v) => Outside(v, 0x0080_0001, 0x7F7F_FFFF, 0x0010_0000_0000_0001, 0x7FEF_FFFF_FFFF_FFFF);

    /// <summary>
    /// Outside 2^-100 to 2^124 (singles) or 2^-960 to 2^1020 (doubles), where neither an intermediate sum overflows nor the error of a result lies below the least denormal.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> NotMiddling<T>(Vector128<T> v) =>
        Outside(v, (127 - 100) << 23, (127 + 124) << 23, (1023L - 960) << 52, (1023L + 1020) << 52);

    /// <summary>Not zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> NotZero<T>(Vector128<T> v) => ~Vector128.Equals(v, Vector128<T>.Zero);

    /// <summary>A denormal or not a number: what comparisons have more to say about than an order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> NotOrdered<T>(Vector128<T> v) =>
        Outside(v, 0x0080_0000, 0x7F80_0000, 0x0010_0000_0000_0000, 0x7FF0_0000_0000_0000) & NotZero(v);

    /// <summary>True where no element is in the mask.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsNone<T>(Vector128<T> mask) => mask.AsUInt64() == Vector128<ulong>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<T> Outside<T>(Vector128<T> v, int lowSingle, int highSingle, long lowDouble, long highDouble)
    {
        if (typeof(T) == typeof(float))
        {
            Vector128<int> folded = (v.AsInt32() & Vector128.Create(int.MaxValue)) + Vector128.Create(unchecked(int.MinValue - lowSingle));
            return Vector128.GreaterThan(folded, Vector128.Create(unchecked(int.MinValue + (highSingle - lowSingle)))).As<int, T>();
        }
        Vector128<long> wide = (v.AsInt64() & Vector128.Create(long.MaxValue)) + Vector128.Create(unchecked(long.MinValue - lowDouble));
        return Vector128.GreaterThan(wide, Vector128.Create(unchecked(long.MinValue + (highDouble - lowDouble)))).As<long, T>();
    }
}
