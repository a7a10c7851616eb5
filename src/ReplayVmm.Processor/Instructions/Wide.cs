using System.Runtime.CompilerServices;

namespace ReplayVmm.Processor;

/// <summary>Operands of any width as 64-bit values and back; free after compilation.</summary>
internal static unsafe class Wide
{
    /// <summary>Zero-extends to 64 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Zero<T>(T value) where T : unmanaged => sizeof(T) switch
    {
        1 => Unsafe.BitCast<T, byte>(value),
        2 => Unsafe.BitCast<T, ushort>(value),
        4 => Unsafe.BitCast<T, uint>(value),
        _ => Unsafe.BitCast<T, ulong>(value),
    };

    /// <summary>Sign-extends to 64 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Sign<T>(T value) where T : unmanaged => sizeof(T) switch
    {
        1 => (sbyte)Unsafe.BitCast<T, byte>(value),
        2 => (short)Unsafe.BitCast<T, ushort>(value),
        4 => (int)Unsafe.BitCast<T, uint>(value),
        _ => (long)Unsafe.BitCast<T, ulong>(value),
    };

    /// <summary>The low bits as a T.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Cut<T>(ulong value) where T : unmanaged => sizeof(T) switch
    {
        1 => Unsafe.BitCast<byte, T>((byte)value),
        2 => Unsafe.BitCast<ushort, T>((ushort)value),
        4 => Unsafe.BitCast<uint, T>((uint)value),
        _ => Unsafe.BitCast<ulong, T>(value),
    };

    /// <summary>The immediate as a T.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Immediate<T>(DecodedInstruction* i) where T : unmanaged => Cut<T>((ulong)i->Immediate);
}
