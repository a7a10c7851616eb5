using Iced.Intel;
using ReplayVmm.Silicon;

namespace ReplayVmm.Processor.Tests.Silicon;

/// <summary>One random instruction of an encoding, with its bytes.</summary>
internal sealed class TestInstruction
{
    private static readonly Register[] Bytes64 =
    [
        Register.AL, Register.CL, Register.DL, Register.BL, Register.SPL, Register.BPL, Register.SIL, Register.DIL, Register.R8L, Register.R9L, Register.R10L,
        Register.R11L, Register.R12L, Register.R13L, Register.R14L, Register.R15L, Register.AH, Register.CH, Register.DH, Register.BH,
    ];

    private static readonly Register[] Bytes32 =
        [Register.AL, Register.CL, Register.DL, Register.BL, Register.AH, Register.CH, Register.DH, Register.BH];

    /// <summary>As decoded again from its bytes.</summary>
    public required Instruction Decoded { get; init; }
    /// <summary>Its bytes.</summary>
    public required byte[] Bytes { get; init; }
    /// <summary>32 or 64.</summary>
    public required int Bits { get; init; }

    public bool IsBranch => Decoded.FlowControl is FlowControl.ConditionalBranch or FlowControl.UnconditionalBranch or FlowControl.Call or FlowControl.Return
        or FlowControl.IndirectBranch or FlowControl.IndirectCall;

    public override string ToString() => $"{System.Convert.ToHexString(Bytes)} {Decoded} ({Decoded.Code}, {Bits}-bit)";

    /// <summary>Tries to build one; null where the random choice cannot be encoded.</summary>
    public static TestInstruction? TryBuild(ref Randomness random, Code code, int bits)
    {
        OpCodeInfo info = code.ToOpCode();
        var instruction = new Instruction { Code = code };
        int addressBits = random.OnceIn(8) ? bits / 2 : bits;
        if (code.Mnemonic() is Mnemonic.Lea == false && bits == 32)
            addressBits = 32;
        bool memory = random.OnceIn(2);
        for (int operand = 0; operand < info.OpCount; operand++)
        {
            if (!SetOperand(ref random, ref instruction, operand, info.GetOpKind(operand), bits, addressBits, memory))
                return null;
        }
        if (info.CanUseLockPrefix && instruction.Op0Kind == OpKind.Memory && random.OnceIn(4))
            instruction.HasLockPrefix = true;
        if (info.CanUseRepPrefix && IsString(code.Mnemonic()) && random.OnceIn(2))
            instruction.HasRepPrefix = true;
        else if (info.CanUseRepnePrefix && IsString(code.Mnemonic()) && random.OnceIn(2))
            instruction.HasRepnePrefix = true;
        return Encode(instruction, bits);
    }

    public static bool IsString(Mnemonic m) => m is Mnemonic.Movsb or Mnemonic.Movsw or Mnemonic.Movsd or Mnemonic.Movsq or Mnemonic.Cmpsb or Mnemonic.Cmpsw
        or Mnemonic.Cmpsd or Mnemonic.Cmpsq or Mnemonic.Stosb or Mnemonic.Stosw or Mnemonic.Stosd or Mnemonic.Stosq or Mnemonic.Lodsb or Mnemonic.Lodsw
        or Mnemonic.Lodsd or Mnemonic.Lodsq or Mnemonic.Scasb or Mnemonic.Scasw or Mnemonic.Scasd or Mnemonic.Scasq;

    private static TestInstruction? Encode(Instruction instruction, int bits)
    {
        var writer = new ListWriter();
        var encoder = Encoder.Create(bits, writer);
        if (!encoder.TryEncode(instruction, Layout.Instruction, out _, out _))
            return null;
        byte[] bytes = [.. writer.Bytes];
        var decoder = Decoder.Create(bits, bytes, Layout.Instruction);
        Instruction decoded = decoder.Decode();
        // A branch into its own bytes would not come back.
        bool intoItself = decoded.NearBranchTarget - Layout.Instruction < 16;
        return decoded.Code != instruction.Code || decoded.Length != bytes.Length || intoItself ? null : new TestInstruction { Decoded = decoded, Bytes = bytes, Bits = bits };
    }

    private static bool SetOperand(
        ref Randomness random, ref Instruction instruction, int operand, OpCodeOperandKind kind, int bits, int addressBits, bool memory)
    {
        switch (kind)
        {
            case OpCodeOperandKind.mem:
                return SetMemory(ref random, ref instruction, operand, bits, addressBits);
            case OpCodeOperandKind.r8_or_mem or OpCodeOperandKind.r16_or_mem or OpCodeOperandKind.r32_or_mem or OpCodeOperandKind.r64_or_mem when memory:
                return SetMemory(ref random, ref instruction, operand, bits, addressBits);
            case OpCodeOperandKind.mem_offs:
                instruction.SetOpKind(operand, OpKind.Memory);
                instruction.MemoryDisplSize = addressBits / 8;
                instruction.MemoryDisplacement64 = Layout.Window + 200 + (ulong)random.Below(100);
                return addressBits >= 32;
            case OpCodeOperandKind.r8_or_mem or OpCodeOperandKind.r8_reg or OpCodeOperandKind.r8_opcode:
                Register[] bytes = bits == 64 ? Bytes64 : Bytes32;
                return SetRegister(ref instruction, operand, bytes[random.Below(bytes.Length)]);
            case OpCodeOperandKind.r16_or_mem or OpCodeOperandKind.r16_reg or OpCodeOperandKind.r16_rm or OpCodeOperandKind.r16_opcode:
                return SetRegister(ref instruction, operand, Register.AX + random.Below(bits / 4));
            case OpCodeOperandKind.r32_or_mem or OpCodeOperandKind.r32_reg or OpCodeOperandKind.r32_rm or OpCodeOperandKind.r32_opcode or OpCodeOperandKind.r32_vvvv:
                return SetRegister(ref instruction, operand, Register.EAX + random.Below(bits / 4));
            case OpCodeOperandKind.r64_or_mem or OpCodeOperandKind.r64_reg or OpCodeOperandKind.r64_rm or OpCodeOperandKind.r64_opcode or OpCodeOperandKind.r64_vvvv:
                return SetRegister(ref instruction, operand, Register.RAX + random.Below(16));
            case OpCodeOperandKind.al: return SetRegister(ref instruction, operand, Register.AL);
            case OpCodeOperandKind.cl: return SetRegister(ref instruction, operand, Register.CL);
            case OpCodeOperandKind.ax: return SetRegister(ref instruction, operand, Register.AX);
            case OpCodeOperandKind.eax: return SetRegister(ref instruction, operand, Register.EAX);
            case OpCodeOperandKind.rax: return SetRegister(ref instruction, operand, Register.RAX);
            case OpCodeOperandKind.imm8_const_1:
                instruction.SetOpKind(operand, OpKind.Immediate8);
                instruction.Immediate8 = 1;
                return true;
            case OpCodeOperandKind.imm8 when operand > 0 && instruction.Code.Mnemonic() == Mnemonic.Enter:
                instruction.SetOpKind(operand, OpKind.Immediate8_2nd);
                instruction.Immediate8_2nd = (byte)(random.OnceIn(4) ? random.Next() : (ulong)random.Below(4));
                return true;
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
                if (bits == 64 && random.OnceIn(8))
                    instruction.SegmentPrefix = Register.GS;
                return true;
            case OpCodeOperandKind.es_rDI:
                instruction.SetOpKind(operand, addressBits == 64 ? OpKind.MemoryESRDI : addressBits == 32 ? OpKind.MemoryESEDI : OpKind.MemoryESDI);
                return true;
            case OpCodeOperandKind.seg_rBX_al:
                instruction.SetOpKind(operand, OpKind.Memory);
                instruction.MemoryBase = addressBits == 64 ? Register.RBX : addressBits == 32 ? Register.EBX : Register.BX;
                instruction.MemoryIndex = Register.AL;
                instruction.MemoryIndexScale = 1;
                return true;
            case OpCodeOperandKind.br16_1 or OpCodeOperandKind.br16_2:
                instruction.SetOpKind(operand, OpKind.NearBranch16);
                instruction.NearBranch16 = (ushort)Near(ref random, kind == OpCodeOperandKind.br16_1);
                return true;
            case OpCodeOperandKind.br32_1 or OpCodeOperandKind.br32_4:
                instruction.SetOpKind(operand, OpKind.NearBranch32);
                instruction.NearBranch32 = (uint)Near(ref random, kind == OpCodeOperandKind.br32_1);
                return true;
            case OpCodeOperandKind.br64_1 or OpCodeOperandKind.br64_4:
                instruction.SetOpKind(operand, OpKind.NearBranch64);
                instruction.NearBranch64 = Near(ref random, kind == OpCodeOperandKind.br64_1);
                return true;
            default:
                return false;
        }
    }

    private static ulong Near(ref Randomness random, bool isShort) => Layout.Instruction + (ulong)(isShort ? random.Below(200) - 100 : random.Below(3800) - 1900);

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

    private static bool SetMemory(ref Randomness random, ref Instruction instruction, int operand, int bits, int addressBits)
    {
        instruction.SetOpKind(operand, OpKind.Memory);
        Register first = addressBits == 64 ? Register.RAX : addressBits == 32 ? Register.EAX : Register.None;
        if (first == Register.None)
            return Set16(ref random, ref instruction);
        int registers = bits == 64 ? 16 : 8;
        if (bits == 64 && random.OnceIn(16))
            instruction.SegmentPrefix = Register.GS;
        int shape = random.Below(8);
        if (shape == 0 && bits == 64 && addressBits == 64)
        {
            instruction.MemoryBase = Register.RIP;
            instruction.MemoryDisplSize = 8;
            instruction.MemoryDisplacement64 = Layout.Window + 200 + (ulong)random.Below(100);
            return true;
        }
        if (shape == 1)
        {
            instruction.MemoryDisplSize = addressBits == 64 ? 8 : 4;
            instruction.MemoryDisplacement64 = Layout.Window + 200 + (ulong)random.Below(100);
            return true;
        }
        int @base = random.Below(registers), index = random.Below(registers);
        if (shape != 2)
            instruction.MemoryBase = first + @base;
        if (shape is 2 or 3 or 4 or 5)
        {
            if (index == 4 || (index == @base && shape != 2))
                return false;
            instruction.MemoryIndex = first + index;
            instruction.MemoryIndexScale = 1 << random.Below(4);
        }
        bool narrow = random.OnceIn(2) && shape != 2;
        instruction.MemoryDisplSize = narrow ? 1 : addressBits == 64 ? 8 : 4;
        long displacement = narrow ? (sbyte)random.Next() : (short)random.Next();
        instruction.MemoryDisplacement64 = addressBits == 64 ? (ulong)displacement : (uint)displacement;
        return true;
    }

    private static bool Set16(ref Randomness random, ref Instruction instruction)
    {
        (Register Base, Register Index)[] shapes =
        [
            (Register.BX, Register.SI), (Register.BX, Register.DI), (Register.BP, Register.SI), (Register.BP, Register.DI), (Register.SI, Register.None),
            (Register.DI, Register.None), (Register.BP, Register.None), (Register.BX, Register.None),
        ];
        (instruction.MemoryBase, instruction.MemoryIndex) = shapes[random.Below(shapes.Length)];
        instruction.MemoryIndexScale = 1;
        instruction.MemoryDisplSize = 2;
        instruction.MemoryDisplacement64 = (ushort)random.Next();
        return true;
    }

    private sealed class ListWriter : CodeWriter
    {
        public List<byte> Bytes { get; } = [];

        public override void WriteByte(byte value) => Bytes.Add(value);
    }
}
