using static Iced.Intel.AssemblerRegisters;
using static ReplayVmm.Processor.Tests.SystemMachine;

namespace ReplayVmm.Processor.Tests;

/// <summary>Interrupts, IRETQ and fast system calls in 64-bit mode (SDM volume 3, 5.8.7, 5.8.8 and 6.14).</summary>
public sealed unsafe class LongInterruptionTests
{
    private static void WriteHandler(TestMachine m, Action<Iced.Intel.Assembler> program) => m.Write(Handler, TestMachine.Assemble(64, Handler, program));

    [Fact]
    public void A_gate_at_the_same_level_aligns_the_stack_and_iretq_restores_it()
    {
        using var m = TestMachine.Long().WithTables();
        m.SetDescriptorGate(0x30, Gate(Descriptor.InterruptGate32, 0, Code, Handler));
        WriteHandler(m, a =>
        {
            a.mov(rbp, rsp);
            a.iretq();
        });
        m.RunToHlt(a =>
        {
            a.sub(rsp, 3);
            a.@int(0x30);
            a.hlt();
        });
        m.State->Gpr[5].ShouldBe(TestMachine.StackTop - 16 - 40);
        m.State->Gpr[4].ShouldBe(TestMachine.StackTop - 3);
        m.ReadMemory<ulong>(TestMachine.StackTop - 32).ShouldBe(TestMachine.StackTop - 3);
    }

    [Fact]
    public void An_interrupt_stack_is_taken_even_without_a_change_of_level()
    {
        using var m = TestMachine.Long().WithTables();
        m.WriteMemory(Tss + 36 + 8, 0x2_6000ul);
        m.SetDescriptorGate(14, Gate(Descriptor.InterruptGate32, 0, Code, Handler, low: 2));
        WriteHandler(m, a =>
        {
            a.mov(rbp, rsp);
            a.pop(rbx);
            a.hlt();
        });
        m.RunToHlt(a => a.mov(rax, __qword_ptr[0x4000_0000]));
        m.State->Gpr[5].ShouldBe(0x2_6000ul - 48);
        m.State->Gpr[3].ShouldBe(0ul);
        m.State->Cr2.ShouldBe(0x4000_0000ul);
        m.State->SegmentSelector[(int)SegmentIndex.Ss].ShouldBe(Data);
    }

    [Fact]
    public void An_interrupt_from_user_mode_nulls_ss_and_iretq_brings_it_back()
    {
        using var m = TestMachine.Long(user: true).WithTables().AsUser();
        m.SetDescriptorGate(0x30, Gate(Descriptor.TrapGate32, 3, Code, Handler));
        WriteHandler(m, a =>
        {
            a.mov(rbp, rsp);
            a.mov(esi, ss);
            a.iretq();
        });
        m.ShouldFault(Vector.Gp, 0, a =>
        {
            a.@int(0x30);
            a.hlt();
        });
        m.State->Gpr[5].ShouldBe(InnerStack - 40ul);
        m.State->Gpr[6].ShouldBe(0ul);
        m.State->SegmentSelector[(int)SegmentIndex.Ss].ShouldBe(UserData);
        m.State->Cpl.ShouldBe(3);
    }

    [Theory]
    [InlineData(Code16, Vector.Gp, (uint)Code16)]
    [InlineData(Data, Vector.Gp, (uint)Data)]
    [InlineData(AbsentCode, Vector.Np, (uint)AbsentCode)]
    public void Only_64_bit_code_takes_interrupts(int selector, byte vector, uint errorCode)
    {
        using var m = TestMachine.Long().WithTables();
        m.SetDescriptorGate(0x30, Gate(Descriptor.InterruptGate32, 0, (ushort)selector, Handler));
        m.ShouldFault(vector, errorCode, a => a.@int(0x30));
    }

    [Theory]
    [InlineData(Descriptor.TaskGate)]
    [InlineData(Descriptor.InterruptGate16)]
    [InlineData(Descriptor.TrapGate16)]
    public void Other_gates_do_not_exist_in_64_bit_mode(int type)
    {
        using var m = TestMachine.Long().WithTables();
        m.SetDescriptorGate(0x30, Gate(type, 0, Code, Handler));
        m.ShouldFault(Vector.Gp, 0x182, a => a.@int(0x30));
    }

    [Fact]
    public void A_stack_that_is_not_canonical_is_a_stack_fault()
    {
        using var m = TestMachine.Long().WithTables();
        m.WriteMemory(Tss + 36, 0x8000_0000_0000ul);
        m.SetDescriptorGate(0x30, Gate(Descriptor.InterruptGate32, 0, Code, Handler, low: 1));
        m.ShouldFault(Vector.Ss, 0, a => a.@int(0x30));
    }

    [Fact]
    public void Nested_tasks_do_not_exist_in_64_bit_mode()
    {
        using var m = TestMachine.Long().WithTables();
        m.State->Rflags |= Rflags.Nt;
        m.ShouldFault(Vector.Gp, 0, a => a.iretq());
    }

    [Fact]
    public void Iretq_goes_to_compatibility_mode()
    {
        using var m = TestMachine.Long(user: true).WithTables();
        m.SetDescriptor(UserCode, Segment(0x1B, 3));
        m.Write(Handler, TestMachine.Assemble(32, Handler, a =>
        {
            a.mov(eax, cs);
            a.inc(eax);
            a.cli();
        }));
        m.ShouldFault(Vector.Gp, 0, a =>
        {
            a.push(UserData);
            a.push(0x2_2000);
            a.push(2);
            a.push(UserCode);
            a.push((int)Handler);
            a.iretq();
        });
        m.State->Gpr[0].ShouldBe(UserCode + 1ul);
        m.State->Gpr[4].ShouldBe(0x2_2000ul);
    }

    [Fact]
    public void Syscall_and_sysret_go_there_and_back()
    {
        using var m = TestMachine.Long(user: true).WithTables().AsUser();
        m.State->Efer |= Efer.Sce;
        m.State->Star = ((ulong)Code << 32) | (0x10ul << 48);
        m.State->Lstar = Handler;
        m.State->Fmask = Rflags.If | Rflags.Df;
        m.State->Rflags |= Rflags.If | Rflags.Df | Rflags.Cf;
        WriteHandler(m, a =>
        {
            a.mov(ebx, cs);
            a.mov(esi, ss);
            a.pushfq();
            a.pop(rbp);
            a.sysretq();
        });
        m.ShouldFault(Vector.Gp, 0, a =>
        {
            a.syscall();
            a.hlt();
        });
        m.State->Gpr[3].ShouldBe((ulong)Code);
        m.State->Gpr[6].ShouldBe(Code + 8ul);
        (m.State->Gpr[5] & (Rflags.If | Rflags.Df | Rflags.Cf)).ShouldBe(Rflags.Cf);
        m.State->Gpr[1].ShouldBe(TestMachine.CodeAddress + 2);
        m.State->SegmentSelector[(int)SegmentIndex.Cs].ShouldBe((ushort)0x23);
        m.State->SegmentSelector[(int)SegmentIndex.Ss].ShouldBe((ushort)0x1B);
        m.State->Cpl.ShouldBe(3);
        (m.State->Rflags & (Rflags.If | Rflags.Df | Rflags.Cf)).ShouldBe(Rflags.If | Rflags.Df | Rflags.Cf);
    }

    [Fact]
    public void Sysret_to_an_address_that_is_not_canonical_faults_at_level_0()
    {
        using var m = TestMachine.Long().WithTables();
        m.State->Efer |= Efer.Sce;
        m.State->Gpr[1] = 0x8000_0000_0000;
        m.ShouldFault(Vector.Gp, 0, a => a.sysretq());
        m.State->Cpl.ShouldBe(0);
    }

    [Fact]
    public void Syscall_without_sce_does_not_exist()
    {
        using var m = TestMachine.Long().WithTables();
        m.ShouldFault(Vector.Ud, null, a => a.syscall());
    }

    [Fact]
    public void Sysenter_and_sysexit_go_there_and_back()
    {
        using var m = TestMachine.Protected().WithTables().AsUser();
        m.State->SysenterCs = Code;
        m.State->SysenterEsp = InnerStack;
        m.State->SysenterEip = Handler;
        m.Write(Handler, TestMachine.Assemble(32, Handler, a =>
        {
            a.mov(ebp, esp);
            a.mov(esi, cs);
            a.mov(ecx, 0x2_2000);
            a.sysexit();
        }));
        m.ShouldFault(Vector.Gp, 0, a =>
        {
            a.mov(edx, (int)TestMachine.CodeAddress + 7);
            a.sysenter();
            a.hlt();
        });
        m.State->Gpr[5].ShouldBe((ulong)InnerStack);
        m.State->Gpr[6].ShouldBe((ulong)Code);
        m.State->Gpr[4].ShouldBe(0x2_2000ul);
        m.State->SegmentSelector[(int)SegmentIndex.Cs].ShouldBe((ushort)(Code + 16 + 3));
        m.State->SegmentSelector[(int)SegmentIndex.Ss].ShouldBe((ushort)(Code + 24 + 3));
    }

    [Fact]
    public void Swapgs_and_the_base_instructions_exchange_bases()
    {
        using var m = TestMachine.Long().WithTables();
        m.State->Cr4 |= Cr4.Fsgsbase;
        m.State->KernelGsBase = 0xFFFF_8000_0000_1000;
        m.RunToHlt(a =>
        {
            a.mov(eax, 0x3000);
            a.wrgsbase(rax);
            a.swapgs();
            a.rdgsbase(rbx);
            a.hlt();
        });
        m.State->Gpr[3].ShouldBe(0xFFFF_8000_0000_1000);
        m.State->KernelGsBase.ShouldBe(0x3000ul);
    }
}
