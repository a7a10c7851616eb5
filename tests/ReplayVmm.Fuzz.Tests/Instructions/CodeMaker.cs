using System.Buffers.Binary;
using Iced.Intel;
using ReplayVmm.Processor;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>
/// Instruction bytes: pure noise, or encodings put together from prefixes, an opcode (those that lead deep more often), ModR/M and operands, now and then with a bit flipped.
/// </summary>
// SAFETY: decodes within an array that is pinned while it does.
internal sealed unsafe class CodeMaker
{
    public const int Length = 256;
    private const int LongestInstruction = 15;

    private readonly byte[] code = new byte[Length + (2 * LongestInstruction)];
    private readonly GuestCodeReader reader = new();
    private readonly Decoder[] decoders;

    public CodeMaker() => decoders = [Decoder.Create(16, reader), Decoder.Create(32, reader), Decoder.Create(64, reader)];

    private static ReadOnlySpan<byte> Prefixes => [0x66, 0x67, 0xF2, 0xF3, 0xF0, 0x2E, 0x36, 0x3E, 0x26, 0x64, 0x65];

    /// <summary>Far transfers, stacks, segments, strings, ports, interrupts, flags, x87, groups.</summary>
    private static ReadOnlySpan<byte> DeepOpcodes =>
    [
        0x9A, 0xEA, 0xFF, 0xFF, 0xCA, 0xCB, 0xCF, 0xCF, 0xCD, 0xCC, 0xCE, 0xF1, 0x8E, 0x8E, 0x8C, 0x07, 0x17, 0x1F, 0x06, 0x0E, 0xC4, 0xC5, 0xC8, 0xC9, 0x60, 0x61,
        0x62, 0x63, 0x9C, 0x9D, 0x9D, 0xA4, 0xA5, 0xA6, 0xA7, 0xAA, 0xAB, 0xAC, 0xAD, 0xAE, 0xAF, 0x6C, 0x6D, 0x6E, 0x6F, 0xE4, 0xE5, 0xEC, 0xED, 0xEE, 0xEF, 0xF4,
        0xFA, 0xFB, 0xFB, 0xF6, 0xF7, 0xD8, 0xD9, 0xDA, 0xDB, 0xDC, 0xDD, 0xDE, 0xDF, 0xE8, 0xE9, 0xC2, 0xC3, 0xE2, 0xE3, 0x8F, 0xD7, 0xA0, 0xA3, 0xD4, 0xC0, 0xD3,
    ];

    private static ReadOnlySpan<byte> DeepOpcodes0F =>
    [
        0x00, 0x00, 0x00, 0x01, 0x01, 0x01, 0x02, 0x03, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0B, 0x20, 0x21, 0x22, 0x22, 0x23, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0xA0,
        0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA8, 0xA9, 0xAB, 0xAC, 0xAD, 0xAE, 0xB0, 0xB1, 0xB2, 0xB3, 0xB4, 0xB5, 0xBA, 0xBB, 0xC0, 0xC1, 0xC3, 0xC7, 0xC7, 0xC8, 0xFF,
    ];

    /// <summary>Model-specific registers that mean something, for RCX.</summary>
    public static ReadOnlySpan<uint> Msrs =>
    [
        0x10, 0x1B, 0x3B, 0x8B, 0xFE, 0x174, 0x175, 0x176, 0x1A0, 0x1D9, 0x200, 0x201, 0x250, 0x277, 0x2FF, 0x6E0, 0x802, 0x80F, 0x830, 0xC000_0080, 0xC000_0081,
        0xC000_0082, 0xC000_0083, 0xC000_0084, 0xC000_0100, 0xC000_0101, 0xC000_0102, 0xC000_0103,
    ];

    /// <summary>Throws a program for code of <paramref name="bits"/> bits.</summary>
    public ReadOnlySpan<byte> Throw(Dice dice, int bits)
    {
        dice.Fill(code);
        if (dice.OnceIn(8))
            return code.AsSpan(0, Length);
        int at = 0;
        for (int wanted = 1 + dice.Below(24); wanted > 0 && at < Length - LongestInstruction; wanted--)
        {
            int length = Instruction(dice, code.AsSpan(at, LongestInstruction), bits);
            if (dice.OnceIn(32))
                code[at + dice.Below(length)] ^= (byte)(1 << dice.Below(8));
            at += length;
        }

        return code.AsSpan(0, Length);
    }

    private int Instruction(Dice dice, Span<byte> target, int bits)
    {
        int at = 0;
        while (at < 4 && dice.OnceIn(5))
            target[at++] = dice.Pick(Prefixes);
        if (bits == 64 && dice.OnceIn(2))
            target[at++] = (byte)(0x40 | dice.Below(16));
        int map = dice.Below(32);
        if (map < 1)
            at = Put(target, at, dice.Pick<ushort>([0x0F38, 0x0F3A]), (byte)dice.Next());
        else if (map < 2)
            at = Vector(dice, target, at);
        else if (map < 14)
            at = Put(target, at, 0x0F, dice.OnceIn(2) ? (byte)dice.Next() : dice.Pick(DeepOpcodes0F));
        else
            target[at++] = dice.OnceIn(3) ? (byte)dice.Next() : dice.Pick(DeepOpcodes);
        Operands(dice, target, at);
        fixed (byte* start = target)
        {
            reader.Set(start, start + target.Length);
            Decoder decoder = decoders[bits / 32];
            decoder.Decode(out Instruction instruction);
            return Math.Clamp(instruction.Length, 1, LongestInstruction);
        }
    }

    private static int Put(Span<byte> target, int at, ushort escape, byte opcode)
    {
        if (escape > 0xFF)
            target[at++] = (byte)(escape >> 8);
        target[at++] = (byte)escape;
        target[at++] = opcode;
        return at;
    }

    private static int Vector(Dice dice, Span<byte> target, int at)
    {
        bool three = dice.OnceIn(2);
        target[at++] = three ? (byte)0xC4 : (byte)0xC5;
        if (three)
            target[at++] = (byte)((dice.Next() & 0xE0) | (uint)(1 + dice.Below(3)));
        target[at++] = (byte)dice.Next();
        target[at++] = dice.Pick<byte>([0xF2, 0xF3, 0xF5, 0xF6, 0xF7, 0xF0, 0x77]);
        return at;
    }

    /// <summary>What follows an opcode, for whatever it is: noise, a far pointer, a near address or a short jump.</summary>
    private static void Operands(Dice dice, Span<byte> target, int at)
    {
        Span<byte> rest = target[at..];
        if (rest.Length < 8)
            return;
        switch (dice.Below(8))
        {
            case 0:
                BinaryPrimitives.WriteUInt32LittleEndian(rest, GuestImage.Code + (uint)dice.Below(0x200));
                BinaryPrimitives.WriteUInt16LittleEndian(rest[4..], GuestImage.Selector(dice));
                break;
            case 1:
                BinaryPrimitives.WriteUInt16LittleEndian(rest, (ushort)dice.Below(0x200));
                BinaryPrimitives.WriteUInt16LittleEndian(rest[2..], GuestImage.Selector(dice));
                break;
            case 2:
                BinaryPrimitives.WriteUInt32LittleEndian(rest[1..], (uint)GuestModes.Operand(dice));
                break;
            case 3:
                rest[0] = (byte)(dice.Below(64) - 32);
                rest[1..4].Clear();
                break;
            case 4:
                rest[1] = (byte)dice.Below(16);
                break;
        }
    }
}
