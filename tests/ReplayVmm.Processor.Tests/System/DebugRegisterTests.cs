using static Iced.Intel.AssemblerRegisters;
using static ReplayVmm.Processor.Tests.SystemMachine;

namespace ReplayVmm.Processor.Tests;

/// <summary>MOV to and from debug registers (SDM volume 3, 17.2; exits 26.1.3, table 28-4).</summary>
public sealed unsafe class DebugRegisterTests
{
    [Fact]
    public void Dr6_and_dr7_keep_their_fixed_bits()
    {
        using var m = TestMachine.Long().WithTables();
        m.RunToHlt(a =>
        {
            a.xor(eax, eax);
            a.mov(dr6, rax);
            a.mov(rbx, dr6);
            a.mov(eax, 0xFC00);
            a.mov(dr7, rax);
            a.hlt();
        });
        m.State->Gpr[3].ShouldBe(0xFFFF0FF0ul);
        m.State->Dr7.ShouldBe(0x2400ul);
    }

    [Fact]
    public void The_upper_half_of_dr7_is_reserved_in_64_bit_mode()
    {
        using var m = TestMachine.Long().WithTables();
        m.ShouldFault(Vector.Gp, 0, a =>
        {
            a.mov(rax, 0x1_0000_0400);
            a.mov(dr7, rax);
        });
    }

    [Fact]
    public void Dr4_is_dr6_until_debug_extensions_are_on()
    {
        using var m = TestMachine.Protected().WithTables();
        m.State->Dr6 = 0xFFFF4FF0;
        m.RunToHlt(a =>
        {
            a.mov(eax, dr4);
            a.hlt();
        });
        m.State->Gpr[0].ShouldBe(0xFFFF4FF0ul);
        m.State->Cr4 |= Cr4.De;
        m.State->Rip = TestMachine.CodeAddress;
        m.ShouldFault(Vector.Ud, null);
    }

    [Fact]
    public void General_detect_is_a_debug_exception_that_clears_it()
    {
        using var m = TestMachine.Protected().WithTables();
        m.State->Dr7 |= DebugRegisterRules.Gd;
        m.SetDescriptorGate(1, Gate(Descriptor.InterruptGate32, 0, Code, Handler));
        m.Write(Handler, 0xF4);
        m.RunToHlt(a => a.mov(eax, dr0));
        (m.State->Dr6 & DebugRegisterRules.Bd).ShouldBe(DebugRegisterRules.Bd);
        (m.State->Dr7 & DebugRegisterRules.Gd).ShouldBe(0ul);
        m.ReadMemory<uint>(m.State->Gpr[4]).ShouldBe((uint)TestMachine.CodeAddress);
    }

    [Fact]
    public void An_exit_comes_before_every_check_and_puts_the_answer_in_force()
    {
        using var m = TestMachine.Protected().WithTables().AsUser();
        m.Cpu.Controls.MovDrExiting = true;
        m.State->Gpr[1] = 0x1_0000_0001;
        m.Load(a =>
        {
            a.mov(dr7, ecx);
            a.mov(edx, dr3);
        });
        VmExit exit = m.RunToExit();
        (exit.Reason, exit.Qualification, exit.Data).ShouldBe((ExitReason.MovDr, 0x107ul, 1ul));
        DebugRegisterRules.Check(*m.State, 7, write: true, 1).ShouldBe(Vector.Gp);
        m.Cpu.Complete(0x101);
        m.State->Dr7.ShouldBe(0x501ul);
        m.RunToExit().Qualification.ShouldBe(0x213ul);
        m.Cpu.Complete(0xABCD);
        m.State->Gpr[2].ShouldBe(0xABCDul);
    }
}
