using System.Buffers.Binary;
using Iced.Intel;
using ReplayVmm.Silicon;

namespace ReplayVmm.Processor.Tests.Silicon;

/// <summary>
/// What an encoder never writes: redundant, repeated and misplaced prefixes, every form of ModR/M and SIB, instructions that are too long, random bytes.
/// </summary>
internal static class ByteMutation
{
    private static readonly byte[] Legacy = [0x66, 0x67, 0xF2, 0xF3, 0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65];

    /// <summary>Some prefixes more, anywhere in front of the opcode.</summary>
    public static byte[] InsertPrefixes(ref Randomness random, byte[] bytes, int bits)
    {
        var result = new List<byte>(bytes);
        int opcode = OpcodeAt(bytes, bits), count = random.OnceIn(3) ? 1 + random.Below(4) : 1;
        for (int n = 0; n < count; n++)
        {
            byte prefix = random.OnceIn(8) ? (byte)0xF0 : bits == 64 && random.OnceIn(3) ? (byte)(0x40 + random.Below(16)) : random.Pick<byte>(Legacy);
            result.Insert(random.Below(opcode + n + 1), prefix);
        }
        return [.. result];
    }

    /// <summary>Prefixes until the instruction has 15 to 18 bytes.</summary>
    public static byte[] Lengthen(ref Randomness random, byte[] bytes)
    {
        byte prefix = random.Pick<byte>([0x2E, 0x3E, 0x66, 0x26, 0x64, 0xF2, 0xF3]);
        int length = 15 + (random.OnceIn(2) ? 0 : random.Below(4));
        return [.. Enumerable.Repeat(prefix, Math.Max(0, length - bytes.Length)), .. bytes];
    }

    /// <summary>One bit of the VEX prefix changed: another register, length, W, opcode map, or something that is not allowed.</summary>
    public static void ChangeVex(ref Randomness random, byte[] bytes, int bits)
    {
        int at = OpcodeAt(bytes, bits);
        int payload = bytes[at] == 0xC5 ? 1 : 2;
        // Outside 64-bit mode the upper two bits tell it from LES and LDS.
        bytes[at + 1 + random.Below(payload)] ^= (byte)(1 << random.Below(bits == 64 ? 8 : 6));
    }

    /// <summary>Another ModR/M, SIB and displacement in memory form, the reg field and all else kept.</summary>
    public static byte[]? ChangeAddress(ref Randomness random, byte[] bytes, Instruction instruction, ConstantOffsets constants, CodeSetting setting, ulong rip)
    {
        OpCodeInfo info = instruction.Code.ToOpCode();
        int at = OpcodeAt(bytes, setting.Bits) + (info.Encoding == EncodingKind.VEX ? bytes[OpcodeAt(bytes, setting.Bits)] == 0xC5 ? 3 : 4
            : info.Table switch { OpCodeTableKind.Normal => 1, OpCodeTableKind.T0F => 2, _ => 3 });
        if (at >= bytes.Length || bytes[at] >= 0xC0)
            return null;
        byte[] immediates = constants.HasImmediate ? bytes[constants.ImmediateOffset..] : [];
        int addressBits = setting.Bits == 64 ? 64 : setting.Bits;
        if (bytes.AsSpan(0, at).Contains((byte)0x67))
            addressBits = setting.Bits == 32 ? 16 : 32;
        int mod = random.Below(3), rm = random.Below(8);
        var result = new List<byte>(bytes[..at]) { (byte)((mod << 6) | (bytes[at] & 0x38) | rm) };
        bool absolute;
        if (addressBits == 16)
        {
            absolute = mod == 0 && rm == 6;
            AddDisplacement(ref random, result, absolute || mod == 2 ? 2 : mod, absolute ? Target(ref random, instruction, setting) : null);
        }
        else
        {
            absolute = mod == 0 && rm == 5;
            bool relative = absolute && setting.Bits == 64;
            if (rm == 4)
            {
                byte sib = (byte)random.Next();
                result.Add(sib);
                absolute = mod == 0 && (sib & 7) == 5;
            }
            ulong? target = null;
            if (absolute)
                target = relative ? Layout.Window + 200 - (rip + (ulong)(result.Count + 4 + immediates.Length)) : Target(ref random, instruction, setting);
            AddDisplacement(ref random, result, absolute || mod == 2 ? 4 : mod, target);
        }
        result.AddRange(immediates);
        return [.. result];
    }

    /// <summary>Random bytes with the look of an instruction.</summary>
    public static byte[] Random(ref Randomness random, int bits)
    {
        Span<byte> bytes = stackalloc byte[15];
        int at = 0;
        for (int prefixes = random.OnceIn(2) ? 0 : random.Below(4); prefixes > 0; prefixes--)
            bytes[at++] = random.OnceIn(6) ? (byte)0xF0 : random.Pick<byte>(Legacy);
        if (bits == 64 && random.OnceIn(3))
            bytes[at++] = (byte)(0x40 + random.Below(16));
        int map = random.Below(8);
        if (map >= 4)
            bytes[at++] = 0x0F;
        if (map == 7)
            bytes[at++] = random.OnceIn(2) ? (byte)0x38 : (byte)0x3A;
        while (at < bytes.Length)
            bytes[at++] = (byte)random.Next();
        return bytes.ToArray();
    }

    /// <summary>Where the opcode (or a VEX prefix) starts.</summary>
    public static int OpcodeAt(byte[] bytes, int bits)
    {
        int at = 0;
        while (at < bytes.Length && (Legacy.Contains(bytes[at]) || bytes[at] == 0xF0 || (bits == 64 && (bytes[at] & 0xF0) == 0x40)))
            at++;
        return at;
    }

    private static ulong Target(ref Randomness random, Instruction instruction, CodeSetting setting) =>
        Layout.Window + 200 + (ulong)random.Below(100) - setting.BaseOf(instruction.SegmentPrefix == Register.None ? Register.DS : instruction.SegmentPrefix);

    private static void AddDisplacement(ref Randomness random, List<byte> bytes, int size, ulong? target)
    {
        Span<byte> displacement = stackalloc byte[8];
        ulong value = target ?? (size == 4 && random.OnceIn(2) ? (ulong)(short)random.Next() : random.Operand());
        BinaryPrimitives.WriteUInt64LittleEndian(displacement, value);
        bytes.AddRange(displacement[..size]);
    }
}
