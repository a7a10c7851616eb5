using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;

namespace ReplayVmm.Events;

/// <summary>
/// Reads MessagePack that may be hostile. It never recurses and never allocates by a length it was told: the caller asks for each
/// value by its type, and every length is checked against the bytes that are there.
/// </summary>
/// <param name="data">What to read.</param>
/// <param name="place">What is being read, as an error names it: <c>row</c>, <c>record</c>.</param>
/// <param name="number">Which one of them.</param>
/// <param name="unit">How an offset in it is named.</param>
internal ref struct MessagePackReader(ReadOnlySpan<byte> data, string place, long number, string unit = "byte")
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> data = data;

    /// <summary>Bytes read so far.</summary>
    public int Position { get; private set; }

    /// <summary>Bytes that are left.</summary>
    public readonly int Remaining => data.Length - Position;

    /// <summary>True where the next value is an integer.</summary>
    public readonly bool NextIsInteger =>
        Position < data.Length && data[Position] is < 0x80 or >= 0xE0 or (>= 0xCC and <= 0xD3);

    /// <summary>True where the next value is nil; it is then taken.</summary>
    public bool TakeNil()
    {
        if (Position >= data.Length || data[Position] != 0xC0)
            return false;
        Position++;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong UInt()
    {
        int at = Position;
        if ((uint)at < (uint)data.Length && data[at] < 0x80)
        {
            Position = at + 1;
            return data[at];
        }

        return LongUInt();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Int()
    {
        int at = Position;
        if ((uint)at < (uint)data.Length && (sbyte)data[at] >= -32)
        {
            Position = at + 1;
            return (sbyte)data[at];
        }

        return LongInt();
    }

    /// <summary>An unsigned integer of at most <paramref name="limit"/>.</summary>
    public ulong UInt(ulong limit, string what)
    {
        int at = Position;
        ulong value = UInt();
        if (value > limit)
            Fail(at, $"{what} is {value}, at most {limit} can be");
        return value;
    }

    /// <summary>The number of items of an array.</summary>
    public int Array(string what) => Count(0x90, 0xDC, what, "an array");

    /// <summary>The start of an array that must have <paramref name="count"/> items.</summary>
    public void Array(int count, string what)
    {
        int at = Position;
        int found = Array(what);
        if (found != count)
            Fail(at, $"{what} has {found} items where {count} belong");
    }

    /// <summary>The number of pairs of a map.</summary>
    public int Map(string what) => Count(0x80, 0xDE, what, "a map");

    /// <summary>A binary value; it refers to the bytes that are read.</summary>
    public ReadOnlySpan<byte> Bin(string what)
    {
        int at = Position;
        uint length = Token(what) switch
        {
            0xC4 => Take(1)[0],
            0xC5 => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
            0xC6 => BinaryPrimitives.ReadUInt32BigEndian(Take(4)),
            _ => Unexpected(at, what, "bytes"),
        };
        return TakeLong(length, what);
    }

    /// <summary>A binary value of exactly <paramref name="length"/> bytes.</summary>
    public ReadOnlySpan<byte> Bin(int length, string what)
    {
        int at = Position;
        ReadOnlySpan<byte> bytes = Bin(what);
        if (bytes.Length != length)
            Fail(at, $"{what} has {bytes.Length} bytes where {length} belong");
        return bytes;
    }

    /// <summary>A text of at most <paramref name="limit"/> bytes of UTF-8.</summary>
    public string Text(int limit, string what)
    {
        int at = Position;
        byte token = Token(what);
        uint length = token switch
        {
            >= 0xA0 and <= 0xBF => (uint)(token & 31),
            0xD9 => Take(1)[0],
            0xDA => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
            0xDB => BinaryPrimitives.ReadUInt32BigEndian(Take(4)),
            _ => Unexpected(at, what, "a text"),
        };
        if (length > limit)
            Fail(at, $"{what} has {length} bytes, at most {limit} can be");
        try
        {
            return StrictUtf8.GetString(TakeLong(length, what));
        }
        catch (DecoderFallbackException)
        {
            return Throw<string>(at, $"{what} is not UTF-8");
        }
    }

    /// <summary>Checks that nothing follows.</summary>
    public readonly void End()
    {
        if (Remaining != 0)
            Fail(Position, $"{Remaining} bytes follow the end");
    }

    /// <summary>Fails with one line that names the place.</summary>
    [DoesNotReturn]
    public readonly void Fail(string problem) => Fail(Position, problem);

    [DoesNotReturn]
    private readonly void Fail(int at, string problem) => Throw<int>(at, problem);

    [DoesNotReturn]
    private readonly T Throw<T>(int at, string problem) =>
        throw new LogException(LogTrouble.BadRecording, $"{place} {number}, {unit} {at}: {problem}");

    [DoesNotReturn]
    private readonly uint Unexpected(int at, string what, string expected) =>
        Throw<uint>(at, $"{what} should be {expected}, but a value of type {data[at]:x2}h stands there");

    private int Count(byte small, byte large, string what, string expected)
    {
        int at = Position;
        byte token = Token(what);
        uint count =
            (token & 0xF0) == small ? (uint)(token & 15)
            : token == large ? BinaryPrimitives.ReadUInt16BigEndian(Take(2))
            : token == large + 1 ? BinaryPrimitives.ReadUInt32BigEndian(Take(4))
            : Unexpected(at, what, expected);
        if (count > (uint)Remaining)
            Fail(at, $"{what} claims {count} items in {Remaining} bytes");
        return (int)count;
    }

    private ulong LongUInt()
    {
        int at = Position;
        byte token = Token("an integer");
        if (token is >= 0xD0 and <= 0xD3 or >= 0xE0)
        {
            Position = at;
            long value = LongInt();
            if (value < 0)
                Fail(at, $"{value} stands where no negative number can");
            return (ulong)value;
        }

        return token switch
        {
            < 0x80 => token,
            0xCC => Take(1)[0],
            0xCD => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
            0xCE => BinaryPrimitives.ReadUInt32BigEndian(Take(4)),
            0xCF => BinaryPrimitives.ReadUInt64BigEndian(Take(8)),
            _ => Unexpected(at, "a value", "an integer"),
        };
    }

    private long LongInt()
    {
        int at = Position;
        byte token = Token("an integer");
        switch (token)
        {
            case < 0x80 or >= 0xE0: return (sbyte)token;
            case 0xD0: return (sbyte)Take(1)[0];
            case 0xD1: return BinaryPrimitives.ReadInt16BigEndian(Take(2));
            case 0xD2: return BinaryPrimitives.ReadInt32BigEndian(Take(4));
            case 0xD3: return BinaryPrimitives.ReadInt64BigEndian(Take(8));
            default:
                Position = at;
                ulong value = LongUInt();
                if (value > long.MaxValue)
                    Fail(at, $"{value} does not fit in 63 bits");
                return (long)value;
        }
    }

    private byte Token(string what)
    {
        if (Position >= data.Length)
            Fail(Position, $"the bytes end where {what} should be");
        return data[Position++];
    }

    private ReadOnlySpan<byte> Take(int length) => TakeLong((uint)length, "a value");

    private ReadOnlySpan<byte> TakeLong(uint length, string what)
    {
        if (length > (uint)Remaining)
            Fail(Position, $"{what} claims {length} bytes where {Remaining} are left");
        ReadOnlySpan<byte> bytes = data.Slice(Position, (int)length);
        Position += (int)length;
        return bytes;
    }
}
