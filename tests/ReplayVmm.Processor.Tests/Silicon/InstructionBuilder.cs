using Iced.Intel;
using ReplayVmm.Silicon;

namespace ReplayVmm.Processor.Tests.Silicon;

/// <summary>Makes instruction number n of a form: the same one from the same seed.</summary>
internal static class InstructionBuilder
{
    private const int LongestInstruction = 15;

    /// <summary>Null where the random choice cannot be encoded, or may not be judged.</summary>
    public static TestInstruction? TryBuild(ref Randomness random, Form form, int number, SiliconProcess host)
    {
        CodeSetting setting = CodeSetting.Choose(ref random, form.Bits, form.NeedsSegments, host);
        int offset = random.Below(64) switch
        {
            // Into the second page, and out of it into the page that is not there.
            0 or 1 => 4096 - random.Below(16),
            2 when form.MayEndPages => Layout.CodeSize - 1 - random.Below(16),
            _ => Layout.InstructionOffset,
        };
        ulong rip = Layout.CodePage + (ulong)offset - setting.CodeBase;
        byte[]? bytes = form.Code == Code.INVALID ? ByteMutation.Random(ref random, form.Bits) : Encode(ref random, form.Code, setting, rip);
        if (bytes is null)
            return null;
        if (form.Code != Code.INVALID && random.OnceIn(4))
            bytes = ByteMutation.InsertPrefixes(ref random, bytes, form.Bits);
        if (form.Code.Encoding() == EncodingKind.VEX && random.OnceIn(24))
            ByteMutation.ChangeVex(ref random, bytes, form.Bits);
        if (form.Code != Code.INVALID && form.MayBeLong && random.OnceIn(48))
            bytes = ByteMutation.Lengthen(ref random, bytes);
        Instruction decoded = Decode(ref random, ref bytes, form, rip);
        if (decoded.IsInvalid && offset != Layout.InstructionOffset)
            return null;
        // The runtime's own base of FS is nobody's business.
        if (!setting.HasSegments && decoded.MemorySegment == Register.FS)
            setting = setting with { HasSegments = true };
        var test = new TestInstruction { Name = $"{form.Name}/{number}", Decoded = decoded, Bytes = bytes, Setting = setting, Offset = offset };
        return form.Catalog.MayJudge(test) ? test : null;
    }

    private static byte[]? Encode(ref Randomness random, Code code, CodeSetting setting, ulong rip)
    {
        OpCodeInfo info = code.ToOpCode();
        var instruction = new Instruction { Code = code };
        int bits = setting.Bits, other = bits == 64 ? 32 : bits == 32 ? 16 : 32;
        int addressBits = random.OnceIn(bits == 16 ? 4 : 8) ? other : bits;
        bool memory = random.OnceIn(2);
        for (int operand = 0; operand < info.OpCount; operand++)
        {
            if (!OperandChoice.Set(ref random, ref instruction, operand, info.GetOpKind(operand), setting, rip, addressBits, memory))
                return null;
        }
        if (info.CanUseLockPrefix && instruction.Op0Kind == OpKind.Memory && random.OnceIn(4))
            instruction.HasLockPrefix = true;
        bool isString = TestInstruction.IsString(code);
        if (info.CanUseRepPrefix && isString && random.OnceIn(2))
            instruction.HasRepPrefix = true;
        else if (info.CanUseRepnePrefix && isString && random.OnceIn(2))
            instruction.HasRepnePrefix = true;

        var writer = new ListWriter();
        if (!Encoder.Create(bits, writer).TryEncode(instruction, rip, out _, out _))
            return null;
        byte[] bytes = [.. writer.Bytes];
        bool explicitMemory = instruction.Op0Kind == OpKind.Memory || instruction.Op1Kind == OpKind.Memory || instruction.Op2Kind == OpKind.Memory;
        if (!explicitMemory || info.OpCount == 0 || !HasModRm(info) || random.Below(3) == 0)
            return bytes;
        var decoder = Decoder.Create(bits, bytes, rip);
        Instruction decoded = decoder.Decode();
        return ByteMutation.ChangeAddress(ref random, bytes, decoded, decoder.GetConstantOffsets(decoded), setting, rip) ?? bytes;
    }

    /// <summary>
    /// Cuts the bytes to the instruction. What does not decode keeps what was looked at, followed by INT3: should the processor know more than the decoder, nothing
    /// random is executed behind it.
    /// </summary>
    private static Instruction Decode(ref Randomness random, ref byte[] bytes, Form form, ulong rip)
    {
        // A prefix more may mean a longer immediate.
        ulong more = random.Next();
        byte[] longer = [.. bytes, .. BitConverter.GetBytes(more)];
        var decoder = Decoder.Create(form.Bits, longer, rip);
        Instruction decoded = decoder.Decode();
        if (!decoded.IsInvalid)
        {
            bytes = longer[..decoded.Length];
            return decoded;
        }
        if (form.Code == Code.INVALID)
        {
            Array.Resize(ref bytes, LongestInstruction);
            bytes.AsSpan(Math.Clamp(decoded.Length, 1, LongestInstruction)).Fill(0xCC);
        }
        return decoded;
    }

    private static bool HasModRm(OpCodeInfo info)
    {
        for (int operand = 0; operand < info.OpCount; operand++)
        {
            if (info.GetOpKind(operand) is OpCodeOperandKind.mem or OpCodeOperandKind.r8_or_mem or OpCodeOperandKind.r16_or_mem or OpCodeOperandKind.r32_or_mem
                or OpCodeOperandKind.r64_or_mem or OpCodeOperandKind.mm_or_mem or OpCodeOperandKind.xmm_or_mem or OpCodeOperandKind.ymm_or_mem)
            {
                return true;
            }
        }
        return false;
    }

    private sealed class ListWriter : CodeWriter
    {
        public List<byte> Bytes { get; } = [];

        public override void WriteByte(byte value) => Bytes.Add(value);
    }
}
