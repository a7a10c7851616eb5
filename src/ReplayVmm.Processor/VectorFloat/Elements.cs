using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>Elements of vectors as bit patterns in the low bits of 64, in little-endian order.</summary>
// SAFETY: callers pass places in vectors of their own.
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

    /// <summary>The lowest element.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Lowest<TFormat>(Vector128<byte> v) where TFormat : struct, IBinaryFormat =>
        Size<TFormat>() == sizeof(float) ? v.AsUInt32().ToScalar() : v.AsUInt64().ToScalar();

    /// <summary><paramref name="v"/> with another lowest element of <paramref name="size"/> bytes, 4 or 8.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> WithLowest(Vector128<byte> v, int size, ulong value) =>
        size == sizeof(float) ? v.AsUInt32().WithElement(0, (uint)value).AsByte() : v.AsUInt64().WithElement(0, value).AsByte();

    /// <summary>The lowest element in all places, so that a scalar is computed as a vector none of whose other elements is unfit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Repeat<T>(Vector128<byte> v) where T : unmanaged => Vector128.Create(v.As<byte, T>().ToScalar());
}
