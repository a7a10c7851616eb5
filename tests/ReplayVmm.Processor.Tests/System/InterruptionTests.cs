using static Iced.Intel.AssemblerRegisters;
using static ReplayVmm.Processor.Tests.SystemMachine;

namespace ReplayVmm.Processor.Tests;

/// <summary>Interrupts, exceptions and IRET outside 64-bit mode (SDM volume 3, chapter 6 and 20).</summary>
public sealed unsafe class InterruptionTests
{
    [Fact]
    public void A_real_mode_interrupt_clears_if_and_iret_restores_it()
    {
        using var m = TestMachine.Real();
        m.State->IdtLimit = 0x3FF;
        m.WriteMemory(0x21 * 4, 0x2300_0450u);
        m.Write(0x2_3450, TestMachine.Assemble(16, 0x450, a =>
        {
            a.pushf();
            a.pop(bx);
            a.iret();
        }));
        m.RunToHlt(a =>
        {
            a.sti();
            a.stc();
            a.@int(0x21);
            a.hlt();
        });
        (m.State->Gpr[3] & Rflags.If).ShouldBe(0ul);
        (m.State->Rflags & (Rflags.If | Rflags.Cf)).ShouldBe(Rflags.If | Rflags.Cf);
        m.State->Gpr[4].ShouldBe(0x8000ul);
    }

    [Theory]
    [InlineData(2, 0xFFFC)]
    [InlineData(4, 0xFFFE)]
    public void A_real_mode_frame_may_wrap_between_two_of_its_words(ushort before, ushort inHandler)
    {
        using var m = TestMachine.Real();
        m.State->IdtLimit = 0x3FF;
        m.WriteMemory(0x21 * 4, 0x2300_0450u);
        m.Write(0x2_3450, TestMachine.Assemble(16, 0x450, a =>
        {
            a.mov(bx, sp);
            a.iret();
        }));
        m.RunToHlt(a =>
        {
            a.mov(sp, before);
            a.@int(0x21);
            a.hlt();
        });
        ((ushort)m.State->Gpr[3]).ShouldBe(inHandler);
        ((ushort)m.State->Gpr[4]).ShouldBe(before);
    }

    [Fact]
    public void A_real_mode_vector_beyond_the_table_is_a_general_protection_fault()
    {
        using var m = TestMachine.Real();
        m.State->IdtLimit = 0x83;
        m.ShouldFault(Vector.Gp, 0, a => a.@int(0x21));
    }

    [Fact]
    public void An_interrupt_gate_clears_if_and_a_trap_gate_keeps_it()
    {
        using var m = TestMachine.Protected().WithTables();
        m.SetDescriptorGate(0x30, Gate(Descriptor.InterruptGate32, 0, Code, Handler));
        m.SetDescriptorGate(0x31, Gate(Descriptor.TrapGate32, 0, Code, Handler));
        m.Write(Handler, TestMachine.Assemble(32, Handler, a =>
        {
            a.pushfd();
            a.pop(ebx);
            a.iretd();
        }));
        m.RunToHlt(a =>
        {
            a.sti();
            a.@int(0x30);
            a.mov(ecx, ebx);
            a.@int(0x31);
            a.hlt();
        });
        (m.State->Gpr[1] & Rflags.If).ShouldBe(0ul);
        (m.State->Gpr[3] & Rflags.If).ShouldBe(Rflags.If);
        m.State->Gpr[4].ShouldBe(TestMachine.StackTop);
    }

    [Fact]
    public void An_exception_pushes_its_error_code_with_rf_set_in_the_image()
    {
        using var m = TestMachine.Protected().WithTables();
        m.SetDescriptorGate(13, Gate(Descriptor.InterruptGate32, 0, Code, Handler));
        m.Write(Handler, TestMachine.Assemble(32, Handler, a => a.hlt()));
        m.RunToHlt(a =>
        {
            a.mov(eax, UserData);
            a.mov(ss, eax);
        });
        uint stack = (uint)m.State->Gpr[4];
        stack.ShouldBe((uint)TestMachine.StackTop - 16);
        m.ReadMemory<uint>(stack).ShouldBe(0x20u);
        m.ReadMemory<uint>(stack + 4).ShouldBe((uint)TestMachine.CodeAddress + 5);
        m.ReadMemory<uint>(stack + 8).ShouldBe((uint)Code);
        (m.ReadMemory<uint>(stack + 12) & Rflags.Rf).ShouldBe(Rflags.Rf);
    }

    [Fact]
    public void An_interrupt_from_user_mode_switches_stacks_and_iret_goes_back()
    {
        using var m = TestMachine.Protected().WithTables().AsUser();
        m.SetDescriptorGate(0x30, Gate(Descriptor.TrapGate32, 3, Code, Handler));
        m.Write(Handler, TestMachine.Assemble(32, Handler, a =>
        {
            a.mov(ebp, esp);
            a.mov(esi, cs);
            a.iretd();
        }));
        m.ShouldFault(Vector.Gp, 0, a =>
        {
            a.@int(0x30);
            a.hlt();
        });
        m.State->Gpr[5].ShouldBe(InnerStack - 20ul);
        m.State->Gpr[6].ShouldBe((ulong)Code);
        m.State->Gpr[4].ShouldBe(TestMachine.StackTop);
        m.State->Cpl.ShouldBe(3);
        m.State->SegmentSelector[(int)SegmentIndex.Ds].ShouldBe(UserData);
    }

    [Theory]
    [InlineData(0x200, 0, Code, 3, true, Vector.Gp, 0x2002u)]
    [InlineData(0x30, Descriptor.CallGate32, Code, 3, true, Vector.Gp, 0x182u)]
    [InlineData(0x30, Descriptor.TrapGate32, Code, 0, true, Vector.Gp, 0x182u)]
    [InlineData(0x30, Descriptor.TrapGate32, Code, 3, false, Vector.Np, 0x182u)]
    [InlineData(0x30, Descriptor.TrapGate32, 0, 3, true, Vector.Gp, 0u)]
    [InlineData(0x30, Descriptor.TrapGate32, Data, 3, true, Vector.Gp, (uint)Data)]
    [InlineData(0x30, Descriptor.TrapGate32, AbsentCode, 3, true, Vector.Np, (uint)AbsentCode)]
    [InlineData(0x30, Descriptor.TrapGate32, SmallCode, 3, true, Vector.Gp, 0u)]
    public void A_software_interrupt_checks_its_gate(int vector, int type, int selector, int dpl, bool present, byte fault, uint errorCode)
    {
        using var m = TestMachine.Protected().WithTables().AsUser();
        if (vector > 0xFF)
            (m.State->IdtLimit, vector, errorCode) = (0x17F, 0x30, 0x182);
        else
            m.SetDescriptorGate(vector, Gate(type, dpl, (ushort)selector, Handler, 0, present));
        m.ShouldFault(fault, errorCode, a => a.@int((byte)vector));
        m.State->Rip.ShouldBe(TestMachine.CodeAddress);
    }

    [Fact]
    public void A_fault_in_delivery_of_an_exception_has_the_ext_bit()
    {
        using var m = TestMachine.Protected().WithTables();
        m.SetDescriptorGate(6, Gate(Descriptor.InterruptGate32, 0, AbsentCode, Handler));
        m.SetDescriptorGate(11, Gate(Descriptor.InterruptGate32, 0, Code, Handler));
        m.Write(Handler, TestMachine.Assemble(32, Handler, a => a.hlt()));
        m.RunToHlt(a => a.ud2());
        m.ReadMemory<uint>(m.State->Gpr[4]).ShouldBe(AbsentCode | 1u);
    }

    [Fact]
    public void Two_contributory_faults_make_a_double_fault_and_a_third_shuts_down()
    {
        using var m = TestMachine.Protected().WithTables();
        m.SetDescriptorGate(8, Gate(Descriptor.InterruptGate32, 0, Code, Handler));
        m.Write(Handler, TestMachine.Assemble(32, Handler, a => a.hlt()));
        m.RunToHlt(a =>
        {
            a.xor(eax, eax);
            a.mov(ss, eax);
        });
        m.ReadMemory<uint>(m.State->Gpr[4]).ShouldBe(0u);
        m.State->Gpr[4].ShouldBe(TestMachine.StackTop - 16);

        using var other = TestMachine.Protected().WithTables();
        other.Load(a =>
        {
            a.xor(eax, eax);
            a.mov(ss, eax);
        });
        other.RunToExit().Reason.ShouldBe(ExitReason.TripleFault);
    }

    [Fact]
    public void A_16_bit_gate_pushes_words()
    {
        using var m = TestMachine.Protected().WithTables();
        m.SetDescriptorGate(0x30, Gate(Descriptor.InterruptGate16, 0, Code16, 0x1800));
        m.Write(0x1800, TestMachine.Assemble(16, 0x1800, a =>
        {
            a.mov(ebp, esp);
            a.hlt();
        }));
        m.RunToHlt(a => a.@int(0x30));
        m.State->Gpr[5].ShouldBe(TestMachine.StackTop - 6);
        m.ReadMemory<ushort>(TestMachine.StackTop - 4).ShouldBe(Code);
    }

    [Fact]
    public void An_nmi_blocks_nmis_until_iret()
    {
        using var m = TestMachine.Protected().WithTables();
        m.SetDescriptorGate(2, Gate(Descriptor.InterruptGate32, 0, Code, Handler));
        m.Write(Handler, TestMachine.Assemble(32, Handler, a =>
        {
            a.nop();
            a.iretd();
        }));
        m.Load(a =>
        {
            a.nop();
            a.hlt();
        });
        m.State->EntryInterruption = 0x80000202;
        m.Run(2);
        m.State->Interruptibility.ShouldBe(InterruptibilityState.BlockedByNmi);
        m.RunToExit().Reason.ShouldBe(ExitReason.Hlt);
        m.State->Interruptibility.ShouldBe(0u);
    }

    [Fact]
    public void Int3_into_and_int1_go_to_their_vectors()
    {
        using var m = TestMachine.Protected().WithTables();
        foreach (int vector in (int[])[1, 3, 4])
            m.SetDescriptorGate(vector, Gate(Descriptor.InterruptGate32, 0, Code, Handler + ((uint)vector * 16)));
        foreach (int vector in (int[])[1, 3, 4])
        {
            ulong address = Handler + ((uint)vector * 16);
            m.Write(address, TestMachine.Assemble(32, address, a =>
            {
                a.add(ebx, ebx);
                a.add(ebx, vector);
                a.iretd();
            }));
        }
        m.RunToHlt(a =>
        {
            a.xor(ebx, ebx);
            a.int3();
            a.into();
            a.mov(eax, 0x7FFFFFFF);
            a.inc(eax);
            a.into();
            a.int1();
            a.hlt();
        });
        m.State->Gpr[3].ShouldBe((ulong)((((3 * 2) + 4) * 2) + 1));
    }

    [Fact]
    public void Popf_at_user_level_changes_neither_if_nor_iopl()
    {
        using var m = TestMachine.Protected().WithTables().AsUser();
        m.ShouldFault(Vector.Gp, 0, a =>
        {
            a.push(unchecked((int)(Rflags.If | Rflags.Iopl | Rflags.Cf | Rflags.Ac)));
            a.popfd();
            a.cli();
        });
        (m.State->Rflags & ~Rflags.Rf).ShouldBe(Rflags.Cf | Rflags.Ac | Rflags.Fixed1);
    }

    [Fact]
    public void Sti_holds_interrupts_off_for_one_instruction()
    {
        using var m = TestMachine.Protected().WithTables();
        m.Cpu.Controls.InterruptWindowExiting = true;
        m.Load(a =>
        {
            a.sti();
            a.nop();
            a.nop();
        });
        m.RunToExit().Reason.ShouldBe(ExitReason.InterruptWindow);
        m.State->Rip.ShouldBe(TestMachine.CodeAddress + 2);
    }
}
