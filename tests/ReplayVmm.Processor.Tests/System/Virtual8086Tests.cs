using static Iced.Intel.AssemblerRegisters;
using static ReplayVmm.Processor.Tests.SystemMachine;

namespace ReplayVmm.Processor.Tests;

/// <summary>Virtual-8086 mode with and without CR4.VME (SDM volume 3, chapter 20).</summary>
public sealed unsafe class Virtual8086Tests
{
    private const ulong Program = 0x2_3000;

    /// <summary>Enters virtual-8086 mode at 2300:0 by IRETD from level 0 and runs <paramref name="program"/> there.</summary>
    private static TestMachine Enter(Action<Iced.Intel.Assembler> program, ulong flags = 0)
    {
        TestMachine m = TestMachine.Protected().WithTables();
        m.Write(Program, TestMachine.Assemble(16, 0, program));
        m.Load(a =>
        {
            a.push(0x5000);
            a.push(0x4000);
            a.push(0x3000);
            a.push(0x2400);
            a.push(0x2500);
            a.push(0x800);
            a.push(unchecked((int)(flags | Rflags.Vm | 2)));
            a.push(0x2300);
            a.push(0);
            a.iretd();
        });
        m.State->Gpr[4] = InnerStack;
        return m;
    }

    [Fact]
    public void Iret_with_vm_set_loads_all_segments_as_an_8086_does()
    {
        using TestMachine m = Enter(a =>
        {
            a.mov(ax, ds);
            a.mov(es, ax);
            a.hlt();
        });
        m.ShouldFault(Vector.Gp, 0);
        m.State->SegmentSelector[(int)SegmentIndex.Cs].ShouldBe((ushort)0x2300);
        m.State->SegmentSelector[(int)SegmentIndex.Es].ShouldBe((ushort)0x3000);
        m.State->SegmentBase[(int)SegmentIndex.Gs].ShouldBe(0x50000ul);
        m.State->SegmentAttributes[(int)SegmentIndex.Fs].ShouldBe(0xF3u);
        m.State->Gpr[4].ShouldBe(0x800ul);
        m.State->Cpl.ShouldBe(3);
    }

    [Fact]
    public void A_virtual_interrupt_that_is_pending_and_enabled_faults_before_the_next_instruction()
    {
        using TestMachine m = Enter(a => a.nop(), Rflags.Iopl | Rflags.Vif | Rflags.Vip);
        m.State->Cr4 |= Cr4.Vme;
        m.ShouldFault(Vector.Gp, 0);
        m.State->Rip.ShouldBe(0ul);
    }

    [Fact]
    public void A_vex_prefix_is_none_there()
    {
        using TestMachine m = Enter(a => a.db(0xC4, 0xE2, 0x78, 0xF2, 0xC1), Rflags.Iopl);
        m.ShouldFault(Vector.Ud, null);
        m.State->Rip.ShouldBe(0ul);
    }

    [Fact]
    public void An_interrupt_to_an_inner_level_marks_its_code_segment_accessed()
    {
        using TestMachine m = Enter(a => a.@int(0x30), Rflags.Iopl);
        m.SetDescriptor(Code, Segment(0x1A, 0));
        m.SetDescriptorGate(0x30, Gate(Descriptor.InterruptGate32, 3, Code, Handler));
        m.Write(Handler, 0xF4);
        m.RunToExit().Reason.ShouldBe(ExitReason.Hlt);
        (m.ReadMemory<byte>(Gdt + Code + 5) & 1).ShouldBe(1);
    }

    [Fact]
    public void An_interrupt_out_of_it_saves_and_nulls_the_data_segments()
    {
        using TestMachine m = Enter(a => a.@int(0x30), Rflags.Iopl);
        m.SetDescriptorGate(0x30, Gate(Descriptor.InterruptGate32, 3, Code, Handler));
        m.Write(Handler, 0xF4);
        m.RunToExit().Reason.ShouldBe(ExitReason.Hlt);
        m.State->Gpr[4].ShouldBe(InnerStack - 36ul);
        uint[] frame = new uint[9];
        for (uint n = 0; n < 9; n++)
            frame[n] = m.ReadMemory<uint>(InnerStack - 36 + (n * 4));
        frame.ShouldBe([2u, 0x2300, (uint)(Rflags.Iopl | Rflags.Vm | 2), 0x800, 0x2500, 0x2400, 0x3000, 0x4000, 0x5000]);
        m.State->SegmentAttributes[(int)SegmentIndex.Ds].ShouldBe(SegmentAttribute.Unusable);
        (m.State->Rflags & Rflags.Vm).ShouldBe(0ul);
    }

    [Fact]
    public void A_handler_must_be_at_level_0()
    {
        using TestMachine m = Enter(a => a.@int(0x30), Rflags.Iopl);
        m.SetDescriptorGate(0x30, Gate(Descriptor.InterruptGate32, 3, Code1, Handler));
        m.ShouldFault(Vector.Gp, Code1 & 0xFFFC);
    }

    [Fact]
    public void Below_iopl_3_the_flag_instructions_and_int_fault()
    {
        foreach (Action<Iced.Intel.Assembler> program in (Action<Iced.Intel.Assembler>[])[a => a.cli(), a => a.sti(), a => a.pushf(), a => a.popf(),
            a => a.@int(0x30), a => a.iret()])
        {
            using TestMachine m = Enter(program);
            m.ShouldFault(Vector.Gp, 0);
            m.State->Rip.ShouldBe(0ul);
        }
    }

    [Fact]
    public void Virtual_interrupts_work_on_vif()
    {
        using TestMachine m = Enter(a =>
        {
            a.sti();
            a.pushf();
            a.pop(bx);
            a.cli();
            a.pushf();
            a.pop(cx);
            a.hlt();
        });
        m.State->Cr4 |= Cr4.Vme;
        m.ShouldFault(Vector.Gp, 0);
        (m.State->Gpr[3] & (Rflags.If | Rflags.Iopl)).ShouldBe(Rflags.If | Rflags.Iopl);
        (m.State->Gpr[1] & Rflags.If).ShouldBe(0ul);
        (m.State->Rflags & (Rflags.If | Rflags.Vif)).ShouldBe(0ul);
    }

    [Fact]
    public void Sti_with_a_virtual_interrupt_pending_faults()
    {
        using TestMachine m = Enter(a => a.sti(), Rflags.Vip);
        m.State->Cr4 |= Cr4.Vme;
        m.ShouldFault(Vector.Gp, 0);
    }

    [Fact]
    public void A_redirected_interrupt_stays_in_virtual_8086_mode()
    {
        using TestMachine m = Enter(a =>
        {
            a.sti();
            a.@int(0x40);
            a.hlt();
        });
        m.State->Cr4 |= Cr4.Vme;
        m.WriteMemory(0x40 * 4, 0x2380_0010u);
        m.Write(0x2_3810, TestMachine.Assemble(16, 0x10, a =>
        {
            a.pushf();
            a.pop(bx);
            a.iret();
        }));
        m.ShouldFault(Vector.Gp, 0);
        m.State->Rip.ShouldBe(3ul);
        (m.State->Gpr[3] & Rflags.If).ShouldBe(0ul);
        (m.State->Rflags & Rflags.Vif).ShouldBe(Rflags.Vif);
        (m.ReadMemory<ushort>(0x2_5800 - 2) & Rflags.If).ShouldBe(Rflags.If);
    }

    [Fact]
    public void An_interrupt_whose_redirection_bit_is_set_needs_iopl_3()
    {
        using TestMachine m = Enter(a => a.@int(0x40));
        m.State->Cr4 |= Cr4.Vme;
        m.WriteMemory(Tss + 0x88 - 32 + 8, (byte)1);
        m.ShouldFault(Vector.Gp, 0);
    }

    [Fact]
    public void Protected_mode_virtual_interrupts_need_pvi_and_level_3()
    {
        using TestMachine m = TestMachine.Protected().WithTables().AsUser();
        m.State->Cr4 |= Cr4.Pvi;
        m.ShouldFault(Vector.Gp, 0, a =>
        {
            a.sti();
            a.hlt();
        });
        (m.State->Rflags & (Rflags.If | Rflags.Vif)).ShouldBe(Rflags.Vif);
    }

    [Fact]
    public void Ports_go_by_the_bitmap_whatever_iopl_says()
    {
        using TestMachine m = Enter(a =>
        {
            a.@in(al, 0x10);
            a.@in(al, 0x11);
        }, Rflags.Iopl);
        for (uint n = 0; n < 8; n++)
            m.WriteMemory(Tss + 0x88 + n, (byte)(n == 2 ? 2 : 0));
        m.Cpu.Controls.ExceptionBitmap = uint.MaxValue;
        VmExit exit = m.RunToExit();
        exit.Reason.ShouldBe(ExitReason.IoInstruction);
        m.Cpu.Complete();
        m.ShouldFault(Vector.Gp, 0);
    }
}
