using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>The transformations of AES on a state of 16 bytes, column by column (FIPS 197, chapter 5), for hosts that have no instructions for them.</summary>
internal static class AesRounds
{
    /// <summary>ShiftRows: row n moves n columns to the left.</summary>
    public static Vector128<byte> ShiftRows(Vector128<byte> state) =>
        Vector128.Shuffle(state, Vector128.Create((byte)0, 5, 10, 15, 4, 9, 14, 3, 8, 13, 2, 7, 12, 1, 6, 11));

    /// <summary>InvShiftRows.</summary>
    public static Vector128<byte> InverseShiftRows(Vector128<byte> state) =>
        Vector128.Shuffle(state, Vector128.Create((byte)0, 13, 10, 7, 4, 1, 14, 11, 8, 5, 2, 15, 12, 9, 6, 3));

    /// <summary>SubBytes.</summary>
    public static Vector128<byte> SubstituteBytes(Vector128<byte> state) => Look(state, AesTables.Substitution);

    /// <summary>InvSubBytes.</summary>
    public static Vector128<byte> InverseSubstituteBytes(Vector128<byte> state) => Look(state, AesTables.InverseSubstitution);

    /// <summary>MixColumns: each byte becomes 2 x itself + 3 x the next + the other two of its column.</summary>
    public static Vector128<byte> MixColumns(Vector128<byte> state)
    {
        Vector128<byte> next = Rotate(state, 8);
        return Double(state ^ next) ^ next ^ Rotate(state, 16) ^ Rotate(state, 24);
    }

    /// <summary>InvMixColumns. Its polynomial is MixColumns' times 4x^2 + 5.</summary>
    public static Vector128<byte> InverseMixColumns(Vector128<byte> state) => MixColumns(state ^ Double(Double(state ^ Rotate(state, 16))));

    /// <summary>Each column rotated downwards in bits, which brings the next byte to the place of each.</summary>
    public static Vector128<byte> Rotate(Vector128<byte> state, int bits) => ((state.AsUInt32() >>> bits) | (state.AsUInt32() << (32 - bits))).AsByte();

    /// <summary>Times x in the field of 256 elements.</summary>
    private static Vector128<byte> Double(Vector128<byte> value)
    {
        Vector128<byte> carries = Vector128.LessThan(value.AsSByte(), Vector128<sbyte>.Zero).AsByte();
        return (value + value) ^ (carries & Vector128.Create((byte)0x1B));
    }

    private static Vector128<byte> Look(Vector128<byte> state, ReadOnlySpan<byte> table)
    {
        for (int n = 0; n < Vector128<byte>.Count; n++)
            state = state.WithElement(n, table[state[n]]);
        return state;
    }
}
