using static Iced.Intel.AssemblerRegisters;
using static ReplayVmm.Processor.Tests.SystemMachine;

namespace ReplayVmm.Processor.Tests;

/// <summary>IN, OUT, INS, OUTS (SDM volume 1, chapter 18; volume 3, 25.6.4, table 28-5).</summary>
public sealed unsafe class PortTests
{
    [Fact]
    public void In_and_out_exit_with_the_manuals_qualification()
    {
        using var m = TestMachine.Protected().WithTables();
        m.Load(a =>
        {
            a.mov(eax, 0x11223344);
            a.@out(0x80, al);
            a.mov(edx, 0x3F8);
            a.@out(dx, ax);
            a.@in(al, 0x60);
            a.@in(eax, dx);
            a.hlt();
        });
        VmExit exit = m.RunToExit();
        (exit.Reason, exit.Qualification, exit.Data).ShouldBe((ExitReason.IoInstruction, 0x0080_0040ul, 0x44ul));
        m.Cpu.Complete();
        exit = m.RunToExit();
        (exit.Qualification, exit.Data).ShouldBe((0x03F8_0001ul, 0x3344ul));
        m.Cpu.Complete();
        m.RunToExit().Qualification.ShouldBe(0x0060_0048ul);
        m.Cpu.Complete(0xFFEE);
        m.State->Gpr[0].ShouldBe(0x112233EEul);
        m.RunToExit().Qualification.ShouldBe(0x03F8_000Bul);
        m.Cpu.Complete(0x99887766);
        m.State->Gpr[0].ShouldBe(0x99887766ul);
        m.RunToExit().Reason.ShouldBe(ExitReason.Hlt);
    }

    [Fact]
    public void The_bitmap_lets_ports_through_and_nothing_answers_there()
    {
        using var m = TestMachine.Protected().WithTables();
        byte[] bitmap = new byte[8192];
        bitmap[0x61 / 8] = 1 << (0x61 % 8);
        m.Cpu.Controls.IoBitmap = bitmap;
        m.Load(a =>
        {
            a.@in(al, 0x60);
            a.@in(ax, 0x60);
        });
        VmExit exit = m.RunToExit();
        ((byte)m.State->Gpr[0]).ShouldBe((byte)0xFF);
        exit.Qualification.ShouldBe(0x0060_0049ul);
    }

    [Theory]
    [InlineData(0x20, true)]
    [InlineData(0x21, false)]
    [InlineData(0x1F, false)]
    public void Below_iopl_the_task_states_bitmap_decides(int port, bool allowed)
    {
        using var m = TestMachine.Protected().WithTables().AsUser();
        m.WriteMemory(Tss + 0x88 + 2, 0x4ul | (0x02ul << 16));
        m.WriteMemory(Tss + 0x88 + 4, (ushort)0x0002);
        m.Load(a => a.@in(ax, (byte)port));
        if (allowed)
        {
            m.WriteMemory(Tss + 0x88 + 4, (ushort)0);
            m.RunToExit().Reason.ShouldBe(ExitReason.IoInstruction);
        }
        else
        {
            if (port == 0x1F)
                m.WriteMemory(Tss + 0x88 + 4, (ushort)1);
            m.ShouldFault(Vector.Gp, 0);
        }
    }

    [Fact]
    public void A_bitmap_beyond_the_task_state_forbids_everything()
    {
        using var m = TestMachine.Protected().WithTables().AsUser();
        m.WriteMemory(Tss + 0x66, (ushort)0x7FF);
        m.ShouldFault(Vector.Gp, 0, a => a.@in(al, 0x20));
    }

    [Fact]
    public void Rep_outs_leaves_element_by_element_and_registers_follow()
    {
        using var m = TestMachine.Protected().WithTables();
        m.WriteMemory(TestMachine.DataAddress, 0x0000_3333_2222_1111ul);
        m.Load(a =>
        {
            a.mov(esi, (uint)TestMachine.DataAddress);
            a.mov(ecx, 3);
            a.mov(edx, 0x1F0);
            a.rep.outsw();
            a.hlt();
        });
        ulong started = 0;
        for (uint n = 0; n < 3; n++)
        {
            VmExit exit = m.RunToExit();
            (exit.Qualification, exit.Data, exit.IsPartial).ShouldBe((0x01F0_0031ul, 0x1111ul * (n + 1), true));
            m.State->Gpr[1].ShouldBe(3ul - n);
            m.State->Gpr[6].ShouldBe(TestMachine.DataAddress + (n * 2));
            if (n == 0)
                started = m.Now;
            m.Cpu.Complete();
        }
        m.RunToExit().Reason.ShouldBe(ExitReason.Hlt);
        m.State->Gpr[1].ShouldBe(0ul);
        m.Now.ShouldBe(started + 3);
        m.State->Retired.ShouldBe(4ul);
    }

    [Fact]
    public void Rep_ins_stores_each_answer()
    {
        using var m = TestMachine.Long().WithTables();
        m.Load(a =>
        {
            a.mov(edi, (uint)TestMachine.DataAddress);
            a.mov(ecx, 2);
            a.mov(edx, 0x1F0);
            a.rep.insd();
            a.hlt();
        });
        m.RunToExit().Qualification.ShouldBe(0x01F0_003Bul);
        m.Cpu.Complete(0x11111111);
        m.RunToExit().Qualification.ShouldBe(0x01F0_003Bul);
        m.ReadMemory<uint>(TestMachine.DataAddress).ShouldBe(0x11111111u);
        m.Cpu.Complete(0x22222222);
        m.RunToExit().Reason.ShouldBe(ExitReason.Hlt);
        m.ReadMemory<uint>(TestMachine.DataAddress + 4).ShouldBe(0x22222222u);
        m.State->Gpr[7].ShouldBe(TestMachine.DataAddress + 8);
    }

    [Fact]
    public void Ins_into_a_page_that_faults_never_reaches_the_device()
    {
        using var m = TestMachine.Long().WithTables();
        m.ShouldFault(Vector.Pf, 2, a =>
        {
            a.mov(edi, 0x4000_0000);
            a.mov(edx, 0x1F0);
            a.insb();
        });
    }

    [Fact]
    public void Rep_ins_with_a_count_of_0_does_nothing()
    {
        using var m = TestMachine.Long().WithTables();
        m.RunToHlt(a =>
        {
            a.xor(ecx, ecx);
            a.rep.insb();
            a.hlt();
        });
    }

    [Fact]
    public void Rep_outs_gives_up_at_the_time_limit_with_registers_exact()
    {
        using var m = TestMachine.Protected().WithTables();
        m.Cpu.Controls.IoBitmap = new byte[8192];
        m.Load(a =>
        {
            a.mov(esi, (uint)TestMachine.DataAddress);
            a.mov(ecx, 100);
            a.rep.outsb();
            a.hlt();
        });
        m.RunFully(12);
        m.State->Gpr[1].ShouldBe(90ul);
        m.State->Gpr[6].ShouldBe(TestMachine.DataAddress + 10);
        m.RunToExit().Reason.ShouldBe(ExitReason.Hlt);
        m.State->Gpr[1].ShouldBe(0ul);
        m.Now.ShouldBe(102ul);
    }
}
