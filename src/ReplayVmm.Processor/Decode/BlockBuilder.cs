using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>Decodes guest code into blocks. Allocates nothing.</summary>
// SAFETY: reads at most to the end of the host page of the first byte, and of a second page that the caller gives; writes into room the cache prepared.
internal sealed unsafe class BlockBuilder(CpuModel model, BlockCache cache)
{
    private const int PageSize = 4096, LongestInstruction = 15;

    private readonly GuestCodeReader _reader = new();
    private Decoder? _decoder16, _decoder32, _decoder64;

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
        target->Flags = Prefixes.Sizes(code, length, b.Mode.CodeBits)
            | (b.Source.HasRepPrefix ? InstructionFlags.Rep : 0) | (b.Source.HasRepnePrefix ? InstructionFlags.Repne : 0)
            | (b.Source.HasLockPrefix ? InstructionFlags.Lock : 0);
        InstructionFlags flags = target->Flags;
        ref readonly InstructionTable.Row row = ref InstructionTable.Find(b.Source.Code);
        if (row.Feature is CpuFeature.Bmi1 or CpuFeature.Lzcnt && !model.Has(row.Feature))
            row = ref InstructionTable.FindOlder(b.Source.Mnemonic);
        if (b.Mode.IsRealOrVirtual8086 && b.Source.Encoding != EncodingKind.Legacy)
        {
            target->Handler = &AbsentInstructions.InvalidOpcode;
            return false;
        }
        if (row.Bind == null || (row.Feature != CpuFeature.Base && !model.Has(row.Feature)))
        {
            target->Handler = AbsentInstructions.HandlerFor(ref b.Source, model);
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

    /// <summary>An encoding that is none: #UD, or #GP(0) where it is only too long.</summary>
    private bool Refuse(DecodedInstruction* target, byte* code, byte* end, ref int length, ModeKey mode)
    {
        bool tooLong = false;
        Decoder decoder = DecoderFor(mode.CodeBits);
        // So many bytes need a prefix twice: without the first ones it decodes exactly where length was its only fault.
        for (byte* p = code + 1; length >= LongestInstruction && IsPrefix(p[-1], mode) && p < end - LongestInstruction; p++)
        {
            _reader.Set(p, end);
            decoder.Decode(out Instruction shorter);
            tooLong = !shorter.IsInvalid;
            if (tooLong || shorter.Length < LongestInstruction)
                break;
        }
        length = Math.Clamp(length, 1, LongestInstruction);
        target->Handler = tooLong ? &AbsentInstructions.TooLong : &AbsentInstructions.InvalidOpcode;
        return false;
    }

    private static bool IsPrefix(byte value, ModeKey mode) =>
        value is 0x66 or 0x67 || Prefixes.IsOther(value) || (mode.CodeBits == 64 && (value & 0xF0) == 0x40);

    private Decoder DecoderFor(int bits) => bits switch
    {
        64 => _decoder64 ??= Decoder.Create(64, _reader),
        32 => _decoder32 ??= Decoder.Create(32, _reader),
        _ => _decoder16 ??= Decoder.Create(16, _reader),
    };
}
