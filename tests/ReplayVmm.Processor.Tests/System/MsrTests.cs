using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Processor.Tests;

/// <summary>RDMSR, WRMSR and their bitmap; the time-stamp counter (SDM volume 3, 25.6.9 and 17.17; volume 4).</summary>
public sealed unsafe class MsrTests
{
    private static void Write(Iced.Intel.Assembler a, uint index, ulong value)
    {
        a.mov(ecx, index);
        a.mov(eax, (uint)value);
        a.mov(edx, (uint)(value >> 32));
        a.wrmsr();
    }

    [Theory]
    [InlineData(MsrIndex.Lstar, 0x8000_0000_0000)]
    [InlineData(MsrIndex.FsBase, 0x8000_0000_0000)]
    [InlineData(MsrIndex.KernelGsBase, 0x7FFF_0000_0000_0000)]
    [InlineData(MsrIndex.SysenterEsp, 0x8000_0000_0000)]
    [InlineData(MsrIndex.Efer, (long)Efer.Svme | 0x501)]
    [InlineData(MsrIndex.Efer, 0x401)]
    [InlineData(MsrIndex.Pat, 2)]
    [InlineData(MsrIndex.Pat, 0x0800)]
    [InlineData(MsrIndex.TscAux, 0x1_0000_0000)]
    [InlineData(MsrIndex.DebugCtl, 0x10000)]
    [InlineData(0x12345678u, 0)]
    public void What_an_msr_may_not_hold_is_a_general_protection_fault(uint index, long value)
    {
        using var m = TestMachine.Long().WithTables();
        m.Cpu.Controls.MsrBitmap![0x800] = 0;
        if (index == 0x12345678)
            index = 0x1FFF;
        m.ShouldFault(Vector.Gp, 0, a => Write(a, index, (ulong)value));
    }

    [Fact]
    public void A_native_write_is_in_force_and_reported()
    {
        using var m = TestMachine.Long().WithTables();
        m.Load(a =>
        {
            Write(a, MsrIndex.Lstar, 0xFFFF_8000_0000_1234);
            a.xor(eax, eax);
            a.rdmsr();
            a.hlt();
        });
        m.Run(100).ShouldBe(StopReason.RegisterWritten);
        m.Cpu.Written.ShouldBe(
            new RegisterWrite(RecordedRegister.Msr, MsrIndex.Lstar, 0, 0xFFFF_8000_0000_1234, TestMachine.CodeAddress + 15));
        m.RunToExit().Reason.ShouldBe(ExitReason.Hlt);
        (m.State->Gpr[0], m.State->Gpr[2]).ShouldBe((0x1234ul, 0xFFFF_8000ul));
    }

    [Fact]
    public void Segment_bases_are_written_without_a_report()
    {
        using var m = TestMachine.Long().WithTables();
        m.Load(a =>
        {
            Write(a, MsrIndex.GsBase, 0x5000);
            a.hlt();
        });
        m.RunToExit().Reason.ShouldBe(ExitReason.Hlt);
        m.State->SegmentBase[(int)SegmentIndex.Gs].ShouldBe(0x5000ul);
    }

    [Theory]
    [InlineData(0x1Bu, 0x400 - 0x400 + 3, 3)]
    [InlineData(MsrIndex.Efer, 0x400 + 0x10, 0)]
    public void The_bitmap_decides_by_index_and_direction(uint index, int readOffset, int bit)
    {
        using var m = TestMachine.Long().WithTables();
        m.Cpu.Controls.MsrBitmap![readOffset] = (byte)(1 << bit);
        m.Cpu.Controls.MsrBitmap[readOffset + 0x800] = (byte)(1 << bit);
        m.Load(a =>
        {
            a.mov(ecx, index);
            a.rdmsr();
            a.wrmsr();
            a.hlt();
        });
        m.RunToExit().Reason.ShouldBe(ExitReason.Rdmsr);
        m.Cpu.Complete(0x1_0000_0501);
        (m.State->Gpr[0], m.State->Gpr[2]).ShouldBe((0x501ul, 1ul));
        VmExit exit = m.RunToExit();
        (exit.Reason, exit.Data).ShouldBe((ExitReason.Wrmsr, 0x1_0000_0501ul));
        m.Cpu.Complete(0x501);
        m.RunToExit().Reason.ShouldBe(ExitReason.Hlt);
        m.State->Efer.ShouldBe(index == MsrIndex.Efer ? 0x501ul : Efer.Lme | Efer.Lma | Efer.Nxe);
    }

    [Fact]
    public void An_msr_out_of_the_bitmaps_range_exits()
    {
        using var m = TestMachine.Protected().WithTables();
        m.Load(a =>
        {
            a.mov(ecx, 0x4000_0000);
            a.rdmsr();
        });
        m.RunToExit().Reason.ShouldBe(ExitReason.Rdmsr);
    }

    [Fact]
    public void The_time_stamp_counter_is_virtual_time_plus_an_offset()
    {
        using var m = TestMachine.Protected().WithTables();
        m.State->TscOffset = 1000;
        m.RunToHlt(a =>
        {
            a.nop();
            a.nop();
            a.rdtsc();
            a.mov(ebx, eax);
            a.rdtscp();
            a.hlt();
        });
        m.State->Gpr[3].ShouldBe(1002ul);
        m.State->Gpr[0].ShouldBe(1004ul);
        m.State->Gpr[1].ShouldBe(0ul);
    }

    [Fact]
    public void A_write_of_the_time_stamp_counter_moves_the_offset_natively_and_by_exit()
    {
        foreach (bool exits in (bool[])[false, true])
        {
            using var m = TestMachine.Protected().WithTables();
            m.Cpu.Controls.MsrBitmap![0x802] = (byte)(exits ? 1 : 0);
            m.Load(a =>
            {
                Write(a, MsrIndex.TimeStampCounter, 0x5000);
                a.rdtsc();
                a.hlt();
            });
            if (exits)
            {
                m.RunToExit().Reason.ShouldBe(ExitReason.Wrmsr);
                m.Cpu.Complete(0x5000);
            }
            m.RunToExitSkippingWrites().Reason.ShouldBe(ExitReason.Hlt);
            m.State->Gpr[0].ShouldBe(0x5001ul);
        }
    }

    [Fact]
    public void Time_stamp_disable_and_the_counter_enable_guard_level_3()
    {
        using var m = TestMachine.Protected().WithTables().AsUser();
        m.State->Cr4 |= Cr4.Tsd;
        m.ShouldFault(Vector.Gp, 0, a => a.rdtsc());
        m.State->Rip = TestMachine.CodeAddress;
        m.ShouldFault(Vector.Gp, 0, a => a.rdpmc());
    }
}
