using Iced.Intel;
using ReplayVmm.Silicon;

namespace ReplayVmm.Processor.Tests.Silicon;

/// <summary>Random operands of an encoding, as Iced's encoder takes them. False: this choice cannot be encoded.</summary>
internal static class OperandChoice
{
    private static readonly Register[] Bytes64 =
    [
        Register.AL, Register.CL, Register.DL, Register.BL, Register.SPL, Register.BPL, Register.SIL, Register.DIL, Register.R8L, Register.R9L, Register.R10L,
        Register.R11L, Register.R12L, Register.R13L, Register.R14L, Register.R15L, Register.AH, Register.CH, Register.DH, Register.BH,
    ];

    private static readonly Register[] Bytes32 =
        [Register.AL, Register.CL, Register.DL, Register.BL, Register.AH, Register.CH, Register.DH, Register.BH];

    private static readonly Register[] Overrides = [Register.ES, Register.CS, Register.SS, Register.DS, Register.FS, Register.GS];

    private static readonly (Register Base, Register Index)[] NarrowShapes =
    [
        (Register.BX, Register.SI), (Register.BX, Register.DI), (Register.BP, Register.SI), (Register.BP, Register.DI), (Register.SI, Register.None),
        (Register.DI, Register.None), (Register.BP, Register.None), (Register.BX, Register.None), (Register.None, Register.None),
    ];

    /// <summary>Sets operand <paramref name="operand"/>.</summary>
    public static bool Set(
        ref Randomness random, ref Instruction instruction, int operand, OpCodeOperandKind kind, CodeSetting setting, ulong rip, int addressBits, bool memory)
    {
        int bits = setting.Bits, registers = bits == 64 ? 16 : 8;
        if (VectorOperandChoice.FileOf(kind) is { } file && !(memory && VectorOperandChoice.MayBeMemory(kind)))
            return SetRegister(ref instruction, operand, VectorOperandChoice.Choose(ref random, file, bits));
        if (VectorOperandChoice.IndexFileOf(kind) is { } indexFile)
        {
            if (addressBits == 16)
                return false;
            VectorOperandChoice.SetIndexedMemory(ref random, ref instruction, operand, indexFile, bits, addressBits);
            return true;
        }
        switch (kind)
        {
            case OpCodeOperandKind.mem or OpCodeOperandKind.mm_or_mem or OpCodeOperandKind.xmm_or_mem or OpCodeOperandKind.ymm_or_mem:
                return SetMemory(ref random, ref instruction, operand, setting, addressBits);
            case OpCodeOperandKind.r8_or_mem or OpCodeOperandKind.r16_or_mem or OpCodeOperandKind.r32_or_mem or OpCodeOperandKind.r64_or_mem when memory:
                return SetMemory(ref random, ref instruction, operand, setting, addressBits);
            case OpCodeOperandKind.mem_offs:
                instruction.SetOpKind(operand, OpKind.Memory);
                SetOverride(ref random, ref instruction);
                SetAbsolute(ref random, ref instruction, setting, addressBits);
                return true;
            case OpCodeOperandKind.r8_or_mem or OpCodeOperandKind.r8_reg or OpCodeOperandKind.r8_opcode:
                return SetRegister(ref instruction, operand, random.Pick<Register>(bits == 64 ? Bytes64 : Bytes32));
            case OpCodeOperandKind.r16_or_mem or OpCodeOperandKind.r16_reg or OpCodeOperandKind.r16_rm or OpCodeOperandKind.r16_opcode:
                return SetRegister(ref instruction, operand, Register.AX + random.Below(registers));
            case OpCodeOperandKind.r32_or_mem or OpCodeOperandKind.r32_reg or OpCodeOperandKind.r32_rm or OpCodeOperandKind.r32_opcode or OpCodeOperandKind.r32_vvvv:
                return SetRegister(ref instruction, operand, Register.EAX + random.Below(registers));
            case OpCodeOperandKind.r64_or_mem or OpCodeOperandKind.r64_reg or OpCodeOperandKind.r64_rm or OpCodeOperandKind.r64_opcode or OpCodeOperandKind.r64_vvvv:
                return SetRegister(ref instruction, operand, Register.RAX + random.Below(16));
            case OpCodeOperandKind.seg_reg:
                return SetRegister(ref instruction, operand, random.Pick<Register>(Overrides));
            case OpCodeOperandKind.al: return SetRegister(ref instruction, operand, Register.AL);
            case OpCodeOperandKind.cl: return SetRegister(ref instruction, operand, Register.CL);
            case OpCodeOperandKind.ax: return SetRegister(ref instruction, operand, Register.AX);
            case OpCodeOperandKind.dx: return SetRegister(ref instruction, operand, Register.DX);
            case OpCodeOperandKind.eax: return SetRegister(ref instruction, operand, Register.EAX);
            case OpCodeOperandKind.rax: return SetRegister(ref instruction, operand, Register.RAX);
            case OpCodeOperandKind.es: return SetRegister(ref instruction, operand, Register.ES);
            case OpCodeOperandKind.cs: return SetRegister(ref instruction, operand, Register.CS);
            case OpCodeOperandKind.ss: return SetRegister(ref instruction, operand, Register.SS);
            case OpCodeOperandKind.ds: return SetRegister(ref instruction, operand, Register.DS);
            case OpCodeOperandKind.fs: return SetRegister(ref instruction, operand, Register.FS);
            case OpCodeOperandKind.gs: return SetRegister(ref instruction, operand, Register.GS);
            case OpCodeOperandKind.imm8 when operand > 0 && instruction.Code.Mnemonic() == Mnemonic.Enter:
                instruction.SetOpKind(operand, OpKind.Immediate8_2nd);
                instruction.Immediate8_2nd = (byte)(random.OnceIn(4) ? random.Next() : (ulong)random.Below(4));
                return true;
            case OpCodeOperandKind.imm8_const_1: return SetImmediate(ref instruction, operand, OpKind.Immediate8, 1);
            case OpCodeOperandKind.imm8: return SetImmediate(ref instruction, operand, OpKind.Immediate8, (byte)random.Operand());
            case OpCodeOperandKind.imm8sex16: return SetImmediate(ref instruction, operand, OpKind.Immediate8to16, (ulong)(short)(sbyte)random.Operand());
            case OpCodeOperandKind.imm8sex32: return SetImmediate(ref instruction, operand, OpKind.Immediate8to32, (ulong)(int)(sbyte)random.Operand());
            case OpCodeOperandKind.imm8sex64: return SetImmediate(ref instruction, operand, OpKind.Immediate8to64, (ulong)(sbyte)random.Operand());
            case OpCodeOperandKind.imm16: return SetImmediate(ref instruction, operand, OpKind.Immediate16, (ushort)random.Operand());
            case OpCodeOperandKind.imm32: return SetImmediate(ref instruction, operand, OpKind.Immediate32, (uint)random.Operand());
            case OpCodeOperandKind.imm32sex64: return SetImmediate(ref instruction, operand, OpKind.Immediate32to64, (ulong)(int)random.Operand());
            case OpCodeOperandKind.imm64: return SetImmediate(ref instruction, operand, OpKind.Immediate64, random.Operand());
            case OpCodeOperandKind.seg_rSI:
                instruction.SetOpKind(operand, addressBits == 64 ? OpKind.MemorySegRSI : addressBits == 32 ? OpKind.MemorySegESI : OpKind.MemorySegSI);
                SetOverride(ref random, ref instruction);
                return true;
            case OpCodeOperandKind.es_rDI:
                instruction.SetOpKind(operand, addressBits == 64 ? OpKind.MemoryESRDI : addressBits == 32 ? OpKind.MemoryESEDI : OpKind.MemoryESDI);
                return true;
            case OpCodeOperandKind.seg_rDI:
                instruction.SetOpKind(operand, VectorOperandChoice.ImpliedMemory(addressBits));
                SetOverride(ref random, ref instruction);
                return true;
            case OpCodeOperandKind.seg_rBX_al:
                instruction.SetOpKind(operand, OpKind.Memory);
                instruction.MemoryBase = addressBits == 64 ? Register.RBX : addressBits == 32 ? Register.EBX : Register.BX;
                instruction.MemoryIndex = Register.AL;
                instruction.MemoryIndexScale = 1;
                SetOverride(ref random, ref instruction);
                return true;
            case OpCodeOperandKind.br16_1 or OpCodeOperandKind.br16_2:
                instruction.SetOpKind(operand, OpKind.NearBranch16);
                instruction.NearBranch16 = (ushort)Near(ref random, rip, kind == OpCodeOperandKind.br16_1);
                return true;
            case OpCodeOperandKind.br32_1 or OpCodeOperandKind.br32_4:
                instruction.SetOpKind(operand, OpKind.NearBranch32);
                instruction.NearBranch32 = (uint)Near(ref random, rip, kind == OpCodeOperandKind.br32_1);
                return true;
            case OpCodeOperandKind.br64_1 or OpCodeOperandKind.br64_4:
                instruction.SetOpKind(operand, OpKind.NearBranch64);
                instruction.NearBranch64 = Near(ref random, rip, kind == OpCodeOperandKind.br64_1);
                return true;
            case OpCodeOperandKind.farbr2_2:
                instruction.SetOpKind(operand, OpKind.FarBranch16);
                instruction.FarBranch16 = (ushort)FarTarget(ref random);
                instruction.FarBranchSelector = instruction.Mnemonic == Mnemonic.Call ? SelectorChoice.Called(ref random, bits) : SelectorChoice.Code(ref random);
                return true;
            case OpCodeOperandKind.farbr4_2:
                instruction.SetOpKind(operand, OpKind.FarBranch32);
                instruction.FarBranch32 = FarTarget(ref random);
                instruction.FarBranchSelector = instruction.Mnemonic == Mnemonic.Call ? SelectorChoice.Called(ref random, bits) : SelectorChoice.Code(ref random);
                return true;
            default:
                return false;
        }
    }

    /// <summary>An offset that is on the code pages in a flat segment, or in a local one.</summary>
    public static uint FarTarget(ref Randomness random) => (uint)((random.OnceIn(2) ? Layout.CodePage : 0) + (ulong)random.Below(0x700));

    private static ulong Near(ref Randomness random, ulong rip, bool isShort) => rip + (ulong)(isShort ? random.Below(200) - 100 : random.Below(3800) - 1900);

    private static bool SetRegister(ref Instruction instruction, int operand, Register register)
    {
        instruction.SetOpKind(operand, OpKind.Register);
        instruction.SetOpRegister(operand, register);
        return true;
    }

    private static bool SetImmediate(ref Instruction instruction, int operand, OpKind kind, ulong value)
    {
        instruction.SetOpKind(operand, kind);
        instruction.SetImmediate(operand, value);
        return true;
    }

    private static void SetOverride(ref Randomness random, ref Instruction instruction)
    {
        if (random.OnceIn(6))
            instruction.SegmentPrefix = random.Pick<Register>(Overrides);
    }

    private static void SetAbsolute(ref Randomness random, ref Instruction instruction, CodeSetting setting, int addressBits)
    {
        ulong target = Layout.Window + 200 + (ulong)random.Below(100) - setting.BaseOf(instruction.MemorySegment);
        instruction.MemoryDisplSize = addressBits / 8;
        instruction.MemoryDisplacement64 = addressBits switch { 64 => target, 32 => (uint)target, _ => (ushort)target };
    }

    private static bool SetMemory(ref Randomness random, ref Instruction instruction, int operand, CodeSetting setting, int addressBits)
    {
        instruction.SetOpKind(operand, OpKind.Memory);
        SetOverride(ref random, ref instruction);
        if (addressBits == 16)
        {
            (instruction.MemoryBase, instruction.MemoryIndex) = random.Pick<(Register, Register)>(NarrowShapes);
            instruction.MemoryIndexScale = 1;
            instruction.MemoryDisplSize = 2;
            if (instruction.MemoryBase == Register.None)
                SetAbsolute(ref random, ref instruction, setting, 16);
            else
                instruction.MemoryDisplacement64 = (ushort)random.Next();
            return true;
        }
        Register first = addressBits == 64 ? Register.RAX : Register.EAX;
        int registers = setting.Bits == 64 ? 16 : 8, shape = random.Below(8);
        if (shape == 0 && setting.Bits == 64)
        {
            instruction.MemoryBase = addressBits == 64 ? Register.RIP : Register.EIP;
            instruction.MemoryDisplSize = addressBits / 8;
            instruction.MemoryDisplacement64 = Layout.Window + 200 + (ulong)random.Below(100);
            return true;
        }
        if (shape == 1)
        {
            SetAbsolute(ref random, ref instruction, setting, addressBits);
            return true;
        }
        int @base = random.Below(registers), index = random.Below(registers);
        if (shape != 2)
            instruction.MemoryBase = first + @base;
        if (shape is 2 or 3 or 4 or 5)
        {
            if (index == 4)
                return false;
            instruction.MemoryIndex = first + index;
            instruction.MemoryIndexScale = 1 << random.Below(4);
        }
        bool narrow = random.OnceIn(2) && shape != 2;
        instruction.MemoryDisplSize = narrow ? 1 : addressBits == 64 ? 8 : 4;
        long displacement = narrow ? (sbyte)random.Next() : random.OnceIn(8) ? (int)random.Operand() : (short)random.Next();
        instruction.MemoryDisplacement64 = addressBits == 64 ? (ulong)displacement : (uint)displacement;
        return true;
    }
}
