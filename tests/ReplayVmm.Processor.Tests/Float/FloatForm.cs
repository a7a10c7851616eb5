using Iced.Intel;
using ReplayVmm.Processor.Tests.Silicon;
using ReplayVmm.Silicon;

namespace ReplayVmm.Processor.Tests.Float;

/// <summary>
/// One encoding of the opcodes D8 to DF between FRSTOR and FNSAVE, which load and store all of the unit's state: so the judge of integer instructions executes it as it is.
/// Encodings that mean nothing are forms too.
/// </summary>
/// <param name="Bytes">The instruction alone; its memory operand is at [RCX].</param>
/// <param name="Bits">32 or 64.</param>
internal sealed record FloatForm(byte[] Bytes, int Bits)
{
    /// <summary>Where FRSTOR loads from, FNSAVE stores to, and the memory operand is: offsets in the window.</summary>
    public const int Before = 0, After = 128, Operand = 256;

    /// <summary>FNINIT, FRSTOR [RAX], the instruction, FNSAVE [RBX].</summary>
    public const int Steps = 4;

    private static readonly byte[] Prologue = [0xDB, 0xE3, 0xDD, 0x20], Epilogue = [0xDD, 0x33];

    /// <summary>FXSAVE or FXRSTOR: half of its image lies behind the window, where nothing looks.</summary>
    public bool IsFastSave => Bytes.Length > 2 && Bytes[^2] == 0xAE;

    /// <summary>The instruction as decoded.</summary>
    public Instruction Decoded
    {
        get
        {
            var decoder = Decoder.Create(Bits, Bytes, Layout.CodePage + Layout.InstructionOffset);
            return decoder.Decode();
        }
    }

    public override string ToString() => $"{System.Convert.ToHexString(Bytes)} {(Decoded.IsInvalid ? "(undefined)" : Decoded)} ({Bits}-bit)";

    /// <summary>The sequence as the judge's parts take it.</summary>
    public TestInstruction Sequence => FloatRunner.Sequence(ToString(), Decoded, [.. Prologue, .. Bytes, .. Epilogue], Bits);

    /// <summary>An alias of FSTP that no manual describes: AMD's processors only pop.</summary>
    private static bool IsVendorDependent(int opcode, int modrm) => opcode == 0xD9 && modrm is >= 0xD8 and <= 0xDF;

    /// <summary>All forms for code of <paramref name="bits"/> bits: 504 with registers, 64 with memory, those of 14 and 94 bytes with an operand-size prefix, FWAIT, FXSAVE and FXRSTOR.</summary>
    public static IEnumerable<FloatForm> All(int bits)
    {
        for (int opcode = 0xD8; opcode <= 0xDF; opcode++)
        {
            for (int register = 0; register < 8; register++)
                yield return new FloatForm([(byte)opcode, (byte)((register << 3) | 1)], bits);
            for (int modrm = 0xC0; modrm <= 0xFF; modrm++)
            {
                if (!IsVendorDependent(opcode, modrm))
                    yield return new FloatForm([(byte)opcode, (byte)modrm], bits);
            }
        }
        foreach ((byte opcode, byte register) in ((byte, byte)[])[(0xD9, 4), (0xD9, 6), (0xDD, 4), (0xDD, 6)])
            yield return new FloatForm([0x66, opcode, (byte)((register << 3) | 1)], bits);
        yield return new FloatForm([0x9B], bits);
        foreach (byte modrm in (byte[])[0x01, 0x09])
        {
            yield return new FloatForm([0x0F, 0xAE, modrm], bits);
            if (bits == 64)
                yield return new FloatForm([0x48, 0x0F, 0xAE, modrm], bits);
        }
    }
}
