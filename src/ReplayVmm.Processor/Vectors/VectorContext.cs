using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>What an operation on vectors can ask beside its two sources, and where it reports floating-point exceptions.</summary>
internal unsafe ref struct VectorContext(Core* core, DecodedInstruction* instruction)
{
    /// <summary>The processor.</summary>
    public readonly Core* Core => core;

    /// <summary>The instruction.</summary>
    public readonly DecodedInstruction* Instruction => instruction;

    /// <summary>The immediate byte.</summary>
    public readonly byte Immediate => VectorOperands.Immediate(instruction);

    /// <summary>MXCSR as the instruction found it.</summary>
    public readonly uint Mxcsr => core->State.Mxcsr;

    /// <summary>
    /// Exceptions of all elements so far, in the places that they have in MXCSR. The handler takes them into MXCSR, and raises #XM, once the whole result is there.
    /// </summary>
    public int Exceptions;

    /// <summary>Which 128 bits of the vectors are worked on: 0 or 1. Only <see cref="IVectorOperation.Lane"/> is called lane by lane.</summary>
    public int LaneNumber;

    /// <summary>The destination's old value, in this lane.</summary>
    public readonly Vector128<byte> Destination => Lane(instruction->Destination);

    /// <summary>The fourth operand (of VBLENDVPS, for example), in this lane.</summary>
    public readonly Vector128<byte> Fourth => Lane(VectorOperands.Fourth(instruction));

    /// <summary>XMM0, the implied operand of BLENDVPS and the like.</summary>
    public readonly Vector128<byte> Xmm0 => VectorRegister.Xmm(core, 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly Vector128<byte> Lane(int register) => LaneNumber == 0 ? VectorRegister.Xmm(core, register) : VectorRegister.Upper(core, register);
}
