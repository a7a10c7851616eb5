using Iced.Intel;

namespace ReplayVmm.Processor.Tests.Silicon;

/// <summary>Every encoding that the table of instructions has, the processor that runs the tests has too, and a user-mode program may execute.</summary>
internal static unsafe class FormCatalog
{
    private static readonly HashSet<OpCodeOperandKind> General =
    [
        OpCodeOperandKind.mem, OpCodeOperandKind.mem_offs, OpCodeOperandKind.r8_or_mem, OpCodeOperandKind.r16_or_mem, OpCodeOperandKind.r32_or_mem,
        OpCodeOperandKind.r64_or_mem, OpCodeOperandKind.r8_reg, OpCodeOperandKind.r8_opcode, OpCodeOperandKind.r16_reg, OpCodeOperandKind.r16_rm, OpCodeOperandKind.r16_opcode,
        OpCodeOperandKind.r32_reg, OpCodeOperandKind.r32_rm, OpCodeOperandKind.r32_opcode, OpCodeOperandKind.r32_vvvv, OpCodeOperandKind.r64_reg, OpCodeOperandKind.r64_rm,
        OpCodeOperandKind.r64_opcode, OpCodeOperandKind.r64_vvvv, OpCodeOperandKind.al, OpCodeOperandKind.cl, OpCodeOperandKind.ax, OpCodeOperandKind.eax,
        OpCodeOperandKind.rax, OpCodeOperandKind.imm8, OpCodeOperandKind.imm8_const_1, OpCodeOperandKind.imm8sex16, OpCodeOperandKind.imm8sex32,
        OpCodeOperandKind.imm8sex64, OpCodeOperandKind.imm16, OpCodeOperandKind.imm32, OpCodeOperandKind.imm32sex64, OpCodeOperandKind.imm64,
        OpCodeOperandKind.seg_rSI, OpCodeOperandKind.es_rDI, OpCodeOperandKind.seg_rBX_al, OpCodeOperandKind.br16_1, OpCodeOperandKind.br32_1, OpCodeOperandKind.br64_1,
        OpCodeOperandKind.br16_2, OpCodeOperandKind.br32_4, OpCodeOperandKind.br64_4,
    ];

    /// <summary>What is not executed natively: the system families, which depend on what the operating system set up, and UD0 and UD1.</summary>
    private static readonly HashSet<Mnemonic> Skipped =
    [
        Mnemonic.Ud0, Mnemonic.Ud1, Mnemonic.Arpl, Mnemonic.Clac, Mnemonic.Cli, Mnemonic.Clts, Mnemonic.Cpuid, Mnemonic.Hlt, Mnemonic.In,
        Mnemonic.Insb, Mnemonic.Insd, Mnemonic.Insw, Mnemonic.Int, Mnemonic.Int1, Mnemonic.Int3, Mnemonic.Into, Mnemonic.Invd, Mnemonic.Invlpg,
        Mnemonic.Invpcid, Mnemonic.Iret, Mnemonic.Iretd, Mnemonic.Iretq, Mnemonic.Lar, Mnemonic.Lds, Mnemonic.Les, Mnemonic.Lfs, Mnemonic.Lgdt,
        Mnemonic.Lgs, Mnemonic.Lidt, Mnemonic.Lldt, Mnemonic.Lmsw, Mnemonic.Lsl, Mnemonic.Lss, Mnemonic.Ltr, Mnemonic.Monitor, Mnemonic.Mwait,
        Mnemonic.Out, Mnemonic.Outsb, Mnemonic.Outsd, Mnemonic.Outsw, Mnemonic.Popf, Mnemonic.Popfd, Mnemonic.Popfq, Mnemonic.Pushf, Mnemonic.Pushfd,
        Mnemonic.Pushfq, Mnemonic.Rdfsbase, Mnemonic.Rdgsbase, Mnemonic.Rdmsr, Mnemonic.Rdpid, Mnemonic.Rdpmc, Mnemonic.Rdrand, Mnemonic.Rdseed,
        Mnemonic.Rdtsc, Mnemonic.Rdtscp, Mnemonic.Retf, Mnemonic.Sgdt, Mnemonic.Sidt, Mnemonic.Sldt, Mnemonic.Smsw, Mnemonic.Stac, Mnemonic.Sti,
        Mnemonic.Str, Mnemonic.Swapgs, Mnemonic.Syscall, Mnemonic.Sysenter, Mnemonic.Sysexit, Mnemonic.Sysexitq, Mnemonic.Sysret, Mnemonic.Sysretq,
        Mnemonic.Verr, Mnemonic.Verw, Mnemonic.Vmcall, Mnemonic.Wbinvd, Mnemonic.Wrfsbase, Mnemonic.Wrgsbase, Mnemonic.Wrmsr, Mnemonic.Xgetbv,
        Mnemonic.Xsetbv,
    ];

    /// <summary>0F 0D with a register is a NOP of Intel's and undefined for AMD; MOVSXD to a 16-bit register loads 16 bits, or 32 on AMD.</summary>
    private static readonly HashSet<Code> VendorDependent = [Code.Movsxd_r16_rm16, Code.Reservednop_rm16_r16_0F0D, Code.Reservednop_rm32_r32_0F0D, Code.Reservednop_rm64_r64_0F0D];

    /// <summary>The encodings for code of <paramref name="bits"/> bits (32 or 64), in the order of <see cref="Code"/>.</summary>
    public static IReadOnlyList<Code> For(int bits)
    {
        var codes = new List<Code>();
        foreach (Code code in Enum.GetValues<Code>())
        {
            OpCodeInfo info = code.ToOpCode();
            if (!info.IsInstruction || InstructionTable.Find(code.Mnemonic()).Bind == null || Skipped.Contains(code.Mnemonic()) || VendorDependent.Contains(code))
                continue;
            if (bits == 64 ? !info.Mode64 : !info.Mode32)
                continue;
            if (code.IsCallFarIndirect() || code.IsJmpFarIndirect())
                continue;
            // 16-bit near branches of 64-bit mode are AMD's alone; the interpreter follows Intel there. The others are of processors long gone.
            if (bits == 64 && IsNarrowBranch(code) || code.ToString() is var name && (name.StartsWith("VEX_KNC", StringComparison.Ordinal) || name.Contains("486")))
                continue;
            if (info.Encoding is EncodingKind.EVEX or EncodingKind.XOP or EncodingKind.D3NOW or EncodingKind.MVEX)
                continue;
            // Floating point has registers of its own, which this judge does not load.
            if (code.CpuidFeatures().Any(f => f is CpuidFeature.FPU or CpuidFeature.FPU287 or CpuidFeature.FPU387 or CpuidFeature.FXSR)
                || code.Mnemonic() is Mnemonic.Ldmxcsr or Mnemonic.Stmxcsr || IsStateSave(code.Mnemonic()))
            {
                continue;
            }
            bool general = true;
            for (int operand = 0; operand < info.OpCount; operand++)
                general &= General.Contains(info.GetOpKind(operand));
            if (general)
                codes.Add(code);
        }
        return codes;
    }

    private static bool IsStateSave(Mnemonic mnemonic) =>
        mnemonic.ToString() is var name && (name.StartsWith("Xsave", StringComparison.Ordinal) || name.StartsWith("Xrstor", StringComparison.Ordinal));

    private static bool IsNarrowBranch(Code code) =>
        code is Code.Retnw or Code.Retnw_imm16 or Code.Call_rm16 or Code.Jmp_rm16
        || (code.ToOpCode() is { OpCount: > 0 } branch && branch.GetOpKind(0) is OpCodeOperandKind.br16_1 or OpCodeOperandKind.br16_2);
}
