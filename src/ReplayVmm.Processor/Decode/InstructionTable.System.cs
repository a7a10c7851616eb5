using Iced.Intel;

namespace ReplayVmm.Processor;

internal static unsafe partial class InstructionTable
{
    private static void AddSystem()
    {
        AddSegments();
        AddFarTransfers();
        AddRegisters();
        AddProcessorControl();
        AddPorts();
    }

    private static void AddSegments()
    {
        AddForm(Code.Mov_Sreg_rm16, &SegmentMoves.BindLoad, endsBlock: true);
        AddForm(Code.Mov_Sreg_r32m16, &SegmentMoves.BindLoad, endsBlock: true);
        AddForm(Code.Mov_Sreg_r64m16, &SegmentMoves.BindLoad, endsBlock: true);
        AddForm(Code.Mov_rm16_Sreg, &SegmentMoves.BindStore);
        AddForm(Code.Mov_r32m16_Sreg, &SegmentMoves.BindStore);
        AddForm(Code.Mov_r64m16_Sreg, &SegmentMoves.BindStore);
        foreach (Code code in (ReadOnlySpan<Code>)[Code.Pushw_CS, Code.Pushd_CS, Code.Pushw_DS, Code.Pushd_DS, Code.Pushw_ES, Code.Pushd_ES, Code.Pushw_SS,
            Code.Pushd_SS, Code.Pushw_FS, Code.Pushd_FS, Code.Pushq_FS, Code.Pushw_GS, Code.Pushd_GS, Code.Pushq_GS])
            AddForm(code, &SegmentMoves.BindPush);
        foreach (Code code in (ReadOnlySpan<Code>)[Code.Popw_DS, Code.Popd_DS, Code.Popw_ES, Code.Popd_ES, Code.Popw_SS, Code.Popd_SS, Code.Popw_FS,
            Code.Popd_FS, Code.Popq_FS, Code.Popw_GS, Code.Popd_GS, Code.Popq_GS])
            AddForm(code, &SegmentMoves.BindPop, endsBlock: true);
        Add(Mnemonic.Lds, &SegmentMoves.BindFarPointer, endsBlock: true);
        Add(Mnemonic.Les, &SegmentMoves.BindFarPointer, endsBlock: true);
        Add(Mnemonic.Lfs, &SegmentMoves.BindFarPointer, endsBlock: true);
        Add(Mnemonic.Lgs, &SegmentMoves.BindFarPointer, endsBlock: true);
        Add(Mnemonic.Lss, &SegmentMoves.BindFarPointer, endsBlock: true);
        Add(Mnemonic.Lgdt, &TableRegisters.BindLgdt);
        Add(Mnemonic.Lidt, &TableRegisters.BindLidt);
        Add(Mnemonic.Sgdt, &TableRegisters.BindSgdt);
        Add(Mnemonic.Sidt, &TableRegisters.BindSidt);
        Add(Mnemonic.Lldt, &TableRegisters.BindLldt);
        Add(Mnemonic.Ltr, &TableRegisters.BindLtr);
        Add(Mnemonic.Sldt, &TableRegisters.BindSldt);
        Add(Mnemonic.Str, &TableRegisters.BindStr);
        Add(Mnemonic.Lar, &SegmentQueries.BindLar);
        Add(Mnemonic.Lsl, &SegmentQueries.BindLsl);
        Add(Mnemonic.Verr, &SegmentQueries.BindVerr);
        Add(Mnemonic.Verw, &SegmentQueries.BindVerw);
        Add(Mnemonic.Arpl, &SegmentQueries.BindArpl);
    }

    private static void AddFarTransfers()
    {
        AddForm(Code.Jmp_ptr1616, &FarTransfers.BindJumpPointer, endsBlock: true);
        AddForm(Code.Jmp_ptr1632, &FarTransfers.BindJumpPointer, endsBlock: true);
        AddForm(Code.Jmp_m1616, &FarTransfers.BindJumpMemory, endsBlock: true);
        AddForm(Code.Jmp_m1632, &FarTransfers.BindJumpMemory, endsBlock: true);
        AddForm(Code.Jmp_m1664, &FarTransfers.BindJumpMemory, endsBlock: true);
        AddForm(Code.Call_ptr1616, &FarTransfers.BindCallPointer, endsBlock: true);
        AddForm(Code.Call_ptr1632, &FarTransfers.BindCallPointer, endsBlock: true);
        AddForm(Code.Call_m1616, &FarTransfers.BindCallMemory, endsBlock: true);
        AddForm(Code.Call_m1632, &FarTransfers.BindCallMemory, endsBlock: true);
        AddForm(Code.Call_m1664, &FarTransfers.BindCallMemory, endsBlock: true);
        Add(Mnemonic.Retf, &FarReturns.Bind, endsBlock: true);
        foreach (Mnemonic iret in (ReadOnlySpan<Mnemonic>)[Mnemonic.Iret, Mnemonic.Iretd, Mnemonic.Iretq])
            Add(iret, &InterruptReturns.Bind, endsBlock: true);
        Add(Mnemonic.Int, &SoftwareInterrupts.BindInt, endsBlock: true);
        Add(Mnemonic.Int3, &SoftwareInterrupts.BindInt3, endsBlock: true);
        Add(Mnemonic.Into, &SoftwareInterrupts.BindInto, endsBlock: true);
        Add(Mnemonic.Int1, &SoftwareInterrupts.BindInt1, endsBlock: true);
        Add(Mnemonic.Syscall, &FastSystemCalls.BindSyscall, CpuFeature.Syscall, endsBlock: true);
        Add(Mnemonic.Sysret, &FastSystemCalls.BindSysret, CpuFeature.Syscall, endsBlock: true);
        Add(Mnemonic.Sysretq, &FastSystemCalls.BindSysret, CpuFeature.Syscall, endsBlock: true);
        Add(Mnemonic.Sysenter, &FastSystemCalls.BindSysenter, CpuFeature.Sep, endsBlock: true);
        Add(Mnemonic.Sysexit, &FastSystemCalls.BindSysexit, CpuFeature.Sep, endsBlock: true);
        Add(Mnemonic.Sysexitq, &FastSystemCalls.BindSysexit, CpuFeature.Sep, endsBlock: true);
        Add(Mnemonic.Swapgs, &FastSystemCalls.BindSwapgs, CpuFeature.LongMode);
        Add(Mnemonic.Rdfsbase, &FastSystemCalls.BindRdfsbase, CpuFeature.Fsgsbase);
        Add(Mnemonic.Rdgsbase, &FastSystemCalls.BindRdgsbase, CpuFeature.Fsgsbase);
        Add(Mnemonic.Wrfsbase, &FastSystemCalls.BindWrfsbase, CpuFeature.Fsgsbase);
        Add(Mnemonic.Wrgsbase, &FastSystemCalls.BindWrgsbase, CpuFeature.Fsgsbase);
    }

    private static void AddRegisters()
    {
        AddForm(Code.Mov_cr_r32, &ControlRegisterMoves.BindWrite, endsBlock: true);
        AddForm(Code.Mov_cr_r64, &ControlRegisterMoves.BindWrite, endsBlock: true);
        AddForm(Code.Mov_r32_cr, &ControlRegisterMoves.BindRead);
        AddForm(Code.Mov_r64_cr, &ControlRegisterMoves.BindRead);
        AddForm(Code.Mov_dr_r32, &DebugRegisterMoves.BindWrite, endsBlock: true);
        AddForm(Code.Mov_dr_r64, &DebugRegisterMoves.BindWrite, endsBlock: true);
        AddForm(Code.Mov_r32_dr, &DebugRegisterMoves.BindRead, endsBlock: true);
        AddForm(Code.Mov_r64_dr, &DebugRegisterMoves.BindRead, endsBlock: true);
        Add(Mnemonic.Clts, &ControlRegisterMoves.BindClts, endsBlock: true);
        Add(Mnemonic.Lmsw, &ControlRegisterMoves.BindLmsw, endsBlock: true);
        Add(Mnemonic.Smsw, &ControlRegisterMoves.BindSmsw);
        Add(Mnemonic.Rdmsr, &MsrInstructions.BindRead, CpuFeature.Msr);
        Add(Mnemonic.Wrmsr, &MsrInstructions.BindWrite, CpuFeature.Msr, endsBlock: true);
        Add(Mnemonic.Rdtsc, &TimeStamps.BindRdtsc, CpuFeature.Tsc);
        Add(Mnemonic.Rdtscp, &TimeStamps.BindRdtscp, CpuFeature.Rdtscp);
        Add(Mnemonic.Rdpmc, &TimeStamps.BindRdpmc);
        Add(Mnemonic.Rdpid, &TimeStamps.BindRdpid, CpuFeature.Rdpid);
        foreach (Mnemonic pushf in (ReadOnlySpan<Mnemonic>)[Mnemonic.Pushf, Mnemonic.Pushfd, Mnemonic.Pushfq])
            Add(pushf, &FlagInstructions.BindPushf);
        foreach (Mnemonic popf in (ReadOnlySpan<Mnemonic>)[Mnemonic.Popf, Mnemonic.Popfd, Mnemonic.Popfq])
            Add(popf, &FlagInstructions.BindPopf, endsBlock: true);
        Add(Mnemonic.Cli, &FlagInstructions.BindCli);
        Add(Mnemonic.Sti, &FlagInstructions.BindSti, endsBlock: true);
        Add(Mnemonic.Stac, &ProcessorControl.BindStac, CpuFeature.Smap, endsBlock: true);
        Add(Mnemonic.Clac, &ProcessorControl.BindClac, CpuFeature.Smap, endsBlock: true);
    }

    private static void AddProcessorControl()
    {
        Add(Mnemonic.Cpuid, &ProcessorControl.BindCpuid);
        Add(Mnemonic.Hlt, &ProcessorControl.BindHlt, endsBlock: true);
        Add(Mnemonic.Monitor, &ProcessorControl.BindMonitor, CpuFeature.Monitor);
        Add(Mnemonic.Mwait, &ProcessorControl.BindMwait, CpuFeature.Monitor);
        Add(Mnemonic.Invd, &ProcessorControl.BindInvd);
        Add(Mnemonic.Wbinvd, &ProcessorControl.BindWbinvd);
        Add(Mnemonic.Xgetbv, &ProcessorControl.BindXgetbv, CpuFeature.Xsave);
        Add(Mnemonic.Xsetbv, &ProcessorControl.BindXsetbv, CpuFeature.Xsave);
        Add(Mnemonic.Rdrand, &ProcessorControl.BindRdrand, CpuFeature.Rdrand);
        Add(Mnemonic.Rdseed, &ProcessorControl.BindRdseed, CpuFeature.Rdseed);
        Add(Mnemonic.Vmcall, &ProcessorControl.BindVmcall);
        Add(Mnemonic.Invlpg, &TranslationInstructions.BindInvlpg, endsBlock: true);
        Add(Mnemonic.Invpcid, &TranslationInstructions.BindInvpcid, CpuFeature.Invpcid, endsBlock: true);
    }

    private static void AddPorts()
    {
        Add(Mnemonic.In, &Ports.BindIn);
        Add(Mnemonic.Out, &Ports.BindOut);
        foreach (Mnemonic ins in (ReadOnlySpan<Mnemonic>)[Mnemonic.Insb, Mnemonic.Insw, Mnemonic.Insd])
            Add(ins, &StringPorts.BindIns, endsBlock: true);
        foreach (Mnemonic outs in (ReadOnlySpan<Mnemonic>)[Mnemonic.Outsb, Mnemonic.Outsw, Mnemonic.Outsd])
            Add(outs, &StringPorts.BindOuts, endsBlock: true);
    }
}
