using System.Runtime.Intrinsics;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Processor.Tests;

/// <summary>FXSAVE, XSAVE, CPUID leaf 0Dh and the rest of what user mode cannot judge (SDM volume 1, chapter 13).</summary>
public unsafe class StateSaveTests
{
    private const ulong Area = TestMachine.DataAddress, Header = Area + 512, Upper = Area + 576;

    [Fact]
    public void Xsaves_and_xrstors_keep_everything()
    {
        using var m = VectorMachine.Create();
        (m.State->Mxcsr, m.State->Gpr[0], m.State->Gpr[2], m.State->Gpr[1]) = (0x9FC0, 7, 0, Area);
        m.State->FpSignificand[3] = 0xC000_0000_0000_0000;
        m.State->FpControl = 0x37F;
        CpuState before = *m.State;
        m.Step(a => a.xsaves64(__[rcx]));
        m.ReadMemory<ulong>(Header).ShouldBe(7ul);
        m.ReadMemory<ulong>(Header + 8).ShouldBe(7ul | (1ul << 63));
        m.ReadMemory<Vector128<byte>>(Upper + 16).ShouldBe(m.Ymm(1).GetUpper());
        for (int n = 0; n < 64; n++)
            m.State->Vector[n] = ulong.MaxValue;
        (m.State->Mxcsr, m.State->FpSignificand[3]) = (0x1F80, 1);
        m.Step(a => a.xrstors64(__[rcx]));
        m.State->Mxcsr.ShouldBe(0x9FC0u);
        m.State->FpSignificand[3].ShouldBe(before.FpSignificand[3]);
        for (int n = 0; n < 64; n++)
            m.State->Vector[n].ShouldBe(before.Vector[n]);
    }

    [Fact]
    public void What_is_in_its_initial_state_is_left_out_and_restored_as_such()
    {
        using var m = VectorMachine.Create();
        (m.State->Gpr[0], m.State->Gpr[2], m.State->Gpr[1], m.State->FpControl) = (7, 0, Area, 0x37F);
        m.Step(a => a.vzeroupper());
        m.WriteMemory(Upper, 0x55ul);
        m.Step(a => a.xsavec64(__[rcx]));
        m.ReadMemory<ulong>(Header).ShouldBe(2ul);
        m.ReadMemory<ulong>(Upper).ShouldBe(0x55ul);
        m.State->Vector[2] = 9;
        m.Step(a => a.xrstor64(__[rcx]));
        m.State->Vector[2].ShouldBe(0ul);
        m.State->Gpr[1] = 1;
        m.Step(a => a.xgetbv());
        m.State->Gpr[0].ShouldBe(2ul);
    }

    [Theory]
    [InlineData(8ul, 0ul, 0ul)]
    [InlineData(1ul, 1ul, 0ul)]
    [InlineData(1ul, 0ul, 1ul)]
    [InlineData(4ul, (1ul << 63) | 3, 0ul)]
    [InlineData(0ul, (1ul << 63) | 8, 0ul)]
    public void An_illegal_header_is_a_general_protection_fault(ulong state, ulong compaction, ulong reserved)
    {
        using var m = VectorMachine.Create();
        (m.State->Gpr[0], m.State->Gpr[2], m.State->Gpr[1]) = (7, 0, Area);
        m.WriteMemory(Header, state);
        m.WriteMemory(Header + 8, compaction);
        m.WriteMemory(Header + 16, reserved);
        m.Fault(a => a.xrstor(__[rcx])).ShouldBe(Vector.Gp);
        m.Fault(a => a.xrstors(__[rcx])).ShouldBe(Vector.Gp);
    }

    [Fact]
    public void Supervisor_forms_are_for_level_0_alone()
    {
        using var m = VectorMachine.Create(user: true);
        m.State->Gpr[1] = Area;
        m.EnterUser();
        m.Fault(a => a.xsaves(__[rcx])).ShouldBe(Vector.Gp);
        m.Fault(a => a.xrstors(__[rcx])).ShouldBe(Vector.Gp);
    }

    [Fact]
    public void Task_switched_comes_before_everything_but_the_undefined_opcode()
    {
        using var m = VectorMachine.Create();
        m.State->Cr0 |= Cr0.Ts;
        m.State->Gpr[1] = Area + 1;
        m.Fault(a => a.xsave(__[rcx])).ShouldBe(Vector.Nm);
        m.Fault(a => a.fxsave(__[rcx])).ShouldBe(Vector.Nm);
        m.State->Cr4 &= ~Cr4.Osxsave;
        m.Fault(a => a.xsave(__[rcx])).ShouldBe(Vector.Ud);
    }

    [Fact]
    public void Without_osfxsr_fxsave_is_for_x87_alone()
    {
        using var m = VectorMachine.Create();
        m.State->Gpr[1] = Area;
        m.Step(a => a.fxsave(__[rcx]));
        m.ReadMemory<ulong>(Area + 24).ShouldBe(0x0000_FFFF_0000_1F80ul);
        m.ReadMemory<Vector128<byte>>(Area + 160 + 240).ShouldBe(m.Xmm(15));
        m.State->Cr4 &= ~Cr4.Osfxsr;
        m.WriteMemory(Area + 24, 0x77ul);
        m.Step(a => a.fxsave(__[rcx]));
        m.ReadMemory<ulong>(Area + 24).ShouldBe(0x77ul);
    }

    [Theory]
    [InlineData(1ul, 576u)]
    [InlineData(3ul, 576u)]
    [InlineData(7ul, 832u)]
    public void Cpuid_tells_sizes_from_what_is_enabled(ulong xcr0, uint size)
    {
        CpuModel model = new() { Name = "test" };
        CpuState s = new() { Xcr0 = xcr0 };
        model.Cpuid(0xD, 0, s, 0, out uint eax, out uint ebx, out uint ecx, out _);
        (eax, ebx, ecx).ShouldBe((7u, size, 832u));
        model.Cpuid(0xD, 1, s, 0, out eax, out ebx, out ecx, out uint edx);
        (eax, ebx, ecx, edx).ShouldBe((15u, size, 0u, 0u));
        model.Cpuid(0xD, 2, s, 0, out eax, out ebx, out ecx, out edx);
        (eax, ebx, ecx, edx).ShouldBe((256u, 576u, 0u, 0u));
        model.Without(CpuFeature.Avx, CpuFeature.Xsavec).Cpuid(0xD, 1, s, 0, out eax, out _, out _, out _);
        eax.ShouldBe(13u);
    }

    [Fact]
    public void An_unmasked_exception_is_reported_where_the_system_handles_it()
    {
        using var m = VectorMachine.Create();
        VectorGate.Commit(m.Cpu.Core, FloatContext.Precision).ShouldBeTrue();
        m.State->Mxcsr.ShouldBe(0x1FA0u);
        m.State->Mxcsr = 0x1F80 & ~(1u << 7);
        VectorGate.Commit(m.Cpu.Core, FloatContext.Invalid | FloatContext.Precision).ShouldBeFalse();
        (m.State->Mxcsr, m.Cpu.Core->Pending.Vector).ShouldBe((0x1F01u, Vector.Xm));
        m.State->Cr4 &= ~Cr4.Osxmmexcpt;
        VectorGate.Commit(m.Cpu.Core, FloatContext.Invalid).ShouldBeFalse();
        m.Cpu.Core->Pending.Vector.ShouldBe(Vector.Ud);
        m.Cpu.Core->Pending = default;
    }

    [Fact]
    public void Reset_clears_vector_state_and_init_keeps_it()
    {
        CpuState s = new() { Mxcsr = 5, FpControl = 0x27F };
        s.Vector[63] = 7;
        ProcessorReset.Init(ref s);
        (s.Mxcsr, s.FpControl, s.Vector[63]).ShouldBe((5u, (ushort)0x27F, 7ul));
        ProcessorReset.Reset(ref s);
        (s.Mxcsr, s.Vector[63]).ShouldBe((0x1F80u, 0ul));
    }
}
