using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>Loads and stores of vector instructions.</summary>
internal static unsafe class VectorMemory
{
    /// <summary>Loads the memory operand; what it does not fill is 0. False: the instruction stops.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryLoad<T, TAddress>(Core* c, DecodedInstruction* i, out Vector256<byte> value) where T : unmanaged where TAddress : struct, IAddress
    {
        value = default;
        if (!TryPlace<T, TAddress>(c, i, write: false, out ulong linear) || !GuestAccess.Read(c, linear, out T loaded))
            return false;
        value = Widen(loaded);
        return true;
    }

    /// <summary>Stores the low bytes of <paramref name="value"/>. False: the instruction stops.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryStore<T, TAddress>(Core* c, DecodedInstruction* i, Vector256<byte> value) where T : unmanaged where TAddress : struct, IAddress =>
        TryPlace<T, TAddress>(c, i, write: true, out ulong linear) && GuestAccess.Write(c, linear, Unsafe.As<Vector256<byte>, T>(ref value));

    /// <summary>
    /// The linear address of the memory operand. False: #GP, for an alignment or a segment that does not allow it, or #SS is pending; the alignment comes first.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryPlace<T, TAddress>(Core* c, DecodedInstruction* i, bool write, out ulong linear) where T : unmanaged where TAddress : struct, IAddress =>
        TAddress.TryLinear(c, i, sizeof(T), write, out linear) & (sizeof(T) < 16 || (linear & VectorOperands.Alignment(i)) == 0 || Misaligned(c));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Widen<T>(T value) where T : unmanaged
    {
        if (sizeof(T) == 32)
            return Unsafe.BitCast<T, Vector256<byte>>(value);
        if (sizeof(T) == 16)
            return Unsafe.BitCast<T, Vector128<byte>>(value).ToVector256();
        return Vector128.CreateScalar(Wide.Zero(value)).AsByte().ToVector256();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool Misaligned(Core* c)
    {
        Fault.GeneralProtection(c);
        return false;
    }
}
