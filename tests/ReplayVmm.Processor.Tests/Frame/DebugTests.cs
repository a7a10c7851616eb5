using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Processor.Tests.Frame;

/// <summary>Debug exceptions, seen through the exception bitmap: SDM volume 3, chapter 18.</summary>
public sealed unsafe class DebugTests
{
    private const uint Data = (uint)TestMachine.DataAddress;

    private static TestMachine Machine(Action<Iced.Intel.Assembler> program)
    {
        TestMachine m = TestMachine.Long();
        m.Load(program);
        m.Cpu.Controls.ExceptionBitmap = 1 << Vector.Db;
        return m;
    }

    private static ulong RunToDebugException(TestMachine m)
    {
        VmExit exit = m.RunToExit();
        (exit.Reason, exit.InterruptionInformation).ShouldBe((ExitReason.ExceptionOrNmi, 0x8000_0301u));
        return exit.Qualification;
    }

    [Fact]
    public void Single_step_traps_after_each_instruction()
    {
        using TestMachine m = Machine(a =>
        {
            a.mov(eax, 1);
            a.mov(ebx, 2);
        });
        m.State->Rflags |= Rflags.Tf;
        RunToDebugException(m).ShouldBe(1ul << 14);
        (m.State->Rip, m.State->Gpr[0], m.State->Gpr[3], m.State->Retired).ShouldBe((TestMachine.CodeAddress + 5, 1ul, 0ul, 1ul));
        RunToDebugException(m).ShouldBe(1ul << 14);
        (m.State->Gpr[3], m.State->Retired).ShouldBe((2ul, 2ul));
    }

    [Fact]
    public void Single_step_traps_after_each_iteration_of_a_string()
    {
        using TestMachine m = Machine(a => a.rep.stosb());
        m.State->Gpr[1] = 3;
        m.State->Gpr[7] = Data;
        m.State->Rflags |= Rflags.Tf;
        for (ulong left = 2; left != ulong.MaxValue; left--)
        {
            RunToDebugException(m);
            (m.State->Gpr[1], m.State->Retired).ShouldBe((left, left == 0 ? 1ul : 0));
        }
    }

    [Fact]
    public void A_device_access_is_stepped_over_as_one_instruction()
    {
        using TestMachine m = Machine(a => a.mov(al, __byte_ptr[0x100_0000]));
        m.State->Rflags |= Rflags.Tf;
        m.RunToExit().Reason.ShouldBe(ExitReason.EptViolation);
        m.Cpu.Complete(7);
        RunToDebugException(m).ShouldBe(1ul << 14);
        (m.State->Gpr[0], m.State->Retired).ShouldBe((7ul, 1ul));
    }

    [Fact]
    public void An_instruction_breakpoint_faults_before_and_the_resume_flag_passes_it_once()
    {
        using TestMachine m = Machine(a =>
        {
            Iced.Intel.Label again = a.CreateLabel();
            a.Label(ref again);
            a.nop();
            a.inc(eax);
            a.jmp(again);
        });
        m.State->Dr[2] = TestMachine.CodeAddress + 1;
        m.State->Dr7 |= 1 << 4;
        m.Cpu.StateChanged();
        RunToDebugException(m).ShouldBe(4ul);
        (m.State->Rip, m.State->Gpr[0]).ShouldBe((TestMachine.CodeAddress + 1, 0ul));
        m.State->Rflags |= Rflags.Rf;
        RunToDebugException(m).ShouldBe(4ul);
        (m.State->Gpr[0], m.State->Retired, m.State->Rflags & Rflags.Rf).ShouldBe((1ul, 4ul, 0ul));
    }

    [Theory]
    [InlineData(1, 0, 0, 1, true, true)]   // write breakpoint, 1 byte: a store of the byte
    [InlineData(1, 0, 0, 1, false, false)] // a load does not hit it
    [InlineData(3, 0, 0, 1, false, true)]
    [InlineData(3, 3, 4, 1, false, false)] // 4 bytes from 0: byte 4 is behind
    [InlineData(3, 3, 2, 4, false, true)]  // an access that begins within
    [InlineData(3, 3, -3, 4, true, true)]  // one that ends within
    [InlineData(3, 2, 7, 1, true, true)]   // 8 bytes
    [InlineData(3, 1, 2, 1, true, false)]  // 2 bytes
    public void A_data_breakpoint_traps_after_the_access_it_covers(int type, int length, int offset, int size, bool store, bool hits)
    {
        using TestMachine m = Machine(a =>
        {
            var at = (long)Data + offset;
            if (store && size == 1)
                a.mov(__byte_ptr[at], cl);
            else if (store)
                a.mov(__dword_ptr[at], ecx);
            else if (size == 1)
                a.mov(cl, __byte_ptr[at]);
            else
                a.mov(ecx, __dword_ptr[at]);
            a.nop();
        });
        m.State->Dr[1] = Data;
        m.State->Dr7 |= (1ul << 2) | ((ulong)type << 20) | ((ulong)length << 22);
        m.Cpu.StateChanged();
        if (hits)
        {
            RunToDebugException(m).ShouldBe(2ul);
            m.State->Retired.ShouldBe(1ul);
        }
        else
        {
            m.RunFully(2);
        }
    }

    [Fact]
    public void A_page_that_was_fast_before_the_breakpoint_was_armed_is_watched()
    {
        using TestMachine m = Machine(a =>
        {
            Iced.Intel.Label again = a.CreateLabel();
            a.Label(ref again);
            a.mov(__dword_ptr[Data], ecx);
            a.jmp(again);
        });
        m.RunFully(10);
        m.State->Dr[0] = Data;
        m.State->Dr7 |= 1 | (1 << 16);
        m.Cpu.StateChanged();
        RunToDebugException(m).ShouldBe(1ul);
        m.State->Dr7 &= ~1ul;
        m.Cpu.StateChanged();
        m.RunFully(10);
    }

    [Theory]
    [InlineData(0x80, true)]
    [InlineData(0x81, false)]
    public void An_io_breakpoint_traps_after_the_access_to_its_port(ushort port, bool hits)
    {
        using TestMachine m = Machine(a =>
        {
            a.@out(0x80, al);
            a.nop();
        });
        m.State->Cr4 |= Cr4.De;
        m.State->Dr[3] = port;
        m.State->Dr7 |= (1ul << 6) | (2ul << 28);
        m.Cpu.StateChanged();
        m.RunToExit().Reason.ShouldBe(ExitReason.IoInstruction);
        m.Cpu.Complete();
        if (hits)
            RunToDebugException(m).ShouldBe(8ul);
        else
            m.RunFully(2);
    }

    [Fact]
    public void The_instruction_after_a_shadow_is_shadowed_and_the_one_behind_it_not()
    {
        using TestMachine m = Machine(a =>
        {
            a.nop();
            a.nop();
        });
        m.State->Rflags |= Rflags.If;
        m.State->Interruptibility = InterruptibilityState.BlockedBySti;
        m.Cpu.Controls.InterruptWindowExiting = true;
        m.Cpu.CanTakeInterrupt.ShouldBeFalse();
        m.RunToExit().Reason.ShouldBe(ExitReason.InterruptWindow);
        (m.State->Retired, m.State->Interruptibility, m.Cpu.CanTakeInterrupt).ShouldBe((1ul, 0u, true));
    }

    [Fact]
    public void A_window_opens_only_where_interrupts_are_enabled_or_nmis_not_blocked()
    {
        using TestMachine m = Machine(a => a.nop());
        m.Cpu.Controls.InterruptWindowExiting = true;
        m.RunFully(1);
        m.Cpu.Controls.NmiWindowExiting = true;
        m.State->Interruptibility = InterruptibilityState.BlockedByNmi;
        m.State->Rip = TestMachine.CodeAddress;
        m.RunFully(1);
        m.State->Interruptibility = 0;
        m.RunToExit().Reason.ShouldBe(ExitReason.NmiWindow);
    }

    [Fact]
    public void A_debug_trap_waits_behind_the_shadow_of_a_stack_switch()
    {
        using TestMachine m = Machine(a =>
        {
            a.nop();
            a.nop();
        });
        m.State->PendingDebug = 1;
        m.State->Interruptibility = InterruptibilityState.BlockedByMovSs;
        RunToDebugException(m).ShouldBe(1ul);
        m.State->Retired.ShouldBe(1ul);
    }
}
