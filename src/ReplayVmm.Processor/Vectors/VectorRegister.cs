using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>Vector registers by number: whole (YMM) or the lower half (XMM).</summary>
// SAFETY: numbers are 0 to 15; VectorOperands makes them.
internal static unsafe class VectorRegister
{
    private const int Bytes = 32;

    /// <summary>YMM <paramref name="number"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref Vector256<byte> Ymm(Core* c, int number) => ref *(Vector256<byte>*)At(c, number);

    /// <summary>XMM <paramref name="number"/>; a write keeps the upper half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref Vector128<byte> Xmm(Core* c, int number) => ref *(Vector128<byte>*)At(c, number);

    /// <summary>The upper half of YMM <paramref name="number"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref Vector128<byte> Upper(Core* c, int number) => ref *(Vector128<byte>*)(At(c, number) + (Bytes / 2));

    /// <summary>How many the present mode has: 16 in 64-bit mode, else 8.</summary>
    public static int Count(Core* c) => c->Mode.CodeBits == 64 ? 16 : 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* At(Core* c, int number) => (byte*)c + CpuState.VectorOffset + (number * Bytes);
}
