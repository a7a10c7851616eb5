using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Processor.Tests;

/// <summary>Reset, INIT, SIPI and the boot loaders' states (SDM volume 3, table 10-1).</summary>
public sealed unsafe class BootStateTests
{
    [Fact]
    public void Reset_is_the_manuals_table()
    {
        CpuState s = new() { Retired = 7, AddressLine20 = 1, Cr2 = 5, Efer = Efer.Lme, Interruptibility = 8 };
        ProcessorReset.Reset(ref s, 0x12345);
        (s.Cr0, s.Cr2, s.Cr3, s.Cr4, s.Efer).ShouldBe((0x60000010ul, 0ul, 0ul, 0ul, 0ul));
        (s.Rip, s.Rflags, s.Gpr[2]).ShouldBe((0xFFF0ul, 2ul, 0x12345ul));
        (s.SegmentSelector[1], s.SegmentBase[1], s.SegmentLimit[1], s.SegmentAttributes[1]).ShouldBe(((ushort)0xF000, 0xFFFF0000ul, 0xFFFFu, 0x9Bu));
        (s.SegmentAttributes[0], s.SegmentAttributes[6], s.SegmentAttributes[7]).ShouldBe((0x93u, 0x82u, 0x8Bu));
        (s.GdtLimit, s.IdtLimit, s.Dr6, s.Dr7).ShouldBe(((ushort)0xFFFF, (ushort)0xFFFF, 0xFFFF0FF0ul, 0x400ul));
        (s.Pat, s.Xcr0, s.Interruptibility).ShouldBe((0x0007040600070406ul, 1ul, 0u));
        (s.Retired, s.AddressLine20).ShouldBe((7ul, 1ul));
    }

    [Fact]
    public void Init_keeps_msrs_and_cache_bits_but_not_efer()
    {
        CpuState s = new() { Cr0 = Cr0.Cd | Cr0.Pe | Cr0.Pg, Lstar = 5, Efer = Efer.Lme | Efer.Lma, Pat = 6, TscOffset = 9 };
        ProcessorReset.Init(ref s);
        (s.Cr0, s.Lstar, s.Efer, s.Pat, s.TscOffset).ShouldBe((Cr0.Cd | Cr0.Et, 5ul, 0ul, 6ul, 9ul));
        ProcessorReset.Startup(ref s, 0x9A);
        (s.SegmentSelector[1], s.SegmentBase[1], s.Rip).ShouldBe(((ushort)0x9A00, 0x9A000ul, 0ul));
    }

    [Fact]
    public void A_flat_32_bit_program_runs_without_tables()
    {
        using var m = TestMachine.Real();
        BootState.Protected32(ref *m.State, (uint)TestMachine.CodeAddress, (uint)TestMachine.StackTop);
        m.Cpu.StateChanged();
        m.Load(a =>
        {
            a.push(0x12345678);
            a.pop(ebx);
            a.hlt();
        });
        m.RunToExit().Reason.ShouldBe(ExitReason.Hlt);
        m.State->Gpr[3].ShouldBe(0x12345678ul);
    }

    [Fact]
    public void A_64_bit_program_runs_on_given_page_tables()
    {
        using var m = TestMachine.Long();
        BootState.Long64(ref *m.State, TestMachine.CodeAddress, TestMachine.StackTop, TestMachine.TablesAddress);
        m.Cpu.StateChanged();
        m.Load(a =>
        {
            a.mov(r10, rsp);
            a.push(r10);
            a.hlt();
        });
        m.RunToExit().Reason.ShouldBe(ExitReason.Hlt);
        m.State->Gpr[10].ShouldBe(TestMachine.StackTop);
    }
}
