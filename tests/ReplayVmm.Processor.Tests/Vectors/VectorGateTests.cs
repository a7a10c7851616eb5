using System.Runtime.Intrinsics;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Processor.Tests;

/// <summary>When vector instructions may run, and what becomes of the upper halves (SDM volume 2, 2.4; volume 3, 13).</summary>
public unsafe class VectorGateTests
{
    [Fact]
    public void Sse_keeps_the_upper_half_and_vex_128_clears_it()
    {
        using var m = VectorMachine.Create();
        Vector256<byte> one = m.Ymm(1), two = m.Ymm(2);
        m.Step(a => a.pxor(xmm1, xmm2));
        m.Ymm(1).ShouldBe(Vector256.Create(one.GetLower() ^ two.GetLower(), one.GetUpper()));
        m.Step(a => a.vpxor(xmm3, xmm1, xmm2));
        m.Ymm(3).ShouldBe(Vector256.Create(one.GetLower(), Vector128<byte>.Zero));
        m.Step(a => a.vpxor(ymm3, ymm1, ymm2));
        m.Ymm(3).ShouldBe(m.Ymm(1) ^ two);
        m.Step(a => a.movaps(xmm15, xmm2));
        m.Xmm(15).ShouldBe(two.GetLower());
        m.Ymm(15).GetUpper().ShouldBe(Vector128.Create((byte)63).WithUpper(Vector64.Create((byte)64)));
    }

    [Theory]
    [InlineData(0, 0ul, 7, Vector.Ud, -1)]
    [InlineData((long)Cr0.Ts, Cr4.Osfxsr | Cr4.Osxsave, 7, Vector.Nm, Vector.Nm)]
    [InlineData((long)Cr0.Em, Cr4.Osfxsr | Cr4.Osxsave, 7, Vector.Ud, -1)]
    [InlineData((long)(Cr0.Em | Cr0.Ts), Cr4.Osfxsr | Cr4.Osxsave, 7, Vector.Ud, Vector.Nm)]
    [InlineData(0, Cr4.Osfxsr, 7, -1, Vector.Ud)]
    [InlineData(0, Cr4.Osfxsr | Cr4.Osxsave, 3, -1, Vector.Ud)]
    [InlineData((long)Cr0.Ts, Cr4.Osfxsr | Cr4.Osxsave, 1, Vector.Nm, Vector.Ud)]
    public void Control_registers_decide_what_may_run(long cr0, ulong cr4, ulong xcr0, int sse, int avx)
    {
        foreach ((int expected, Action<Assembler> program) in ((int, Action<Assembler>)[])[
            (sse, a => a.xorps(xmm0, xmm1)), (avx, a => a.vxorps(xmm0, xmm1, xmm2)), (avx, a => a.vxorps(ymm0, ymm1, ymm2))])
        {
            using var m = VectorMachine.Create();
            m.State->Cr0 |= (ulong)cr0;
            m.State->Cr4 = Cr4.Pae | (cr4 == 0 ? Cr4.Osxsave : cr4);
            m.State->Xcr0 = xcr0;
            m.Cpu.StateChanged();
            if (expected < 0)
                m.Step(program);
            else
                m.Fault(program).ShouldBe(expected);
        }
    }

    [Fact]
    public void Sse_wants_its_memory_aligned_and_avx_only_where_the_move_says_so()
    {
        using var m = VectorMachine.Create();
        m.State->Gpr[0] = TestMachine.DataAddress + 8;
        m.Fault(a => a.pxor(xmm1, __xmmword_ptr[rax])).ShouldBe(Vector.Gp);
        m.Fault(a => a.movaps(__xmmword_ptr[rax], xmm1)).ShouldBe(Vector.Gp);
        m.Fault(a => a.vmovaps(xmm1, __xmmword_ptr[rax])).ShouldBe(Vector.Gp);
        m.Fault(a => a.vmovdqa(ymm1, __ymmword_ptr[rax + 8])).ShouldBe(Vector.Gp);
        m.Step(a => a.movups(__xmmword_ptr[rax], xmm1));
        m.Step(a => a.vpxor(ymm1, ymm1, __ymmword_ptr[rax]));
        m.Step(a => a.vmovaps(xmm1, __xmmword_ptr[rax + 8]));
        m.Step(a => a.vmovdqa(__ymmword_ptr[rax + 24], ymm2));
        m.ReadMemory<Vector256<byte>>(TestMachine.DataAddress + 32).ShouldBe(m.Ymm(2));
    }

    [Fact]
    public void A_hidden_feature_is_an_invalid_opcode()
    {
        using var m = VectorMachine.Create(model: new CpuModel { Name = "test" }.Without(CpuFeature.Avx2));
        m.Step(a => a.vpxor(xmm0, xmm1, xmm2));
        m.Fault(a => a.vpxor(ymm0, ymm1, ymm2)).ShouldBe(Vector.Ud);
    }

    [Fact]
    public void The_test_instruction_sets_zero_and_carry_alone()
    {
        using var m = VectorMachine.Create();
        m.State->Rflags |= Rflags.Arithmetic;
        m.SetYmm(1, Vector256<byte>.Zero);
        m.Step(a => a.vptest(ymm1, ymm2));
        (m.State->Rflags & Rflags.Arithmetic).ShouldBe(Rflags.Zf);
        m.Step(a => a.ptest(xmm2, xmm2));
        (m.State->Rflags & Rflags.Arithmetic).ShouldBe(Rflags.Cf);
    }
}
