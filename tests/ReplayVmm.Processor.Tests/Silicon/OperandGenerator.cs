using Iced.Intel;
using ReplayVmm.Silicon;

namespace ReplayVmm.Processor.Tests.Silicon;

/// <summary>Random registers, flags and memory for one instruction, such that its memory operands mostly lie in the window.</summary>
internal static unsafe class OperandGenerator
{
    private const int Rax = 0, Rcx = 1, Rdx = 2, Rbx = 3, Rsp = 4, Rbp = 5, Rsi = 6, Rdi = 7;
    private const int PoolSize = 1 << 15;
    private static readonly byte[] Pool = MakePool();

    /// <summary>Fills <paramref name="one"/>.</summary>
    public static void Fill(ref Randomness random, TestInstruction test, SiliconCase* one)
    {
        Instruction instruction = test.Decoded;
        CodeSetting setting = test.Setting;
        ulong* gpr = one->Before.Gpr;
        for (int r = 0; r < 16; r++)
            gpr[r] = random.Operand();
        Pool.AsSpan(random.Below(PoolSize - Layout.WindowSize), Layout.WindowSize).CopyTo(Window(one));
        one->Before.Rflags = (random.Next() & Rflags.Arithmetic) | Rflags.Fixed1 | Rflags.If | (random.OnceIn(3) ? Rflags.Df : 0)
            | (setting.AlignmentCheck ? Rflags.Ac : 0);
        setting.FillSegments(one);
        if (test.HasVectors)
            VectorGenerator.Fill(ref random, test, one);

        Constrain(ref random, test, instruction, gpr, one);
        if (HasMemory(instruction))
        {
            ulong target = AimMemory(ref random, test, gpr, one);
            ConstrainMemory(ref random, test, instruction, target, one);
        }
        if (setting.Bits == 64)
            return;
        for (int r = 0; r < 16; r++)
            gpr[r] = r < 8 ? (uint)gpr[r] : 0;
    }

    /// <summary>Registers that the instruction uses without naming them.</summary>
    private static void Constrain(ref Randomness random, TestInstruction test, Instruction instruction, ulong* gpr, SiliconCase* one)
    {
        Mnemonic mnemonic = instruction.Mnemonic;
        if (TestInstruction.IsString(instruction.Code))
        {
            ConstrainString(ref random, test.Setting, instruction, gpr, one);
            return;
        }
        if (instruction.IsStackInstruction)
            AimStack(ref random, test.Setting, gpr, Rsp);
        if (mnemonic is Mnemonic.Maskmovdqu or Mnemonic.Vmaskmovdqu or Mnemonic.Maskmovq)
            Put(ref gpr[Rdi], Place(ref random) - test.Setting.BaseOf(instruction.MemorySegment), AddressBits(instruction), random.Next());
        switch (mnemonic)
        {
            case Mnemonic.Enter or Mnemonic.Leave:
                AimStack(ref random, test.Setting, gpr, Rbp);
                break;
            case Mnemonic.Div or Mnemonic.Idiv when random.Below(4) != 0:
                gpr[Rdx] = mnemonic == Mnemonic.Idiv && random.OnceIn(2) ? ulong.MaxValue : (ulong)random.Below(3);
                if (random.OnceIn(2))
                    gpr[Rax] &= 0x3FF;
                break;
            case Mnemonic.Cmpxchg8b or Mnemonic.Cmpxchg16b or Mnemonic.Cmpxchg when random.OnceIn(2):
                gpr[Rax] = gpr[Rdx] = 0x0101_0101_0101_0101;
                Window(one).Fill(1);
                break;
            case Mnemonic.Loop or Mnemonic.Loope or Mnemonic.Loopne or Mnemonic.Jcxz or Mnemonic.Jecxz or Mnemonic.Jrcxz when random.OnceIn(2):
                gpr[Rcx] = (ulong)random.Below(3) + random.Pick<ulong>([0, 0, 0x1_0000, 0x1_0000_0000]);
                break;
            case Mnemonic.Ret:
                FillTargets(ref random, test, one);
                break;
            case Mnemonic.Retf or Mnemonic.Iret or Mnemonic.Iretd or Mnemonic.Iretq:
                PlaceFrame(ref random, test, instruction, one);
                break;
            case Mnemonic.Jmp or Mnemonic.Call when instruction.Op0Kind is OpKind.Register or OpKind.Memory:
                FillTargets(ref random, test, one);
                if (instruction.Op0Kind == OpKind.Register)
                    gpr[Number(instruction.Op0Register)] = Target(ref random, test);
                break;
            case Mnemonic.Insb or Mnemonic.Insw or Mnemonic.Insd or Mnemonic.Outsb or Mnemonic.Outsw or Mnemonic.Outsd:
                // With a count of zero AMD still asks whether the port is allowed; the manuals' REP does nothing.
                gpr[Rcx] |= 1;
                break;
        }
        // Pop, LAR and the like: selectors among the data, and in the register that names one.
        if (FormCatalog.ChangesSegments(instruction.Code)
            || mnemonic is Mnemonic.Lar or Mnemonic.Lsl or Mnemonic.Verr or Mnemonic.Verw or Mnemonic.Arpl)
        {
            int last = instruction.OpCount - 1;
            for (int operand = 0; operand <= last; operand++)
            {
                if (instruction.GetOpKind(operand) == OpKind.Register && instruction.GetOpRegister(operand) is var register && register.IsGPR() && (mnemonic == Mnemonic.Lsl || random.Below(8) != 0))
                    gpr[Number(register)] = (gpr[Number(register)] & ~0xFFFFul) | SelectorChoice.Data(ref random);
            }
            if (mnemonic == Mnemonic.Pop)
            {
                ulong selectors = SelectorChoice.Data(ref random) | ((ulong)SelectorChoice.Data(ref random) << 32);
                Words(one).Fill(selectors | (random.Next() & 0xFFFF_0000_FFFF_0000));
            }
        }
        if (mnemonic is Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc && instruction.Op0Kind == OpKind.Memory && instruction.Op1Kind == OpKind.Register)
        {
            ref ulong bit = ref gpr[Number(instruction.Op1Register)];
            int size = instruction.Op1Register.GetSize();
            Put(ref bit, (ulong)(random.Below(800) - 400), size * 8, random.Next());
        }
    }

    private static void ConstrainString(ref Randomness random, CodeSetting setting, Instruction instruction, ulong* gpr, SiliconCase* one)
    {
        int address = AddressBits(instruction);
        ulong mask = address switch { 64 => ulong.MaxValue, 32 => uint.MaxValue, _ => 0xFFFF }, garbage = random.Next() & ~mask;
        ulong first = Place(ref random), second = random.OnceIn(3) ? first + (ulong)(random.Below(33) - 16) : Place(ref random);
        gpr[Rsi] = ((first - setting.BaseOf(instruction.MemorySegment)) & mask) | garbage;
        gpr[Rdi] = ((second - setting.BaseOf(Register.ES)) & mask) | garbage;
        gpr[Rcx] = (random.OnceIn(12) ? 0ul : (uint)random.Below(40)) | garbage;
        if (!random.OnceIn(2))
            return;
        // Long runs of equal bytes, so that REPE and REPNE go on for a while.
        Window(one).Fill((byte)random.Below(2));
        for (int n = 0; n < 4; n++)
            one->MemoryBefore[random.Below(Layout.WindowSize)] = (byte)random.Below(3);
        gpr[Rax] = random.OnceIn(2) ? 0ul : 0x0101_0101_0101_0101;
    }

    /// <summary>What stands where the memory operand is.</summary>
    private static void ConstrainMemory(ref Randomness random, TestInstruction test, Instruction instruction, ulong target, SiliconCase* one)
    {
        ulong at = target - Layout.Window;
        if (test.IsStateSave)
        {
            StateSaves.Fill(ref random, target, one);
            return;
        }
        if (at > Layout.WindowSize - 16)
            return;
        byte* memory = one->MemoryBefore + at;
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Lds or Mnemonic.Les or Mnemonic.Lfs or Mnemonic.Lgs or Mnemonic.Lss:
                *(ushort*)(memory + (instruction.Op0Register.GetSize() & 14)) = SelectorChoice.Data(ref random);
                break;
            case Mnemonic.Jmp or Mnemonic.Call when instruction.Code.IsJmpFarIndirect() || instruction.Code.IsCallFarIndirect():
                int size = instruction.MemorySize switch { MemorySize.SegPtr16 => 2, MemorySize.SegPtr32 => 4, _ => 8 };
                *(ulong*)memory = OperandChoice.FarTarget(ref random);
                *(ushort*)(memory + size) =
                    instruction.Mnemonic == Mnemonic.Call ? SelectorChoice.Called(ref random, test.Setting.Bits) : SelectorChoice.Code(ref random);
                break;
            case Mnemonic.Mov or Mnemonic.Lar or Mnemonic.Lsl or Mnemonic.Verr or Mnemonic.Verw or Mnemonic.Arpl
                when FormCatalog.ChangesSegments(instruction.Code) || instruction.Mnemonic != Mnemonic.Mov:
                *(ushort*)memory = SelectorChoice.Data(ref random);
                break;
            case Mnemonic.Ldmxcsr or Mnemonic.Vldmxcsr:
                // Bit 17 exists on AMD.
                *(uint*)memory = (uint)random.Next() & (random.OnceIn(4) ? ~0x2_0000u : 0xFFFF);
                break;
            case Mnemonic.Bound when random.OnceIn(2):
                int width = instruction.Op0Register.GetSize();
                ulong index = one->Before.Gpr[Number(instruction.Op0Register)];
                *(ulong*)memory = width == 2 ? (ushort)(index - 1) | (((index + 1) & 0xFFFF) << 16) : (uint)(index - 1) | ((index + 1) << 32);
                break;
        }
    }

    /// <summary>Chooses the base (or index) register so that the operand lies where it should; returns that place.</summary>
    private static ulong AimMemory(ref Randomness random, TestInstruction test, ulong* gpr, SiliconCase* one)
    {
        (CodeSetting setting, Instruction instruction) = (test.Setting, test.Decoded);
        Register @base = instruction.MemoryBase, index = instruction.MemoryIndex;
        if (index.IsVectorRegister())
            return AimIndexed(ref random, setting, instruction, gpr, one);
        ulong segment = setting.BaseOf(instruction.MemorySegment);
        if (@base is Register.RIP or Register.EIP || (@base == Register.None && index == Register.None))
            return instruction.MemoryDisplacement64 + segment;
        if (instruction.Mnemonic == Mnemonic.Lea)
            return 0;
        ulong target = random.OnceIn(40) ? OutOfReach(ref random, setting.Bits) : Place(ref random);
        // AMD refuses an effective address that is not canonical even where the base makes it one; the manuals speak of the linear address alone.
        if (setting.Bits == 64 && segment != 0 && (ulong)((long)((target - segment) << 16) >> 16) != target - segment)
            target = Layout.Window + 160 + (ulong)random.Below(192);
        // What these leave is not always defined, and behind the window it would stay.
        if (instruction.Mnemonic is Mnemonic.Shld or Mnemonic.Shrd && target - (Layout.HoleAbove - 16) < 16)
            target = Layout.HoleAbove - 1;
        bool aligned = instruction.Mnemonic == Mnemonic.Cmpxchg16b || (setting.AlignmentCheck && random.OnceIn(2)) || MustNotSplit(instruction);
        if (aligned && (MustNotSplit(instruction) || random.Below(4) != 0))
            target &= ~15ul;
        if (test.IsStateSave)
            target = target >= Layout.Window && target < Layout.Window + Layout.WindowSize ? StateSaves.Place(ref random) : target;
        else if (instruction.MemorySize.GetSize() >= 16 && random.Below(8) != 0)
            target &= ~31ul;
        ulong displacement = instruction.MemoryDisplacement64;
        if (instruction.Mnemonic == Mnemonic.Xlatb)
        {
            Put(ref gpr[Rbx], target - 60 - segment, AddressBits(instruction), random.Next());
            gpr[Rax] &= ~0x80ul;
            return target;
        }
        int bits = (@base == Register.None ? index : @base).GetSize() * 8;
        ulong offset = target - segment - displacement, scale = (ulong)instruction.MemoryIndexScale;
        if (@base == Register.None)
        {
            Put(ref gpr[Number(index)], (bits == 32 ? (uint)offset : offset) / scale, bits, random.Next());
            return target - ((bits == 32 ? (uint)offset : offset) % scale);
        }
        if (index != Register.None && Number(index) == Number(@base))
        {
            offset = bits == 32 ? (uint)offset : offset;
            Put(ref gpr[Number(@base)], offset / (scale + 1), bits, random.Next());
            return target - (offset % (scale + 1));
        }
        Put(ref gpr[Number(@base)], offset - (index == Register.None ? 0 : gpr[Number(index)] * scale), bits, random.Next());
        return target;
    }

    /// <summary>Aims a gather: small indices, seldom one out of reach.</summary>
    private static ulong AimIndexed(ref Randomness random, CodeSetting setting, Instruction instruction, ulong* gpr, SiliconCase* one)
    {
        ulong target = Layout.Window + 160 + (ulong)random.Below(192);
        int bits = instruction.MemoryBase.GetSize() * 8, range = 300 / instruction.MemoryIndexScale;
        Put(ref gpr[Number(instruction.MemoryBase)], target - setting.BaseOf(instruction.MemorySegment) - instruction.MemoryDisplacement64, bits, random.Next());
        ulong* indices = one->VectorsBefore.Ymm + (instruction.MemoryIndex.GetNumber() * 4);
        bool wide = instruction.Mnemonic is Mnemonic.Vgatherqps or Mnemonic.Vgatherqpd or Mnemonic.Vpgatherqd or Mnemonic.Vpgatherqq;
        for (int n = 0; n < (wide ? 4 : 8); n++)
        {
            long index = random.OnceIn(60) ? (long)random.Operand() : random.Below(range) - (range / 2);
            if (wide)
                indices[n] = (ulong)index;
            else
                ((uint*)indices)[n] = (uint)index;
        }
        return target;
    }

    private static bool MustNotSplit(Instruction instruction) =>
        HostProcessor.PunishesSplitLocks && (instruction.HasLockPrefix || instruction.Mnemonic is Mnemonic.Xchg);

    private static void AimStack(ref Randomness random, CodeSetting setting, ulong* gpr, int register)
    {
        ulong target = Place(ref random);
        if (setting.AlignmentCheck && random.OnceIn(2))
            target &= ~7ul;
        Put(ref gpr[register], target - setting.BaseOf(Register.SS), setting.HasNarrowStack ? 16 : setting.Bits == 64 ? 64 : 32, random.Next());
    }

    /// <summary>The low <paramref name="bits"/> of the register, with garbage above.</summary>
    private static void Put(ref ulong register, ulong value, int bits, ulong garbage)
    {
        ulong mask = bits switch { 64 => ulong.MaxValue, 32 => uint.MaxValue, _ => 0xFFFF };
        register = (value & mask) | (garbage & ~mask);
    }

    /// <summary>An address in the middle of the window, often across the page border.</summary>
    private static ulong Place(ref Randomness random) =>
        random.OnceIn(6) ? Layout.Window + (Layout.WindowSize / 2) - (ulong)random.Below(20)
        : random.OnceIn(400) ? OutOfReach(ref random, 32)
        : Layout.Window + 160 + (ulong)random.Below(192);

    private static ulong OutOfReach(ref Randomness random, int bits) => random.Below(bits == 64 ? 6 : 4) switch
    {
        0 => Layout.HoleAbove - (ulong)random.Below(10),
        1 => Layout.HoleBelow + (ulong)random.Below(4096),
        2 => Layout.ReadOnly + (ulong)random.Below(4096),
        3 => Layout.Data - (ulong)random.Below(10),
        4 => 0x0000_8000_0000_0000ul - (ulong)random.Below(12),
        _ => random.Next() | (1ul << 62),
    };

    /// <summary>A branch target: on the first code page, but in front of the instruction, seldom elsewhere.</summary>
    private static ulong Target(ref Randomness random, TestInstruction test) =>
        random.OnceIn(30) ? random.Next() & 0xFFFF_7FFF_FFFF_FFFF : Layout.CodePage - test.Setting.CodeBase + (ulong)random.Below(Layout.InstructionOffset - 32);

    private static void FillTargets(ref Randomness random, TestInstruction test, SiliconCase* one)
    {
        int width = test.Setting.Bits == 64 || random.OnceIn(8) ? 8 : random.OnceIn(4) == (test.Setting.Bits == 16) ? 4 : 2;
        for (int at = 0; at < Layout.WindowSize; at += width)
        {
            ulong target = Target(ref random, test);
            Buffer.MemoryCopy(&target, one->MemoryBefore + at, Layout.WindowSize - at, width);
        }
        if (random.OnceIn(8))
            return;
        byte alignment = (byte)(width - 1);
        one->Before.Gpr[Rsp] &= ~(ulong)alignment;
    }

    /// <summary>A frame for RETF or IRET on the stack: target, selector, flags, stack pointer and its selector.</summary>
    private static void PlaceFrame(ref Randomness random, TestInstruction test, Instruction instruction, SiliconCase* one)
    {
        int width = instruction.Code switch
        {
            Code.Retfw or Code.Retfw_imm16 or Code.Iretw => 2,
            Code.Retfq or Code.Retfq_imm16 or Code.Iretq => 8,
            _ => 4,
        };
        ulong pointer = one->Before.Gpr[Rsp];
        pointer = (test.Setting.HasNarrowStack ? (ushort)pointer : test.Setting.Bits == 64 ? pointer : (uint)pointer) + test.Setting.BaseOf(Register.SS);
        ulong at = pointer - Layout.Window;
        if (at > Layout.WindowSize - 48)
            return;
        ReadOnlySpan<ulong> frame =
        [
            OperandChoice.FarTarget(ref random), SelectorChoice.Code(ref random) | (random.Next() << 16), random.Next() & ~(Rflags.Tf | Rflags.Vm), random.Next(),
            random.OnceIn(3) ? SelectorChoice.Data(ref random) : SegmentTable.UserData,
        ];
        for (int n = 0; n < frame.Length; n++)
        {
            ulong word = frame[n];
            Buffer.MemoryCopy(&word, one->MemoryBefore + at + (ulong)(n * width), 8, width);
        }
    }

    private static int AddressBits(Instruction instruction)
    {
        for (int operand = 0; operand < instruction.OpCount; operand++)
        {
            switch (instruction.GetOpKind(operand))
            {
                case OpKind.MemorySegSI or OpKind.MemoryESDI or OpKind.MemorySegDI: return 16;
                case OpKind.MemorySegESI or OpKind.MemoryESEDI or OpKind.MemorySegEDI: return 32;
                case OpKind.Memory when instruction.MemoryBase != Register.None: return instruction.MemoryBase.GetSize() * 8;
            }
        }
        return 64;
    }

    /// <summary>True where an operand is in memory and the instruction says where (not a string instruction).</summary>
    public static bool HasMemory(Instruction instruction) =>
        instruction.Op0Kind == OpKind.Memory || instruction.Op1Kind == OpKind.Memory || instruction.Op2Kind == OpKind.Memory;

    private static int Number(Register register) =>
        register is >= Register.AH and <= Register.BH ? register - Register.AH : register.GetFullRegister() - Register.RAX;

    private static Span<byte> Window(SiliconCase* one) => new(one->MemoryBefore, Layout.WindowSize);

    private static Span<ulong> Words(SiliconCase* one) => new(one->MemoryBefore, Layout.WindowSize / 8);

    private static byte[] MakePool()
    {
        var random = new Randomness(0x51C0);
        var pool = new byte[PoolSize];
        for (int at = 0; at < PoolSize; at += 8)
            BitConverter.TryWriteBytes(pool.AsSpan(at), random.Operand());
        return pool;
    }
}
