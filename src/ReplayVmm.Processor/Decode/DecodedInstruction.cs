using System.Runtime.InteropServices;

namespace ReplayVmm.Processor;

/// <summary>
/// One decoded instruction as the interpreter runs it: 32 bytes, in native memory, in the order of its block. Operands are byte offsets into
/// <see cref="Core"/> (<see cref="Slot"/>), so that a handler reads a register without a branch.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 32)]
internal unsafe struct DecodedInstruction
{
    /// <summary>What executes it.</summary>
    public delegate*<Core*, DecodedInstruction*, Outcome> Handler;

    /// <summary>
    /// Immediate, sign-extended to 64 bits; for a near branch, target minus the block's first address; for a far pointer, offset | selector &lt;&lt; 32; for a
    /// moffs form the 64-bit offset; for an instruction with a third register, its slot in the low byte.
    /// </summary>
    public long Immediate;

    /// <summary>
    /// Displacement of the memory operand, sign-extended when used. RIP-relative operands name <see cref="Slot.Rip"/> as base and count from the block's first address.
    /// </summary>
    public int Displacement;

    /// <summary>Slot of the first register operand (the destination where there is one).</summary>
    public byte Destination;
    /// <summary>Slot of the second register operand.</summary>
    public byte Source;
    /// <summary>Slot of the base register.</summary>
    public byte Base;
    /// <summary>Slot of the index register.</summary>
    public byte Index;
    /// <summary>Slot of the segment base; <see cref="Slot.Zero"/> where segmentation adds nothing (64-bit mode but FS and GS).</summary>
    public byte Segment;
    /// <summary>Index is shifted left by this: 0 to 3.</summary>
    public byte Scale;
    /// <summary>Bytes of the instruction: 1 to 15.</summary>
    public byte Length;
    /// <summary>Prefixes and sizes.</summary>
    public InstructionFlags Flags;
    /// <summary>Bytes from the block's first address to this instruction.</summary>
    public ushort Offset;
    /// <summary>Number of instructions before it in its block.</summary>
    public ushort Ordinal;
}

/// <summary>What handlers still need to know of prefixes and sizes.</summary>
[Flags]
internal enum InstructionFlags : byte
{
    None = 0,
    /// <summary>Effective address size: bits 0-1; 0: 16, 1: 32, 2: 64 bits.</summary>
    Address32 = 1,
    Address64 = 2,
    AddressMask = 3,
    /// <summary>F3: REP or REPE.</summary>
    Rep = 4,
    /// <summary>F2: REPNE.</summary>
    Repne = 8,
    /// <summary>LOCK.</summary>
    Lock = 16,
    /// <summary>Effective operand size: bits 5-6; 0: 16, 1: 32, 2: 64 bits.</summary>
    Operand32 = 32,
    Operand64 = 64,
    OperandMask = 96,
    /// <summary>The memory operand is addressed through SS by default or by override, so its faults are #SS.</summary>
    StackSegment = 128,
}
