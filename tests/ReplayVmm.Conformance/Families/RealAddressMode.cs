using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// Takes a 32-bit case to real-address mode (SDM volume 3, 10.9.2) and back by whatever interrupt ends it there. The words of the frame behind EIP,
/// CS and EFLAGS of the line are then: vector; IP, CS and FLAGS as the interrupt pushed them; ESP and SS behind that; EFLAGS in the handler; DS, ES,
/// FS, GS.
/// </summary>
internal static class RealAddressMode
{
    /// <summary>CS of the program, which starts at offset 0.</summary>
    public const ushort Code = Layout.LowSegment;
    /// <summary>DS, ES, FS and GS.</summary>
    public const ushort Data = 0x3000;
    /// <summary>SS.</summary>
    public const ushort Stack = 0x5000;
    /// <summary>ESP at the first instruction.</summary>
    public const ushort StackPointer = 0x8000;
    /// <summary>Linear address of the interrupt vectors.</summary>
    public const uint Vectors = Layout.Low + 0x800;
    /// <summary>Offset of the second part of a program.</summary>
    public const ushort Target = 0x200;
    /// <summary>Vector by which programs end.</summary>
    public const byte Done = CaseWriter.DoneVector;

    private const ushort Common = 0x400, KeptEbx = 0xC00, KeptEcx = 0xC04, Top = 0xE00;
    private const int Edge = 32;
    private const uint VectorStep = 0xFFFF_0010;

    private static readonly byte[] Entry = MakeEntry();
    private static readonly ushort ExitAt = (ushort)(Common + Entry.Length);
    private static readonly byte[] Exit = MakeExit();

    /// <summary>Bytes of 16-bit code for <paramref name="offset"/>.</summary>
    public static byte[] Assemble(Action<Assembler> code, ushort offset = 0) => Assemble(16, code, offset);

    /// <summary>What lies in the table for <paramref name="vector"/>: IP and CS.</summary>
    public static uint Pointer(byte vector) => (((uint)Code << 16) | ExitAt) + (vector * VectorStep);

    /// <summary>A case that is a program of real-address mode.</summary>
    public static Case Make(string name, Action<Assembler> program, params uint[] probes) => new(name, c => c.RealMode(program), probes);

    /// <summary>A case that is a program of two parts.</summary>
    public static Case Make(string name, Action<Assembler> program, Action<Assembler> target, params uint[] probes) =>
        new(name, c => c.RealMode(program, target: target), probes);

    /// <summary>Runs <paramref name="program"/>, and INT 40h behind it.</summary>
    /// <param name="c">Where to write.</param>
    /// <param name="program">16-bit code for offset 0.</param>
    /// <param name="flags">EFLAGS at its first instruction.</param>
    /// <param name="limits">Limits that the segment registers take along: "unreal" mode where they are not FFFFh.</param>
    /// <param name="target">16-bit code for offset <see cref="Target"/>; INT 40h stands behind it too.</param>
    public static void RealMode(
        this CaseWriter c, Action<Assembler> program, uint flags = 2, RealLimits? limits = null, Action<Assembler>? target = null)
    {
        limits ??= new RealLimits();
        byte[] code = Assemble(program + End), second = target is null ? [] : Assemble(target + End, Target), common = [.. Entry, .. Exit];
        if (code.Length > Target || second.Length > Common - Target)
            throw new InvalidOperationException($"a program of {code.Length} bytes and {second.Length} is too long");
        Copy(c, c["program"], Layout.Low, code.Length);
        Copy(c, c["program"] + (uint)code.Length, Layout.Low + Common, common.Length);
        Copy(c, c["program"] + (uint)(code.Length + common.Length), Layout.Low + Target, second.Length);
        FillEdges(c.A);
        MakeVectors(c.A);
        (ushort Selector, byte Access, uint Limit)[] segments =
            [(Protection.Chosen, 0x9A, limits.Code), (Protection.Second, 0x92, limits.Data), (Protection.Third, 0x92, limits.Stack)];
        foreach ((ushort selector, byte access, uint limit) in segments)
        {
            bool pages = limit > Protection.MostLimit;
            c.Describe(selector, DescriptorBits.Segment(access, Layout.Low, pages ? limit >> 12 : limit, (byte)(pages ? 8 : 0)));
        }
        // The runtime's own table of descriptors stays; that of interrupts is kept for the way back.
        c.A.sidt(__[Layout.Low + 0xC10]);
        c.PokeWord(Layout.Low + 0xC18, 0x3FF);
        c.Poke(Layout.Low + 0xC1A, Vectors);
        c.A.lidt(__[Layout.Low + 0xC18]);
        c.Push(flags);
        c.Push(Protection.Chosen);
        c.Push(Common);
        foreach (AssemblerRegister32 register in (AssemblerRegister32[])[eax, ecx, edi, esi])
            c.A.mov(register, 0);
        c.A.iretd();
        c.Mark("program");
        c.A.db(code);
        c.A.db(common);
        if (second.Length > 0)
            c.A.db(second);
    }

    /// <summary>Ends the case, marked as one whose subject the machine does not have, where CPUID says so.</summary>
    public static void Require(this Assembler a, CpuidBit feature)
    {
        Label offered = a.CreateLabel();
        a.mov(eax, feature.Leaf);
        a.mov(ecx, 0);
        a.cpuid();
        a.test(feature.InEcx ? ecx : edx, 1u << feature.Bit);
        a.mov(eax, Comparison.AbsentMark);
        a.mov(ebx, 0);
        a.mov(ecx, 0);
        a.mov(edx, 0);
        a.jne(offered);
        a.@int(Done);
        a.Label(ref offered);
        a.mov(eax, 0);
    }

    /// <summary>Pushes 32 bits.</summary>
    public static void PushWide(this Assembler a, uint value) => a.AddInstruction(Instruction.Create(Iced.Intel.Code.Pushd_imm32, value));

    private static void End(Assembler a) => a.@int(Done);

    /// <summary>16-bit protected-mode code that goes on in real-address mode, at offset 0. It changes no flag.</summary>
    private static byte[] MakeEntry()
    {
        byte[] leave = Assemble(a =>
        {
            SetData(a, Protection.Second, Protection.Third);
            a.mov(eax, 0x10);
            a.mov(cr0, eax);
        });
        const int JumpLength = 5;
        ushort there = (ushort)(Common + leave.Length + JumpLength);
        byte[] jump = Assemble(a => a.AddInstruction(Instruction.CreateBranch(Iced.Intel.Code.Jmp_ptr1616, Code, there)));
        byte[] start = Assemble(a =>
        {
            SetData(a, Data, Stack);
            a.mov(esp, (uint)StackPointer);
            a.mov(eax, 0);
            a.jmp((ulong)0);
        }, there);
        return [.. leave, .. jump, .. start];
    }

    private static void SetData(Assembler a, ushort data, ushort stack)
    {
        a.mov(ax, data);
        foreach (AssemblerRegisterSegment register in (AssemblerRegisterSegment[])[ds, es, fs, gs])
            a.mov(register, ax);
        a.mov(ax, stack);
        a.mov(ss, ax);
    }

    /// <summary>Every vector leads here, each with its own CS, so that CS tells which. Debug registers keep what has no stack to go to.</summary>
    private static byte[] MakeExit()
    {
        byte[] save = Assemble(a =>
        {
            a.mov(dr0, eax);
            a.mov(eax, 0);
            a.mov(dr7, eax);
            a.mov(ax, cs);
            a.mov(dr1, eax);
            a.mov(ax, ss);
            a.mov(dr2, eax);
            a.mov(dr3, esp);
            a.mov(ax, unchecked((short)Code));
            a.mov(ss, ax);
            a.mov(esp, (uint)Top);
            a.pushfd();
            a.push(ds);
            a.push(es);
            a.push(fs);
            a.push(gs);
            a.mov(eax, 0x11);
            a.mov(cr0, eax);
        });
        const int JumpLength = 8;
        uint there = Layout.Low + ExitAt + (uint)save.Length + JumpLength;
        byte[] jump = Assemble(a => a.AddInstruction(Instruction.CreateBranch(Iced.Intel.Code.Jmp_ptr1632, Selectors.Code0, there)));
        return [.. save, .. jump, .. Assemble(32, Report, there)];
    }

    /// <summary>32-bit code: pushes what there is to know, and ends the case.</summary>
    private static void Report(Assembler a)
    {
        a.mov(eax, (uint)Selectors.Data0);
        a.mov(ds, ax);
        a.mov(es, ax);
        a.mov(ss, ax);
        a.mov(fs, ax);
        a.mov(gs, ax);
        a.mov(esp, Layout.CaseStack);
        a.lidt(__[Layout.Low + 0xC10]);
        a.mov(__dword_ptr[Layout.Low + KeptEbx], ebx);
        a.mov(__dword_ptr[Layout.Low + KeptEcx], ecx);
        for (uint word = Top - 12; word < Top - 4; word += 2)
        {
            a.movzx(eax, __word_ptr[Layout.Low + word]);
            a.push(eax);
        }
        a.push(__dword_ptr[Layout.Low + Top - 4]);
        a.mov(ebx, dr2);
        a.movzx(ebx, bx);
        a.push(ebx);
        a.shl(ebx, 4);
        a.mov(ecx, dr3);
        a.push(ecx);
        // The frame may wrap from the end of the segment to its start.
        a.add(cx, 4);
        for (int word = 0; word < 3; word++)
        {
            a.movzx(ecx, cx);
            a.movzx(eax, __word_ptr[ebx + ecx]);
            a.push(eax);
            a.sub(cx, 2);
        }
        a.mov(eax, dr1);
        a.movzx(eax, ax);
        a.neg(eax);
        a.add(eax, (uint)Code);
        a.push(eax);
        a.mov(eax, dr0);
        a.mov(ebx, __dword_ptr[Layout.Low + KeptEbx]);
        a.mov(ecx, __dword_ptr[Layout.Low + KeptEcx]);
        a.@int(unchecked((sbyte)CaseWriter.DoneVector));
    }

    /// <summary>Zeros where programs look in the data and stack segments, and around their ends the numbers from 0 on, 64 at each.</summary>
    private static void FillEdges(Assembler a)
    {
        Label end = a.CreateLabel(), next = a.CreateLabel();
        a.mov(eax, 0);
        foreach ((uint start, uint bytes) in ((uint, uint)[])[(0x3_0000, 0x400), (0x3_7F00, 0x200), (0x3_FC00, 0x800), (0x4_FF00, 0x400),
            (0x5_7E00, 0x400), (0x5_FF00, 0x200)])
        {
            a.mov(edi, start);
            a.mov(ecx, bytes / 4);
            a.rep.stosd();
        }
        a.mov(edi, ((uint)Data << 4) - Edge);
        a.mov(eax, 0);
        a.Label(ref end);
        a.mov(ecx, 2 * Edge);
        a.Label(ref next);
        a.stosb();
        a.inc(eax);
        a.dec(ecx);
        a.jne(next);
        a.add(edi, 0x1_0000 - (2 * Edge));
        a.test(al, al);
        a.jne(end);
    }

    /// <summary>Vector n is CS = 1000h - n with the IP that makes the same address of it.</summary>
    private static void MakeVectors(Assembler a)
    {
        Label next = a.CreateLabel();
        a.mov(edi, Vectors);
        a.mov(eax, ((uint)Code << 16) | ExitAt);
        a.mov(ecx, 256);
        a.Label(ref next);
        a.stosd();
        a.add(eax, VectorStep);
        a.dec(ecx);
        a.jne(next);
    }

    private static void Copy(CaseWriter c, uint from, uint to, int bytes)
    {
        if (bytes == 0)
            return;
        c.A.mov(esi, from);
        c.A.mov(edi, to);
        c.A.mov(ecx, bytes);
        c.A.rep.movsb();
    }

    private static byte[] Assemble(int bits, Action<Assembler> code, uint address)
    {
        var a = new Assembler(bits);
        code(a);
        using var stream = new MemoryStream();
        a.Assemble(new StreamCodeWriter(stream), address);
        return stream.ToArray();
    }
}
