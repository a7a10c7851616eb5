using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>Elements of vectors as bit patterns in the low bits of 64, in little-endian order.</summary>
// SAFETY: callers pass places in vectors of 32 bytes.
internal static unsafe class Elements
{
    /// <summary>Bytes of an element.</summary>
    public static int Size<TFormat>() where TFormat : struct, IBinaryFormat => (TFormat.Precision + TFormat.ExponentBits) / 8;

    /// <summary>Reads an element.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Read<TFormat>(byte* at) where TFormat : struct, IBinaryFormat => Read(at, Size<TFormat>());

    /// <summary>Writes an element.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write<TFormat>(byte* at, ulong value) where TFormat : struct, IBinaryFormat => Write(at, Size<TFormat>(), value);

    /// <summary>Reads <paramref name="size"/> bytes (2, 4 or 8), zero-extended.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Read(byte* at, int size) => size switch
    {
        2 => Unsafe.ReadUnaligned<ushort>(at),
        4 => Unsafe.ReadUnaligned<uint>(at),
        _ => Unsafe.ReadUnaligned<ulong>(at),
    };

    /// <summary>Writes the low <paramref name="size"/> bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(byte* at, int size, ulong value)
    {
        if (size == 2)
            Unsafe.WriteUnaligned(at, (ushort)value);
        else if (size == 4)
            Unsafe.WriteUnaligned(at, (uint)value);
        else
            Unsafe.WriteUnaligned(at, value);
    }

    /// <summary>Copies the vector of 16 bytes whose upper elements a scalar instruction leaves as they are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Pass(in FloatCall call) => Vector128.Load(call.First).Store(call.Result);
}
