using static Iced.Intel.AssemblerRegisters;
using static ReplayVmm.Processor.Tests.SystemMachine;

namespace ReplayVmm.Processor.Tests;

/// <summary>What the conformance guests found in debug exceptions and returns (SDM volume 3, 6.8.3, 6.14 and 18.3).</summary>
public sealed unsafe class DebugExceptionTests
{
    private const ulong Trap = 0x100;
    private const byte Halt = 0xF4;

    private static TestMachine WithHandler()
    {
        TestMachine m = TestMachine.Long().WithTables();
        m.SetDescriptorGate(1, Gate(Descriptor.InterruptGate32, 0, Code, Handler));
        m.Write(Handler, Halt);
        return m;
    }

    [Fact]
    public void An_instruction_breakpoint_does_not_set_rf_in_its_frame()
    {
        using TestMachine m = WithHandler();
        m.State->Dr[0] = TestMachine.CodeAddress;
        m.State->Dr7 = 0x401;
        m.Cpu.StateChanged();
        m.RunToHlt(a => a.nop());
        (m.ReadMemory<ulong>(m.State->Gpr[4] + 16) & Rflags.Rf).ShouldBe(0ul);
        (m.State->Dr6 & 15).ShouldBe(1ul);
    }

    [Fact]
    public void A_load_of_ss_suppresses_an_instruction_breakpoint_on_the_next_instruction()
    {
        using TestMachine m = WithHandler();
        m.State->Dr[0] = TestMachine.CodeAddress + 4;
        m.State->Dr7 = 0x401;
        m.Cpu.StateChanged();
        m.RunToHlt(a =>
        {
            a.mov(ecx, ss);
            a.mov(ss, ecx);
            a.inc(edx);
            a.hlt();
        });
        m.State->Gpr[2].ShouldBe(1ul);
        (m.State->Dr6 & 15).ShouldBe(0ul);
    }

    [Fact]
    public void A_software_interrupt_is_not_followed_by_its_single_step()
    {
        using TestMachine m = WithHandler();
        m.SetDescriptorGate(0x30, Gate(Descriptor.InterruptGate32, 0, Code, Handler));
        m.State->Rflags |= Trap;
        m.RunToHlt(a => a.@int(0x30));
        m.State->Rip.ShouldBe((ulong)Handler);
        (m.State->Dr6 & DebugRegisterRules.Bs).ShouldBe(0ul);
    }

    [Fact]
    public void An_interrupt_just_above_the_canonical_addresses_finds_its_stack_below()
    {
        using var m = TestMachine.Long().WithTables();
        m.State->Gpr[4] = 0x8000_0000_0000;
        m.WriteMemory(Tss + 36, 0x2_6000ul);
        m.SetDescriptorGate(0x30, Gate(Descriptor.InterruptGate32, 0, Code, Handler));
        m.SetDescriptorGate(14, Gate(Descriptor.InterruptGate32, 0, Code, Handler, low: 1));
        m.Write(Handler, Halt);
        m.RunToHlt(a => a.@int(0x30));
        m.State->Cr2.ShouldBe(0x7FFF_FFFF_FFF8ul);
    }

    [Fact]
    public void The_base_of_fs_stays_where_a_return_to_ring_3_drops_its_selector()
    {
        using var m = TestMachine.Long(user: true).WithTables();
        SegmentRegister.SetNull(m.Cpu.Core, SegmentIndex.Fs, 3);
        m.State->SegmentBase[(int)SegmentIndex.Fs] = 0x1234_5678_9ABC;
        m.ShouldFault(Vector.Gp, 0, a =>
        {
            a.push(UserData);
            a.push(0x2_0000);
            a.push(2);
            a.push(UserCode);
            Iced.Intel.Label there = a.CreateLabel();
            a.lea(rax, __[there]);
            a.push(rax);
            a.iretq();
            a.Label(ref there);
            a.hlt();
        });
        m.State->Cpl.ShouldBe(3);
        m.State->SegmentBase[(int)SegmentIndex.Fs].ShouldBe(0x1234_5678_9ABCul);
        m.State->SegmentSelector[(int)SegmentIndex.Fs].ShouldBe((ushort)0);
    }

    [Fact]
    public void An_nmi_waits_for_a_debug_trap()
    {
        using var m = TestMachine.Long().WithTables();
        m.Cpu.CanTakeNmi.ShouldBeTrue();
        m.State->PendingDebug = DebugRegisterRules.Bs;
        m.Cpu.CanTakeNmi.ShouldBeFalse();
    }
}
