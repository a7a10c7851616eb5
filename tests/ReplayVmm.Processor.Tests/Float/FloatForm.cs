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

    /// <summary>All forms for code of <paramref name="bits"/> bits: 504 with registers, 64 with memory, those of 14 and 94 bytes with an operand-size prefix, FWAIT, FXSAVE, FXRSTOR, and the MMX instructions.</summary>
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
        foreach (FloatForm form in Mmx(bits))
            yield return form;
        foreach (byte modrm in (byte[])[0x01, 0x09])
        {
            yield return new FloatForm([0x0F, 0xAE, modrm], bits);
            if (bits == 64)
                yield return new FloatForm([0x48, 0x0F, 0xAE, modrm], bits);
        }
    }

    /// <summary>
    /// Instructions on MMX registers: with [RCX], with registers, with a general register where they take one, shifts and others with immediates. Their registers are those of
    /// the x87 unit.
    /// </summary>
    private static IEnumerable<FloatForm> Mmx(int bits)
    {
        byte[] binary =
        [
            0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x6B, 0x6F, 0x74, 0x75, 0x76, 0x7F, 0xD1, 0xD2, 0xD3, 0xD4, 0xD5, 0xD8, 0xD9, 0xDA, 0xDB, 0xDC,
            0xDD, 0xDE, 0xDF, 0xE0, 0xE1, 0xE2, 0xE3, 0xE4, 0xE5, 0xE8, 0xE9, 0xEA, 0xEB, 0xEC, 0xED, 0xEE, 0xEF, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF8, 0xF9, 0xFA, 0xFB,
            0xFC, 0xFD, 0xFE,
        ];
        foreach (byte opcode in binary)
        {
            foreach (byte modrm in (byte[])[0x01, 0x39, 0xC1, 0xD5, 0xFF])
                yield return new FloatForm([0x0F, opcode, modrm], bits);
        }
        foreach (byte opcode in (byte[])[0x71, 0x72, 0x73])
        {
            foreach (byte modrm in (byte[])[0xD3, 0xE6, 0xF1])
            {
                foreach (byte count in (byte[])[0, 1, 13, 15, 16, 31, 32, 63, 64, 255])
                {
                    if (opcode != 0x73 || modrm != 0xE6)
                        yield return new FloatForm([0x0F, opcode, modrm, count], bits);
                }
            }
        }
        // MOVD from and to ECX, RCX and memory, MOVNTQ, PMOVMSKB, EMMS.
        foreach (byte[] bytes in (byte[][])[[0x6E, 0x11], [0x6E, 0xD1], [0x7E, 0x11], [0x7E, 0xD0], [0xE7, 0x19], [0xD7, 0xC3], [0x77]])
            yield return new FloatForm([0x0F, .. bytes], bits);
        foreach (byte order in (byte[])[0x1B, 0xE4, 0x93, 0xFF])
        {
            foreach (byte[] bytes in (byte[][])[[0x70, 0x01], [0x70, 0xCA], [0xC4, 0x11], [0xC4, 0xD1], [0xC5, 0xC2]])
                yield return new FloatForm([0x0F, .. bytes, order], bits);
        }
        // What SSSE3 added: PSHUFB to PMULHRSW, PABSB to PABSD, PALIGNR.
        foreach (byte opcode in (byte[])[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0x1C, 0x1D, 0x1E])
        {
            foreach (byte modrm in (byte[])[0x01, 0x39, 0xC1, 0xD5, 0xFF])
                yield return new FloatForm([0x0F, 0x38, opcode, modrm], bits);
        }
        foreach (byte count in (byte[])[0, 1, 7, 8, 9, 15, 16, 17, 255])
        {
            foreach (byte modrm in (byte[])[0x01, 0xC1, 0xD5])
                yield return new FloatForm([0x0F, 0x3A, 0x0F, modrm, count], bits);
        }
        if (bits != 64)
            yield break;
        foreach (byte[] bytes in (byte[][])[[0x6E, 0x11], [0x6E, 0xD1], [0x7E, 0x11], [0x7E, 0xD0], [0xD7, 0xC3]])
            yield return new FloatForm([0x48, 0x0F, .. bytes], bits);
    }
}
