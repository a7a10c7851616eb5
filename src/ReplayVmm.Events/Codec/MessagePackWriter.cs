using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;

namespace ReplayVmm.Events;

/// <summary>
/// Writes MessagePack into a buffer that the caller made large enough; integers always in their shortest form, so that equal values
/// have equal bytes.
/// </summary>
internal ref struct MessagePackWriter(Span<byte> buffer)
{
    private readonly Span<byte> buffer = buffer;

    /// <summary>Longest integer or length prefix.</summary>
    public const int LongestToken = 9;

    /// <summary>Bytes written so far.</summary>
    public int Length { get; private set; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void UInt(ulong value)
    {
        if (value < 0x80)
            buffer[Length++] = (byte)value;
        else
            LongUInt(value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Int(long value)
    {
        if (value is >= -32 and < 0x80)
            buffer[Length++] = (byte)value;
        else if (value >= 0)
            LongUInt((ulong)value);
        else
            LongNegative(value);
    }

    public void Nil() => buffer[Length++] = 0xC0;

    public void Array(int count) => Prefix(count, 0x90, 15, 0xDC);

    public void Map(int count) => Prefix(count, 0x80, 15, 0xDE);

    public void Bin(scoped ReadOnlySpan<byte> bytes)
    {
        BinPrefix(bytes.Length);
        bytes.CopyTo(buffer[Length..]);
        Length += bytes.Length;
    }

    /// <summary>The prefix of a binary value whose bytes the caller appends with <see cref="Raw"/>.</summary>
    public void BinPrefix(int length)
    {
        if (length <= byte.MaxValue)
            Token8(0xC4, (byte)length);
        else if (length <= ushort.MaxValue)
            Token16(0xC5, (ushort)length);
        else
            Token32(0xC6, (uint)length);
    }

    public void Raw(scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(buffer[Length..]);
        Length += bytes.Length;
    }

    public void Text(string text)
    {
        int length = Encoding.UTF8.GetByteCount(text);
        if (length < 32)
            buffer[Length++] = (byte)(0xA0 | length);
        else if (length <= byte.MaxValue)
            Token8(0xD9, (byte)length);
        else if (length <= ushort.MaxValue)
            Token16(0xDA, (ushort)length);
        else
            Token32(0xDB, (uint)length);
        Length += Encoding.UTF8.GetBytes(text, buffer[Length..]);
    }

    // By the number of significant bits: of a value from 0 up, and, 65 further on, of the complement of one below 0. A column's values differ in
    // size at random, where comparisons would be mispredicted.
    private static ReadOnlySpan<byte> Sizes =>
    [
        1, 1, 1, 1, 1, 1, 1, 1, 2, 3, 3, 3, 3, 3, 3, 3, 3, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5,
        9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9,
        1, 1, 1, 1, 1, 1, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5,
        9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9,
    ];

    /// <summary>Bytes that <see cref="UInt"/> would take.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SizeOf(ulong value) => Sizes[64 - BitOperations.LeadingZeroCount(value)];

    /// <summary>Bytes that <see cref="Int"/> would take.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SizeOf(long value)
    {
        long sign = value >> 63;
        return Sizes[64 - BitOperations.LeadingZeroCount((ulong)(value ^ sign)) + (int)(sign & 65)];
    }

    private void LongUInt(ulong value)
    {
        if (value < 0x80)
            buffer[Length++] = (byte)value;
        else if (value <= byte.MaxValue)
            Token8(0xCC, (byte)value);
        else if (value <= ushort.MaxValue)
            Token16(0xCD, (ushort)value);
        else if (value <= uint.MaxValue)
            Token32(0xCE, (uint)value);
        else
            Token64(0xCF, value);
    }

    private void LongNegative(long value)
    {
        if (value >= sbyte.MinValue)
            Token8(0xD0, (byte)value);
        else if (value >= short.MinValue)
            Token16(0xD1, (ushort)value);
        else if (value >= int.MinValue)
            Token32(0xD2, (uint)value);
        else
            Token64(0xD3, (ulong)value);
    }

    private void Prefix(int count, byte small, int smallLimit, byte large)
    {
        if (count <= smallLimit)
            buffer[Length++] = (byte)(small | count);
        else if (count <= ushort.MaxValue)
            Token16(large, (ushort)count);
        else
            Token32((byte)(large + 1), (uint)count);
    }

    private void Token8(byte token, byte value)
    {
        buffer[Length] = token;
        buffer[Length + 1] = value;
        Length += 2;
    }

    private void Token16(byte token, ushort value)
    {
        buffer[Length] = token;
        BinaryPrimitives.WriteUInt16BigEndian(buffer[(Length + 1)..], value);
        Length += 3;
    }

    private void Token32(byte token, uint value)
    {
        buffer[Length] = token;
        BinaryPrimitives.WriteUInt32BigEndian(buffer[(Length + 1)..], value);
        Length += 5;
    }

    private void Token64(byte token, ulong value)
    {
        buffer[Length] = token;
        BinaryPrimitives.WriteUInt64BigEndian(buffer[(Length + 1)..], value);
        Length += 9;
    }
}
