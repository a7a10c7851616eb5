using System.Runtime.Intrinsics;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Processor.Tests.Vectors;

/// <summary>#XM: when it is delivered, and what it leaves (SDM volume 1, 11.5).</summary>
public sealed unsafe class FloatExceptionTests
{
    private const uint Masked = 0x1F80, ZeroDivide = 4, ZeroDivideMask = ZeroDivide << 7, Precision = 32, PrecisionMask = Precision << 7, Underflow = 16;

    private static readonly Vector256<byte> Ones = Vector256.Create(1f).AsByte(), Thirds = Vector256.Create(3f).AsByte();

    [Theory]
    [InlineData(true, Vector.Xm)]
    [InlineData(false, Vector.Ud)]
    public void An_unmasked_exception_leaves_its_flag_and_nothing_else(bool isHandled, byte vector)
    {
        using TestMachine m = Prepare(Masked & ~ZeroDivideMask);
        if (!isHandled)
            m.State->Cr4 &= ~Cr4.Osxmmexcpt;
        m.SetYmm(2, Vector256.Create(3f, 0f, 3f, 3f, 3f, 3f, 3f, 3f).AsByte());
        m.Fault(a => a.vdivps(ymm0, ymm1, ymm2)).ShouldBe(vector);
        // The other quotients would be inexact: none of them is computed.
        m.State->Mxcsr.ShouldBe((Masked & ~ZeroDivideMask) | ZeroDivide);
        m.Ymm(0).ShouldBe(Vector256<byte>.Zero);
    }

    [Fact]
    public void A_masked_division_by_zero_gives_infinity_and_its_flag()
    {
        using TestMachine m = Prepare(Masked);
        m.SetYmm(2, Vector256<byte>.Zero);
        m.Step(a => a.vdivps(ymm0, ymm1, ymm2));
        m.State->Mxcsr.ShouldBe(Masked | ZeroDivide);
        m.Ymm(0).ShouldBe(Vector256.Create(float.PositiveInfinity).AsByte());
    }

    [Fact]
    public void An_unmasked_inexact_result_is_not_written_although_the_fast_path_found_it()
    {
        using TestMachine m = Prepare(Masked & ~PrecisionMask);
        m.Fault(a => a.vdivps(ymm0, ymm1, ymm2)).ShouldBe(Vector.Xm);
        m.State->Mxcsr.ShouldBe((Masked & ~PrecisionMask) | Precision);
        m.Ymm(0).ShouldBe(Vector256<byte>.Zero);
        m.Step(a => a.vaddps(ymm0, ymm1, ymm2));
        m.Ymm(0).ShouldBe(Vector256.Create(4f).AsByte());
    }

    [Fact]
    public void A_result_that_is_the_least_ordinary_number_only_after_rounding_underflows_on_the_fast_path_too()
    {
        using TestMachine m = Prepare(Masked | Precision);
        const ulong Least = 1ul << 52, JustBelowOne = 0x3FEF_FFFF_FFFF_FFFF;
        m.SetYmm(1, Vector256.Create(Least).AsByte());
        m.SetYmm(2, Vector256.Create(JustBelowOne).AsByte());
        m.Step(a => a.vmulpd(ymm0, ymm1, ymm2));
        m.Ymm(0).ShouldBe(Vector256.Create(Least).AsByte());
        m.State->Mxcsr.ShouldBe(Masked | Precision | Underflow);
    }

    [Fact]
    public void A_missing_page_comes_before_the_operation_and_its_flags()
    {
        using TestMachine m = Prepare(Masked);
        m.State->Gpr[0] = TestMachine.RamSize * 4096;
        m.Fault(a => a.divps(xmm0, __xmmword_ptr[rax])).ShouldBe(Vector.Pf);
        m.State->Mxcsr.ShouldBe(Masked);
    }

    [Fact]
    public void A_store_that_raises_an_exception_leaves_memory_alone()
    {
        using TestMachine m = Prepare(Masked & ~(Underflow << 7));
        m.State->Gpr[0] = TestMachine.DataAddress;
        m.WriteMemory(TestMachine.DataAddress, 0x5A5A_5A5A_5A5A_5A5Aul);
        m.SetYmm(1, Vector256.Create(1e-6f).AsByte());
        m.Fault(a => a.vcvtps2ph(__qword_ptr[rax], xmm1, 0)).ShouldBe(Vector.Xm);
        (m.State->Mxcsr & Underflow).ShouldBe(Underflow);
        m.ReadMemory<ulong>(TestMachine.DataAddress).ShouldBe(0x5A5A_5A5A_5A5A_5A5Aul);
    }

    [Fact]
    public void A_conversion_from_an_mmx_register_begins_an_mmx_sequence_and_one_from_memory_does_not()
    {
        using TestMachine m = Prepare(Masked);
        m.State->Gpr[0] = TestMachine.DataAddress;
        m.WriteMemory(TestMachine.DataAddress, 0x0000_0002_FFFF_FFFDul);
        (m.State->FpStatus, m.State->FpTags) = (5 << 11, 0);
        m.Step(a => a.cvtpi2ps(xmm1, __qword_ptr[rax]));
        m.Xmm(1).AsSingle().ShouldBe(Vector128.Create(-3f, 2f, 1f, 1f));
        (m.State->FpStatus, m.State->FpTags).ShouldBe(((ushort)(5 << 11), (ushort)0));
        m.Step(a => a.cvttps2pi(mm3, xmm1));
        m.State->FpSignificand[3].ShouldBe(0x0000_0002_FFFF_FFFDul);
        (m.State->FpStatus, m.State->FpTags, m.State->FpSignExponent[3]).ShouldBe(((ushort)0, (ushort)0xFF, (ushort)0xFFFF));
    }

    private static TestMachine Prepare(uint mxcsr)
    {
        TestMachine m = VectorMachine.Create();
        m.State->Mxcsr = mxcsr;
        m.State->FpControl = 0x37F;
        m.SetYmm(0, Vector256<byte>.Zero);
        m.SetYmm(1, Ones);
        m.SetYmm(2, Thirds);
        return m;
    }
}
