using Iced.Intel;

namespace ReplayVmm.Processor.Tests.Silicon;

/// <summary>Random vector registers and vector-indexed memory as operands of an encoding.</summary>
internal static class VectorOperandChoice
{
    /// <summary>The kinds of operands that are chosen here.</summary>
    public static readonly OpCodeOperandKind[] Kinds =
    [
        OpCodeOperandKind.mm_reg, OpCodeOperandKind.mm_rm, OpCodeOperandKind.mm_or_mem, OpCodeOperandKind.xmm_reg, OpCodeOperandKind.xmm_rm, OpCodeOperandKind.xmm_vvvv,
        OpCodeOperandKind.xmm_or_mem, OpCodeOperandKind.xmm_is4, OpCodeOperandKind.ymm_reg, OpCodeOperandKind.ymm_rm, OpCodeOperandKind.ymm_vvvv, OpCodeOperandKind.ymm_or_mem,
        OpCodeOperandKind.ymm_is4, OpCodeOperandKind.mem_vsib32x, OpCodeOperandKind.mem_vsib64x, OpCodeOperandKind.mem_vsib32y, OpCodeOperandKind.mem_vsib64y,
        OpCodeOperandKind.seg_rDI,
    ];

    /// <summary>The register file of <paramref name="kind"/>, with or without memory; null where it is none of these.</summary>
    public static Register? FileOf(OpCodeOperandKind kind) => kind switch
    {
        OpCodeOperandKind.mm_reg or OpCodeOperandKind.mm_rm or OpCodeOperandKind.mm_or_mem => Register.MM0,
        OpCodeOperandKind.xmm_reg or OpCodeOperandKind.xmm_rm or OpCodeOperandKind.xmm_vvvv or OpCodeOperandKind.xmm_or_mem or OpCodeOperandKind.xmm_is4 => Register.XMM0,
        OpCodeOperandKind.ymm_reg or OpCodeOperandKind.ymm_rm or OpCodeOperandKind.ymm_vvvv or OpCodeOperandKind.ymm_or_mem or OpCodeOperandKind.ymm_is4 => Register.YMM0,
        _ => null,
    };

    /// <summary>True where the operand may be in memory.</summary>
    public static bool MayBeMemory(OpCodeOperandKind kind) => kind is OpCodeOperandKind.mm_or_mem or OpCodeOperandKind.xmm_or_mem or OpCodeOperandKind.ymm_or_mem;

    /// <summary>The register file that indexes memory: VGATHERDPS and the like.</summary>
    public static Register? IndexFileOf(OpCodeOperandKind kind) => kind switch
    {
        OpCodeOperandKind.mem_vsib32x or OpCodeOperandKind.mem_vsib64x => Register.XMM0,
        OpCodeOperandKind.mem_vsib32y or OpCodeOperandKind.mem_vsib64y => Register.YMM0,
        _ => null,
    };

    /// <summary>Registers of <paramref name="file"/> that <paramref name="bits"/>-bit code can name.</summary>
    public static Register Choose(ref Randomness random, Register file, int bits) => file + random.Below(bits == 64 && file != Register.MM0 ? 16 : 8);

    /// <summary>Base, vector index and displacement.</summary>
    public static void SetIndexedMemory(ref Randomness random, ref Instruction instruction, int operand, Register file, int bits, int addressBits)
    {
        instruction.SetOpKind(operand, OpKind.Memory);
        if (random.OnceIn(8))
            instruction.SegmentPrefix = random.Pick<Register>([Register.DS, Register.ES, Register.GS]);
        instruction.MemoryBase = (addressBits == 64 ? Register.RAX : Register.EAX) + random.Below(bits == 64 ? 16 : 8);
        instruction.MemoryIndex = Choose(ref random, file, bits);
        instruction.MemoryIndexScale = 1 << random.Below(4);
        bool narrow = random.OnceIn(2);
        instruction.MemoryDisplSize = narrow ? 1 : addressBits == 64 ? 8 : 4;
        long displacement = narrow ? (sbyte)random.Next() : (short)random.Next();
        instruction.MemoryDisplacement64 = addressBits == 64 ? (ulong)displacement : (uint)displacement;
    }

    /// <summary>Where the memory operand of MASKMOVDQU is.</summary>
    public static OpKind ImpliedMemory(int addressBits) => addressBits == 64 ? OpKind.MemorySegRDI : addressBits == 32 ? OpKind.MemorySegEDI : OpKind.MemorySegDI;
}
