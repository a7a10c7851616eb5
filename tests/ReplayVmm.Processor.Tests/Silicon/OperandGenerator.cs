using Iced.Intel;
using ReplayVmm.Silicon;

namespace ReplayVmm.Processor.Tests.Silicon;

/// <summary>Random registers, flags and memory for one instruction, such that its memory operands mostly lie in the window.</summary>
internal static unsafe class OperandGenerator
{
    private const int Rax = 0, Rcx = 1, Rdx = 2, Rbx = 3, Rsp = 4, Rbp = 5, Rsi = 6, Rdi = 7;

    /// <summary>Fills <paramref name="one"/>.</summary>
    public static void Fill(ref Randomness random, TestInstruction test, SiliconCase* one)
    {
        Instruction instruction = test.Decoded;
        ulong* gpr = one->Before.Gpr;
        for (int r = 0; r < 16; r++)
            gpr[r] = random.Operand();
        var words = new Span<ulong>(one->MemoryBefore, Layout.WindowSize / 8);
        foreach (ref ulong word in words)
            word = random.Operand();
        one->Before.Rflags = (random.Next() & Rflags.Arithmetic) | Rflags.Fixed1 | Rflags.If | (random.OnceIn(3) ? Rflags.Df : 0);

        Constrain(ref random, test, instruction, gpr, one);
        if (instruction.HasMemory())
            AimMemory(ref random, test, instruction, gpr);
        if (test.Bits == 32)
        {
            for (int r = 0; r < 16; r++)
                gpr[r] = r < 8 ? (uint)gpr[r] : 0;
        }
    }

    /// <summary>Registers that the instruction uses without naming them.</summary>
    private static void Constrain(ref Randomness random, TestInstruction test, Instruction instruction, ulong* gpr, SiliconCase* one)
    {
        Mnemonic mnemonic = instruction.Mnemonic;
        if (TestInstruction.IsString(mnemonic))
        {
            ulong high = test.Bits == 64 && HasNarrowAddress(instruction) ? random.Next() << 32 : 0;
            ulong segment = instruction.SegmentPrefix == Register.GS ? Layout.GsBase : 0;
            gpr[Rsi] = (Place(ref random) - segment) + high;
            gpr[Rdi] = (random.OnceIn(3) ? gpr[Rsi] + (ulong)(random.Below(33) - 16) : Place(ref random)) + high;
            gpr[Rcx] = (ulong)(random.OnceIn(12) ? 0 : random.Below(40)) + high;
            if (random.OnceIn(2))
                MakeSimilar(ref random, one);
            return;
        }
        if (instruction.IsStackInstruction)
            gpr[Rsp] = Place(ref random);
        switch (mnemonic)
        {
            case Mnemonic.Enter or Mnemonic.Leave:
                gpr[Rbp] = Place(ref random);
                break;
            case Mnemonic.Div or Mnemonic.Idiv when random.Below(4) != 0:
                gpr[Rdx] = mnemonic == Mnemonic.Idiv && random.OnceIn(2) ? ulong.MaxValue : (ulong)random.Below(3);
                if (random.OnceIn(2))
                    gpr[Rax] &= 0x3FF;
                break;
            case Mnemonic.Cmpxchg8b or Mnemonic.Cmpxchg16b or Mnemonic.Cmpxchg when random.OnceIn(2):
                gpr[Rax] = gpr[Rdx] = 0x0101_0101_0101_0101;
                new Span<byte>(one->MemoryBefore, Layout.WindowSize).Fill(1);
                break;
            case Mnemonic.Loop or Mnemonic.Loope or Mnemonic.Loopne or Mnemonic.Jcxz or Mnemonic.Jecxz or Mnemonic.Jrcxz when random.OnceIn(2):
                gpr[Rcx] = (ulong)random.Below(3) + (random.OnceIn(3) ? 0x1_0000_0000ul : 0);
                break;
            case Mnemonic.Ret:
                // The return address comes from the window: let it be one on the code page.
                foreach (ref ulong word in new Span<ulong>(one->MemoryBefore, Layout.WindowSize / 8))
                    word = test.Bits == 64 ? Target(ref random) : Target(ref random) | (Target(ref random) << 32);
                gpr[Rsp] &= random.OnceIn(8) ? ulong.MaxValue : ~7ul;
                break;
            case Mnemonic.Jmp or Mnemonic.Call when instruction.Op0Kind is OpKind.Register or OpKind.Memory:
                foreach (ref ulong word in new Span<ulong>(one->MemoryBefore, Layout.WindowSize / 8))
                    word = test.Bits == 64 ? Target(ref random) : Target(ref random) | (Target(ref random) << 32);
                if (instruction.Op0Kind == OpKind.Register)
                    gpr[(int)(instruction.Op0Register.GetFullRegister() - Register.RAX)] = Target(ref random);
                break;
        }
        if (mnemonic is Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc && instruction.Op0Kind == OpKind.Memory && instruction.Op1Kind == OpKind.Register)
        {
            ref ulong bit = ref gpr[(int)(instruction.Op1Register.GetFullRegister() - Register.RAX)];
            bit = (ulong)(random.Below(800) - 400) & (instruction.Op1Register.GetSize() switch { 2 => 0xFFFFul, 4 => 0xFFFF_FFFF, _ => ulong.MaxValue });
            if (instruction.Op1Register.GetSize() < 8)
                bit |= random.Next() << 32;
        }
    }

    /// <summary>Chooses the base (or index) register so that the operand lies where it should.</summary>
    private static void AimMemory(ref Randomness random, TestInstruction test, Instruction instruction, ulong* gpr)
    {
        Register @base = instruction.MemoryBase, index = instruction.MemoryIndex;
        if (instruction.Mnemonic == Mnemonic.Lea || @base is Register.RIP or Register.EIP || (@base == Register.None && index == Register.None))
            return;
        if (@base is not Register.None && @base.GetSize() == 2)
            return;
        ulong target = Place(ref random);
        if (random.OnceIn(40))
            target = OutOfReach(ref random, test.Bits);
        if (instruction.Mnemonic == Mnemonic.Cmpxchg16b && random.Below(4) != 0)
            target &= ~15ul;
        ulong displacement = instruction.MemoryDisplacement64;
        if (instruction.SegmentPrefix == Register.GS)
            target -= Layout.GsBase;
        if (instruction.Mnemonic == Mnemonic.Xlatb)
        {
            gpr[Rbx] = target - 60;
            gpr[Rax] &= ~0x80ul;
            return;
        }
        bool narrow = (@base == Register.None ? index : @base).GetSize() == 4;
        ulong mask = narrow ? uint.MaxValue : ulong.MaxValue, garbage = narrow && test.Bits == 64 ? random.Next() << 32 : 0;
        if (@base == Register.None)
        {
            ulong scaled = (target - displacement) & mask & ~(ulong)(instruction.MemoryIndexScale - 1);
            gpr[Number(index)] = (scaled / (ulong)instruction.MemoryIndexScale) | garbage;
            return;
        }
        ulong offset = index == Register.None ? 0 : gpr[Number(index)] * (ulong)instruction.MemoryIndexScale;
        gpr[Number(@base)] = ((target - displacement - offset) & mask) | garbage;
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

    /// <summary>A branch target: on the code page, but not in the instruction itself, seldom elsewhere.</summary>
    private static ulong Target(ref Randomness random) => random.OnceIn(30) ? random.Next() & 0xFFFF_7FFF_FFFF_FFFF : Layout.CodePage + (ulong)random.Below(2000);

    /// <summary>Long runs of equal bytes, so that REPE and REPNE go on for a while.</summary>
    private static void MakeSimilar(ref Randomness random, SiliconCase* one)
    {
        new Span<byte>(one->MemoryBefore, Layout.WindowSize).Fill((byte)random.Below(2));
        for (int n = 0; n < 4; n++)
            one->MemoryBefore[random.Below(Layout.WindowSize)] = (byte)random.Below(3);
        one->Before.Gpr[Rax] = random.OnceIn(2) ? 0ul : 0x0101_0101_0101_0101;
    }

    private static bool HasNarrowAddress(Instruction instruction)
    {
        for (int operand = 0; operand < instruction.OpCount; operand++)
        {
            if (instruction.GetOpKind(operand) is OpKind.MemorySegESI or OpKind.MemoryESEDI)
                return true;
        }
        return false;
    }

    private static bool HasMemory(this Instruction instruction) => instruction.Op0Kind == OpKind.Memory || instruction.Op1Kind == OpKind.Memory || instruction.Op2Kind == OpKind.Memory;

    private static int Number(Register register) => register.GetFullRegister() - Register.RAX;
}
