using System.Buffers.Binary;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>Ways to spoil bytes.</summary>
internal static class Mutation
{
    /// <summary>Flips bits, writes numbers of all widths at aligned places, copies pieces over others, cuts and lengthens: one or a few of these.</summary>
    /// <param name="dice">Decides.</param>
    /// <param name="bytes">What is spoilt; it is left as it is.</param>
    /// <param name="head">Most changes fall into the first so many bytes.</param>
    public static byte[] Spoil(Dice dice, ReadOnlySpan<byte> bytes, int head)
    {
        int length = dice.Below(8) switch
        {
            0 => dice.Below(bytes.Length + 1),
            1 => bytes.Length + dice.Below(64),
            _ => bytes.Length,
        };
        byte[] result = new byte[length];
        bytes[..Math.Min(length, bytes.Length)].CopyTo(result);
        for (int n = dice.Below(4); n >= 0 && length > 0; n--)
            Change(dice, result, dice.OnceIn(4) ? length : Math.Min(head, length));
        return result;
    }

    /// <summary>Flips one bit.</summary>
    public static void Flip(Dice dice, Span<byte> bytes) => bytes[dice.Below(bytes.Length)] ^= (byte)(1 << dice.Below(8));

    private static void Change(Dice dice, Span<byte> bytes, int range)
    {
        int at = dice.Below(range);
        switch (dice.Below(6))
        {
            case 0:
                bytes[at] ^= (byte)(1 << dice.Below(8));
                break;
            case 1:
                bytes[at] = dice.Pick<byte>([0, 1, 0x7F, 0x80, 0xFF, (byte)dice.Next()]);
                break;
            case 2 when (at &= ~1) + 2 <= bytes.Length:
                BinaryPrimitives.WriteUInt16LittleEndian(bytes[at..], (ushort)dice.Number());
                break;
            case 3 when (at &= ~3) + 4 <= bytes.Length:
                BinaryPrimitives.WriteUInt32LittleEndian(bytes[at..], (uint)dice.Number());
                break;
            case 4 when (at &= ~7) + 8 <= bytes.Length:
                BinaryPrimitives.WriteUInt64LittleEndian(bytes[at..], dice.Number());
                break;
            default:
                int from = dice.Below(bytes.Length), count = Math.Min(dice.Below(32), bytes.Length - Math.Max(at, from));
                bytes.Slice(from, count).ToArray().CopyTo(bytes[at..]);
                break;
        }
    }
}
