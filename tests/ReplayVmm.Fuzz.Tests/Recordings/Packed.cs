using System.Buffers.Binary;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>MessagePack that nobody would write: deep, long, cut, with lengths that lie.</summary>
internal static class Packed
{
    /// <summary>Throws some.</summary>
    public static byte[] Throw(Dice dice)
    {
        byte[] bytes = new byte[dice.OnceIn(8) ? dice.Below(100_000) : dice.Below(300)];
        if (dice.OnceIn(4))
        {
            bytes.AsSpan().Fill(dice.Pick<byte>([0x91, 0x81, 0xDD, 0x92, 0xC6]));
            return bytes;
        }

        dice.Fill(bytes);
        for (int at = 0; at + 12 < bytes.Length && !dice.OnceIn(24);)
            at += Token(dice, bytes.AsSpan(at));
        return bytes;
    }

    private static int Token(Dice dice, Span<byte> target)
    {
        byte token = dice.Pick<byte>([0x90, 0x93, 0x94, 0x9C, 0xDC, 0xDD, 0x80, 0x82, 0xDE, 0xDF, 0xC4, 0xC5, 0xC6, 0xA4, 0xD9, 0xDB, 0xCC, 0xCD, 0xCE, 0xCF, 0xD0, 0xD3, 0xC0, 0xE0, 0x05]);
        target[0] = token;
        ulong number = dice.Number();
        switch (token)
        {
            case 0xC4 or 0xD9 or 0xCC or 0xD0:
                target[1] = (byte)number;
                return 2;
            case 0xDC or 0xDE or 0xC5 or 0xCD:
                BinaryPrimitives.WriteUInt16BigEndian(target[1..], (ushort)number);
                return 3;
            case 0xDD or 0xDF or 0xC6 or 0xDB or 0xCE:
                BinaryPrimitives.WriteUInt32BigEndian(target[1..], (uint)number);
                return 5;
            case 0xCF or 0xD3:
                BinaryPrimitives.WriteUInt64BigEndian(target[1..], number);
                return 9;
            default:
                return 1;
        }
    }
}
