using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>Decodes guest code into blocks. Allocates nothing.</summary>
// SAFETY: reads at most to the end of the host page of the first byte, and of a second page that the caller gives; writes into room the cache prepared.
internal sealed unsafe class BlockBuilder(CpuModel model, BlockCache cache)
{
    private const int PageSize = 4096, LongestInstruction = 15;

    private readonly GuestCodeReader _reader = new();
    private Decoder? _decoder16, _decoder32, _decoder64, _lenient16, _lenient32, _lenient64;

    /// <summary>
    /// A block of what starts at <paramref name="host"/>, up to the end of its page; null where already the first instruction goes on in the next page.
    /// Not yet in the cache.
    /// </summary>
    public Block* Build(byte* host, ModeKey mode)
    {
        Block* block = Start(host, mode);
        byte* end = (byte*)(((nuint)host | (PageSize - 1)) + 1);
        Decode(block, host, end, mode, Block.MaxCount);
        return block->Count == 0 ? null : Finish(block);
    }

    /// <summary>A block of the one instruction that starts at <paramref name="host"/> and goes on at <paramref name="secondPage"/>. Not yet in the cache.</summary>
    public Block* BuildAcross(byte* host, byte* secondPage, ModeKey mode)
    {
        byte* bytes = stackalloc byte[LongestInstruction * 2];
        int inFirst = PageSize - (int)((nuint)host & (PageSize - 1));
        Buffer.MemoryCopy(host, bytes, LongestInstruction, inFirst);
        Buffer.MemoryCopy(secondPage, bytes + inFirst, LongestInstruction, LongestInstruction);
        Block* block = Start(host, mode);
        block->SecondPage = secondPage;
        Decode(block, bytes, bytes + inFirst + LongestInstruction, mode, 1);
        return Finish(block);
    }

    private static Block* Finish(Block* block)
    {
        DecodedInstruction* sentinel = Block.First(block) + block->Count;
        *sentinel = new DecodedInstruction { Handler = &BlockCache.EndOfBlock, Offset = block->Bytes, Ordinal = block->Count };
        return block;
    }

    private Block* Start(byte* host, ModeKey mode)
    {
        Block* block = cache.Prepare();
        *block = new Block { Host = host, Mode = (byte)(mode.Bits & Block.DecodeBits), FirstNext = block, SecondNext = block };
        return block;
    }

    private void Decode(Block* block, byte* code, byte* end, ModeKey mode, int maxCount)
    {
        _reader.Set(code, end);
        Decoder decoder = DecoderFor(mode.CodeBits);
        decoder.IP = 0;
        BindContext b = new() { Mode = mode };
        bool goesOn = true;
        while (goesOn && block->Count < maxCount && code < end)
        {
            decoder.Decode(out b.Source);
            DecoderError error = decoder.LastError;
            if (error == DecoderError.NoMoreBytes && end - code < LongestInstruction)
                return;
            DecodedInstruction* target = Block.First(block) + block->Count;
            *target = new DecodedInstruction { Offset = block->Bytes, Ordinal = block->Count };
            b.Target = target;
            int length = b.Source.Length;
            goesOn = error == DecoderError.None ? Bind(ref b, code, length) : Refuse(target, code, end, ref length, mode);
            target->Length = (byte)length;
            block->Bytes += (ushort)length;
            block->Count++;
            code += length;
        }
    }

    /// <summary>True where the block goes on behind it.</summary>
    private bool Bind(ref BindContext b, byte* code, int length)
    {
        DecodedInstruction* target = b.Target;
        target->Length = (byte)length;
        b.Code = code;
        target->Flags = Prefixes.Sizes(code, length, b.Mode.CodeBits)
            | (b.Source.HasRepPrefix ? InstructionFlags.Rep : 0) | (b.Source.HasRepnePrefix ? InstructionFlags.Repne : 0)
            | (b.Source.HasLockPrefix ? InstructionFlags.Lock : 0);
        InstructionFlags flags = target->Flags;
        if (b.Source.Code == Code.Pause && (Prefixes.Rex(code, length, b.Mode.CodeBits) & 1) != 0)
            b.Source = ExchangeR8(flags);
        ref readonly InstructionTable.Row row = ref InstructionTable.Find(b.Source.Code);
        if (row.Feature is CpuFeature.Bmi1 or CpuFeature.Lzcnt && !model.Has(row.Feature))
            row = ref InstructionTable.FindOlder(b.Source.Mnemonic);
        if (b.Mode.IsRealOrVirtual8086 && b.Source.Encoding != EncodingKind.Legacy)
        {
            target->Handler = &AbsentInstructions.InvalidOpcode;
            return false;
        }
        if (row.Bind == null || !model.Has(row.Feature) || !model.Has(row.Second))
        {
            target->Handler = &AbsentInstructions.InvalidOpcode;
            return false;
        }
        bool lockAllowed = row.Lockable && b.Source.Op0Kind == OpKind.Memory;
        if ((b.Source.HasLockPrefix && !lockAllowed) || !row.Bind(ref b) || target->Handler == null)
        {
            target->Handler = &AbsentInstructions.InvalidOpcode;
            return false;
        }
        return !row.EndsBlock && (flags & (InstructionFlags.Rep | InstructionFlags.Repne)) == 0;
    }

    /// <summary>F3 90 is PAUSE, but 90 with REX.B names R8, and F3 means nothing there (SDM volume 2, XCHG).</summary>
    private static Instruction ExchangeR8(InstructionFlags flags) => (flags & InstructionFlags.OperandMask) switch
    {
        InstructionFlags.Operand64 => Instruction.Create(Code.Xchg_r64_RAX, Register.R8, Register.RAX),
        InstructionFlags.Operand32 => Instruction.Create(Code.Xchg_r32_EAX, Register.R8D, Register.EAX),
        _ => Instruction.Create(Code.Xchg_r16_AX, Register.R8W, Register.AX),
    };

    /// <summary>An encoding that is none: #UD, or #GP(0) where it is too long, whatever else is wrong with it.</summary>
    private bool Refuse(DecodedInstruction* target, byte* code, byte* end, ref int length, ModeKey mode)
    {
        target->Handler = IsTooLong(code, end, mode) ? &AbsentInstructions.TooLong : &AbsentInstructions.InvalidOpcode;
        length = Math.Clamp(length, 1, LongestInstruction);
        return false;
    }

    /// <summary>
    /// Measures what the decoder refuses to: each prefix that counts for the length once, the others, and LOCK where it is not allowed, left out. At least
    /// <see cref="LongestInstruction"/> bytes are there, or the encoding is none in fewer.
    /// </summary>
    private bool IsTooLong(byte* code, byte* end, ModeKey mode)
    {
        byte* opcode = code, compact = stackalloc byte[4 + LongestInstruction];
        byte mandatory = 0, operand = 0, address = 0, rex = Prefixes.Rex(code, (int)Math.Min(end - code, LongestInstruction), mode.CodeBits);
        for (; opcode < end && opcode - code < LongestInstruction && IsPrefix(*opcode, mode); opcode++)
        {
            if (*opcode == 0x66)
                operand = 0x66;
            else if (*opcode == 0x67)
                address = 0x67;
            else if (*opcode is 0xF2 or 0xF3)
                mandatory = *opcode;
        }
        int prefixes = (int)(opcode - code), rest = (int)Math.Min(end - opcode, LongestInstruction);
        if (prefixes == LongestInstruction)
            return true;
        // REX in front of VEX is #UD before the rest is looked at.
        if (rex != 0 && rest > 0 && *opcode is 0xC4 or 0xC5 or 0x62)
            return false;
        // A prefix that makes it another encoding, or none, is left out or exchanged where it does not decode with it.
        for (int attempt = 0; attempt < 8; attempt++)
        {
            byte* at = compact;
            byte chosen = (attempt & 3) switch { 0 => mandatory, 1 => 0, 2 => 0xF2, _ => 0xF3 };
            foreach (byte prefix in (ReadOnlySpan<byte>)[address, attempt < 4 ? operand : (byte)0, chosen, rex])
            {
                if (prefix != 0)
                    *at++ = prefix;
            }
            int kept = (int)(at - compact);
            Buffer.MemoryCopy(opcode, at, rest, rest);
            _reader.Set(compact, at + rest);
            Decoder decoder = LenientDecoderFor(mode.CodeBits);
            decoder.Decode(out Instruction instruction);
            if (!instruction.IsInvalid)
                return prefixes + instruction.Length - kept > LongestInstruction;
            if (decoder.LastError == DecoderError.NoMoreBytes)
                return prefixes + rest >= LongestInstruction;
        }
        return false;
    }

    private static bool IsPrefix(byte value, ModeKey mode) =>
        value is 0x66 or 0x67 || Prefixes.IsOther(value) || (mode.CodeBits == 64 && (value & 0xF0) == 0x40);

    private Decoder LenientDecoderFor(int bits) => bits switch
    {
        64 => _lenient64 ??= Decoder.Create(64, _reader, DecoderOptions.NoInvalidCheck),
        32 => _lenient32 ??= Decoder.Create(32, _reader, DecoderOptions.NoInvalidCheck),
        _ => _lenient16 ??= Decoder.Create(16, _reader, DecoderOptions.NoInvalidCheck),
    };

    private Decoder DecoderFor(int bits) => bits switch
    {
        64 => _decoder64 ??= Decoder.Create(64, _reader),
        32 => _decoder32 ??= Decoder.Create(32, _reader),
        _ => _decoder16 ??= Decoder.Create(16, _reader),
    };
}
