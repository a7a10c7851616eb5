using System.Numerics;
using System.Runtime.CompilerServices;

namespace ReplayVmm.Processor;

/// <summary>SHL. OF, which the manual defines for a count of 1, is CF xor the result's sign for every count.</summary>
internal readonly unsafe struct ShiftLeft : IShift
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Execute<T>(Core* c, T value, int count) where T : unmanaged, IBinaryInteger<T>
    {
        ulong wide = Wide.Zero(value);
        ulong shifted = wide << count;
        ulong carry = sizeof(T) == 8 ? wide >> (64 - count) : shifted >> (sizeof(T) * 8);
        T result = Wide.Cut<T>(shifted);
        // OF is CF xor the sign, so it differs from CF where the sign is set.
        Flags.Shift(c, result, carry, (ulong)Wide.Sign(result) >> 63);
        return result;
    }
}

/// <summary>SHR. OF is the operand's sign for a count of 1, else the result's two top bits differing (which is then 0).</summary>
internal readonly unsafe struct ShiftRight : IShift
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Execute<T>(Core* c, T value, int count) where T : unmanaged, IBinaryInteger<T>
    {
        ulong wide = Wide.Zero(value);
        T result = Wide.Cut<T>(wide >> count);
        ulong carry = wide >> (count - 1), overflow = count == 1 ? wide >> ((sizeof(T) * 8) - 1) : 0;
        Flags.Shift(c, result, carry, carry ^ overflow);
        return result;
    }
}

/// <summary>SAR.</summary>
internal readonly unsafe struct ShiftArithmeticRight : IShift
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Execute<T>(Core* c, T value, int count) where T : unmanaged, IBinaryInteger<T>
    {
        long wide = Wide.Sign(value);
        T result = Wide.Cut<T>((ulong)(wide >> count));
        ulong carry = (ulong)(wide >> (count - 1));
        Flags.Shift(c, result, carry, carry);
        return result;
    }
}

/// <summary>ROL: CF is the result's lowest bit, OF is CF xor the result's sign.</summary>
internal readonly unsafe struct RotateLeft : IShift
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Execute<T>(Core* c, T value, int count) where T : unmanaged, IBinaryInteger<T>
    {
        T result = T.RotateLeft(value, count & ((sizeof(T) * 8) - 1));
        bool carry = (Wide.Zero(result) & 1) != 0;
        Flags.SetCarryOverflow(c, carry, carry != Wide.Sign(result) < 0);
        return result;
    }
}

/// <summary>ROR: CF is the result's sign, OF is set where its two top bits differ.</summary>
internal readonly unsafe struct RotateRight : IShift
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Execute<T>(Core* c, T value, int count) where T : unmanaged, IBinaryInteger<T>
    {
        T result = T.RotateRight(value, count & ((sizeof(T) * 8) - 1));
        long wide = Wide.Sign(result);
        Flags.SetCarryOverflow(c, wide < 0, (wide ^ (Wide.Sign(result << 1))) < 0);
        return result;
    }
}

/// <summary>RCL: a rotation of the operand with CF above it.</summary>
internal readonly unsafe struct RotateCarryLeft : IShift
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Execute<T>(Core* c, T value, int count) where T : unmanaged, IBinaryInteger<T>
    {
        int bits = sizeof(T) * 8;
        if (sizeof(T) < 4)
            count %= bits + 1;
        if (count == 0)
            return value;
        ulong wide = Wide.Zero(value), carryIn = c->FlagCarries >> 63;
        // Split in two so that no shift count reaches 64.
        ulong result = (wide << count) | (carryIn << (count - 1)) | (wide >> (bits - count) >> 1);
        bool carry = ((wide >> (bits - count)) & 1) != 0;
        T cut = Wide.Cut<T>(result);
        Flags.SetCarryOverflow(c, carry, carry != Wide.Sign(cut) < 0);
        return cut;
    }
}

/// <summary>RCR: a rotation of the operand with CF above it; OF is set where the result's two top bits differ.</summary>
internal readonly unsafe struct RotateCarryRight : IShift
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Execute<T>(Core* c, T value, int count) where T : unmanaged, IBinaryInteger<T>
    {
        int bits = sizeof(T) * 8;
        if (sizeof(T) < 4)
            count %= bits + 1;
        if (count == 0)
            return value;
        ulong wide = Wide.Zero(value), carryIn = c->FlagCarries >> 63;
        ulong result = (wide >> count) | (carryIn << (bits - count)) | (wide << (bits - count) << 1);
        T cut = Wide.Cut<T>(result);
        Flags.SetCarryOverflow(c, ((wide >> (count - 1)) & 1) != 0, (Wide.Sign(cut) ^ Wide.Sign(cut << 1)) < 0);
        return cut;
    }
}
