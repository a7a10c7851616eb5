using System.Numerics;
using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>
/// What PCMPESTRI and its kin do with two strings of bytes or words (SDM volume 1, 12.3; volume 2, 4.1): a bit of the result for each element of the second, made in one of four
/// ways, and turned or not. Elements from a string's length on are not valid.
/// </summary>
internal static class StringAggregation<T>
{
    private const int AggregationShift = 2, PolarityShift = 4;
    private static readonly uint All = (uint)((1ul << Vector128<T>.Count) - 1);

    /// <summary>The bits (IntRes2).</summary>
    public static uint Compute(Vector128<T> first, int firstLength, Vector128<T> second, int secondLength, byte control)
    {
        uint firstValid = (1u << firstLength) - 1, secondValid = (1u << secondLength) - 1;
        uint bits = ((control >> AggregationShift) & 3) switch
        {
            0 => AnyOf(first, firstLength, second) & secondValid,
            1 => InRanges(first, firstLength, second) & secondValid,
            2 => (Equal(first, second) & firstValid & secondValid) | (All & ~firstValid & ~secondValid),
            _ => StartsAt(first, firstLength, second, secondValid),
        };
        return ((control >> PolarityShift) & 3) switch
        {
            1 => bits ^ All,
            3 => bits ^ secondValid,
            _ => bits,
        };
    }

    /// <summary>The first element that is 0, or the number of elements.</summary>
    public static int LengthOf(Vector128<T> value) => BitOperations.TrailingZeroCount(Equal(value, Vector128<T>.Zero) | (All + 1));

    private static uint Equal(Vector128<T> a, Vector128<T> b) => Vector128.Equals(a, b).ExtractMostSignificantBits();

    private static uint AnyOf(Vector128<T> set, int length, Vector128<T> value)
    {
        uint bits = 0;
        for (int n = 0; n < length; n++)
            bits |= Equal(Vector128.Create(set[n]), value);
        return bits;
    }

    /// <summary>Pairs of limits, both included; a last one without its other is none.</summary>
    private static uint InRanges(Vector128<T> limits, int length, Vector128<T> value)
    {
        uint bits = 0;
        for (int n = 0; n + 1 < length; n += 2)
        {
            Vector128<T> inside = Vector128.GreaterThanOrEqual(value, Vector128.Create(limits[n])) & Vector128.LessThanOrEqual(value, Vector128.Create(limits[n + 1]));
            bits |= inside.ExtractMostSignificantBits();
        }
        return bits;
    }

    /// <summary>Where <paramref name="part"/> begins in the second; what would stand beyond the register's end may be anything.</summary>
    private static uint StartsAt(Vector128<T> part, int length, Vector128<T> value, uint valid)
    {
        uint bits = All;
        for (int n = 0; n < length; n++)
            bits &= ((Equal(Vector128.Create(part[n]), value) & valid) >> n) | ~(All >> n);
        return bits;
    }
}
