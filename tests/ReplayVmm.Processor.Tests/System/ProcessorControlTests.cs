using static Iced.Intel.AssemblerRegisters;
using static ReplayVmm.Processor.Tests.SystemMachine;

namespace ReplayVmm.Processor.Tests;

/// <summary>CPUID, HLT, RDRAND, cache and TLB control, hypercalls (SDM volume 2; volume 3, 26.1.2 and 26.1.3).</summary>
public sealed unsafe class ProcessorControlTests
{
    [Fact]
    public void Cpuid_exits_at_every_level_and_fills_four_registers()
    {
        using var m = TestMachine.Long(user: true).WithTables().AsUser();
        m.Load(a => a.cpuid());
        m.State->Gpr[0] = ulong.MaxValue;
        m.RunToExit().Reason.ShouldBe(ExitReason.Cpuid);
        m.Cpu.CompleteCpuid(1, 2, 3, 4);
        (m.State->Gpr[0], m.State->Gpr[3], m.State->Gpr[1], m.State->Gpr[2]).ShouldBe((1ul, 2ul, 3ul, 4ul));
        m.State->Rip.ShouldBe(TestMachine.CodeAddress + 2);
    }

    [Fact]
    public void Hlt_exits_or_halts()
    {
        using var m = TestMachine.Protected().WithTables();
        m.Cpu.Controls.HltExiting = false;
        m.Load(a => a.hlt());
        m.Run(100).ShouldBe(StopReason.LimitReached);
        m.State->Activity.ShouldBe((uint)ActivityState.Hlt);
        m.State->Rip.ShouldBe(TestMachine.CodeAddress + 1);
    }

    [Fact]
    public void An_interrupt_wakes_a_halted_processor_behind_the_hlt()
    {
        using var m = TestMachine.Protected().WithTables();
        m.SetDescriptorGate(0x20, Gate(Descriptor.InterruptGate32, 0, Code, Handler));
        m.Write(Handler, 0xCF);
        m.Load(a =>
        {
            a.sti();
            a.hlt();
            a.inc(ebx);
            a.hlt();
        });
        m.RunToExit().Reason.ShouldBe(ExitReason.Hlt);
        m.Cpu.Complete();
        m.State->Activity.ShouldBe((uint)ActivityState.Hlt);
        m.State->EntryInterruption = 0x80000020;
        m.RunToExit().Reason.ShouldBe(ExitReason.Hlt);
        m.State->Gpr[3].ShouldBe(1ul);
    }

    [Fact]
    public void Rdrand_takes_its_word_from_the_exit_and_its_carry_from_its_validity()
    {
        using var m = TestMachine.Long().WithTables();
        m.Load(a =>
        {
            a.stc();
            a.rdrand(rbx);
            a.rdrand(cx);
            a.rdseed(edx);
            a.hlt();
        });
        m.RunToExit().Reason.ShouldBe(ExitReason.Rdrand);
        m.Cpu.Complete(0x1122334455667788);
        m.State->Gpr[3].ShouldBe(0x1122334455667788ul);
        (m.State->Rflags & Rflags.Arithmetic).ShouldBe(Rflags.Cf);
        m.RunToExit();
        m.State->Gpr[1] = 0xAAAAAAAA;
        m.Cpu.Complete(0x77, valid: false);
        m.State->Gpr[1].ShouldBe(0xAAAA0000ul);
        (m.State->Rflags & Rflags.Arithmetic).ShouldBe(0ul);
        m.RunToExit().Reason.ShouldBe(ExitReason.Rdseed);
        m.Cpu.Complete(0xFFFF_FFFF_0000_0001);
        m.State->Gpr[2].ShouldBe(1ul);
    }

    [Fact]
    public void Privileged_instructions_fault_at_level_3()
    {
        foreach (Action<Iced.Intel.Assembler> program in (Action<Iced.Intel.Assembler>[])[a => a.hlt(), a => a.invd(), a => a.wbinvd(),
            a => a.invlpg(__[rax]), a => a.clts(), a => a.lgdt(__[rax]), a => a.lidt(__[rax]), a => a.lldt(ax), a => a.ltr(ax), a => a.lmsw(ax),
            a => a.rdmsr(), a => a.wrmsr(), a => a.swapgs(), a => a.cli(), a => a.sti(), a => a.mov(cr0, rax), a => a.mov(rax, dr7)])
        {
            using var m = TestMachine.Long(user: true).WithTables().AsUser();
            m.ShouldFault(Vector.Gp, 0, program);
        }
    }

    [Fact]
    public void What_the_model_hides_does_not_exist()
    {
        CpuModel bare = CpuModel.V1.Without(CpuFeature.Sse, CpuFeature.Sse2, CpuFeature.Mmx);
        foreach (Action<Iced.Intel.Assembler> program in (Action<Iced.Intel.Assembler>[])[a => a.rdrand(eax), a => a.rdtscp(), a => a.invpcid(rax, __[rax]),
            a => a.xgetbv(), a => a.stac(), a => a.rdfsbase(rax), a => a.addps(xmm0, xmm1), a => a.emms(), a => a.popcnt(eax, ebx), a => a.vmxoff(), a => a.vmmcall(),
            a => a.monitor()])
        {
            using var m = TestMachine.Long(model: bare).WithTables();
            m.ShouldFault(Vector.Ud, null, program);
        }
    }

    [Fact]
    public void Vmcall_exits_even_at_level_3()
    {
        using var m = TestMachine.Long(user: true).WithTables().AsUser();
        m.Load(a => a.vmcall());
        m.RunToExit().Reason.ShouldBe(ExitReason.Vmcall);
    }

    [Fact]
    public void Invlpg_drops_a_stale_translation_and_exits_where_asked()
    {
        using var m = TestMachine.Long().WithTables();
        ulong entry = TestMachine.TablesAddress + 0x3000 + (0x50 * 8);
        m.WriteMemory(0x5_0000, 1ul);
        m.WriteMemory(0x5_1000, 2ul);
        m.RunToHlt(a =>
        {
            a.mov(rbx, __qword_ptr[0x5_0000]);
            a.mov(rax, 0x5_1003);
            a.mov(__qword_ptr[entry], rax);
            a.mov(rcx, __qword_ptr[0x5_0000]);
            a.invlpg(__[0x5_0000]);
            a.mov(rdx, __qword_ptr[0x5_0000]);
            a.hlt();
        });
        (m.State->Gpr[3], m.State->Gpr[1], m.State->Gpr[2]).ShouldBe((1ul, 1ul, 2ul));
        m.Cpu.Controls.InvlpgExiting = true;
        m.State->Rip = TestMachine.CodeAddress;
        VmExit exit = m.RunToExit();
        (exit.Reason, exit.Qualification).ShouldBe((ExitReason.Invlpg, 0x5_0000ul));
        m.Cpu.Complete(exit.Qualification);
    }

    [Theory]
    [InlineData(4ul, 0ul, 0ul)]
    [InlineData(0ul, 0x1000ul, 0ul)]
    [InlineData(0ul, 1ul, 0ul)]
    [InlineData(0ul, 0ul, 0x8000_0000_0000ul)]
    [InlineData(0x1_0000_0002ul, 0ul, 0ul)]
    public void Invpcid_checks_type_and_descriptor(ulong type, ulong low, ulong high)
    {
        using var m = TestMachine.Long().WithTables();
        m.WriteMemory(TestMachine.DataAddress, low);
        m.WriteMemory(TestMachine.DataAddress + 8, high);
        m.ShouldFault(Vector.Gp, 0, a =>
        {
            a.mov(rax, type);
            a.invpcid(rax, __[TestMachine.DataAddress]);
        });
    }

    [Fact]
    public void Stac_and_clac_open_user_pages_to_the_supervisor()
    {
        using var m = TestMachine.Long(user: true).WithTables();
        // Code and stack must be supervisor pages: SMEP is off, SMAP is not, so only the data page stays a user page.
        for (ulong page = 0; page < 0x200; page++)
        {
            if (page != 0x30)
                m.WriteMemory(TestMachine.TablesAddress + 0x3000 + (page * 8), (page << 12) | 3);
        }
        m.State->Cr4 |= Cr4.Smap;
        m.Cpu.StateChanged();
        m.ShouldFault(Vector.Pf, 1, a =>
        {
            a.stac();
            a.mov(eax, __dword_ptr[TestMachine.DataAddress]);
            a.clac();
            a.mov(eax, __dword_ptr[TestMachine.DataAddress]);
        });
        // STAC, the load that works (by absolute 64-bit address), CLAC.
        m.State->Rip.ShouldBe(TestMachine.CodeAddress + 3 + 9 + 3);
    }
}
