using System.Text;

namespace ReplayVmm.Processor.Tests;

/// <summary>CPUID as the models answer it (SDM volume 2, CPUID).</summary>
public sealed class CpuModelTests
{
    private static (uint Eax, uint Ebx, uint Ecx, uint Edx) Ask(CpuModel model, uint leaf, uint subleaf = 0, ulong cr4 = 0, uint apicId = 0)
    {
        CpuState s = new() { Cr4 = cr4 };
        model.Cpuid(leaf, subleaf, s, apicId, out uint eax, out uint ebx, out uint ecx, out uint edx);
        return (eax, ebx, ecx, edx);
    }

    /// <summary>The levels of the x86-64 psABI, table "Micro-Architecture Levels", at the bits of CPUID leaf 1, leaf 7 and leaf 80000001h.</summary>
    [Theory]
    [InlineData("x86-64-v1", 0u, 0x0780_8111u, 0u, 0u)]
    [InlineData("x86-64-v2", 0x0098_2201u, 0x0780_8111u, 0u, 1u)]
    [InlineData("x86-64-v3", 0x38D8_3201u, 0x0780_8111u, 0x128u, 0x21u)]
    [InlineData("max", 0x3AD8_3203u, 0x0780_8111u, 0x2000_0128u, 0x121u)]
    public void A_level_shows_what_its_name_promises(string name, uint ecx, uint edx, uint ebx7, uint ecxE)
    {
        CpuModel model = CpuModel.Find(name).ShouldNotBeNull();
        (Ask(model, 1, cr4: Cr4.Osxsave).Ecx & ecx).ShouldBe(ecx);
        (Ask(model, 1).Edx & edx).ShouldBe(edx);
        (Ask(model, 7).Ebx & ebx7).ShouldBe(ebx7);
        (Ask(model, 0x80000001).Ecx & ecxE).ShouldBe(ecxE);
    }

    [Fact]
    public void No_model_shows_what_is_not_there()
    {
        foreach (CpuModel model in CpuModel.All)
        {
            // MONITOR, VMX; RTM, AVX-512; the levels below v3 have no AVX.
            (Ask(model, 1).Ecx & ((1u << 3) | (1u << 5))).ShouldBe(0u);
            (Ask(model, 7).Ebx & ((1u << 11) | (1u << 16))).ShouldBe(0u);
            CpuModel.Find(model.Name).ShouldBeSameAs(model);
        }
        (Ask(CpuModel.V1, 1).Ecx & ((1u << 0) | (1u << 9) | (1u << 19) | (1u << 20) | (1u << 26) | (1u << 28))).ShouldBe(0u);
        (Ask(CpuModel.V2, 1).Ecx & ((1u << 12) | (1u << 26) | (1u << 28) | (1u << 29))).ShouldBe(0u);
        (Ask(CpuModel.V2, 7).Ebx & ((1u << 3) | (1u << 5) | (1u << 8))).ShouldBe(0u);
    }

    [Fact]
    public void The_default_model_shows_its_features_at_the_manuals_bits()
    {
        (_, _, uint ecx1, uint edx1) = Ask(CpuModel.Default, 1);
        (_, uint ebx7, uint ecx7, _) = Ask(CpuModel.Default, 7);
        (_, _, uint ecxE, uint edxE) = Ask(CpuModel.Default, 0x80000001);
        // SSE3, SSSE3, FMA, CX16, PCID, SSE4.1, SSE4.2, X2APIC, MOVBE, POPCNT, TSC-deadline, XSAVE, AVX, F16C, RDRAND, hypervisor.
        ecx1.ShouldBe((1u << 0) | (1u << 9) | (1u << 12) | (1u << 13) | (1u << 17) | (1u << 19) | (1u << 20) | (1u << 21) | (1u << 22) | (1u << 23)
            | (1u << 24) | (1u << 26) | (1u << 28) | (1u << 29) | (1u << 30) | (1u << 31));
        // FPU VME DE PSE TSC MSR PAE CX8 APIC SEP PGE CMOV PAT CLFLUSH MMX FXSR SSE SSE2.
        edx1.ShouldBe(0b0000_0111_1000_1001_1010_1011_0111_1111u);
        // FSGSBASE BMI1 AVX2 SMEP BMI2 ERMS INVPCID RDSEED ADX SMAP.
        ebx7.ShouldBe((1u << 0) | (1u << 3) | (1u << 5) | (1u << 7) | (1u << 8) | (1u << 9) | (1u << 10) | (1u << 18) | (1u << 19) | (1u << 20));
        ecx7.ShouldBe(1u << 2);
        ecxE.ShouldBe(1u | (1u << 5));
        edxE.ShouldBe((1u << 11) | (1u << 20) | (1u << 26) | (1u << 27) | (1u << 29));
    }

    [Fact]
    public void Vendor_and_brand_spell_out()
    {
        (uint _, uint ebx, uint ecx, uint edx) = Ask(CpuModel.Default, 0);
        Encoding.ASCII.GetString([.. BitConverter.GetBytes(ebx), .. BitConverter.GetBytes(edx), .. BitConverter.GetBytes(ecx)]).ShouldBe("GenuineIntel");
        StringBuilder brand = new();
        for (uint leaf = 0x80000002; leaf <= 0x80000004; leaf++)
        {
            (uint a, uint b, uint c, uint d) = Ask(CpuModel.Default, leaf);
            brand.Append(Encoding.ASCII.GetString(
                [.. BitConverter.GetBytes(a), .. BitConverter.GetBytes(b), .. BitConverter.GetBytes(c), .. BitConverter.GetBytes(d)]));
        }
        brand.ToString().TrimEnd('\0').ShouldBe(CpuModel.Default.Brand);
    }

    [Fact]
    public void Bits_of_the_moment_follow_the_state()
    {
        CpuModel model = CpuModel.Default.WithProcessors(4);
        (Ask(model, 1, cr4: Cr4.Osxsave).Ecx & (1u << 27)).ShouldBe(1u << 27);
        (Ask(model, 1).Ecx & (1u << 27)).ShouldBe(0u);
        (Ask(model, 1, apicId: 3).Ebx >> 24).ShouldBe(3u);
        ((Ask(model, 1).Ebx >> 16) & 0xFF).ShouldBe(4u);
        Ask(model, 0xB, 1, apicId: 3).ShouldBe((2u, 4u, 0x201u, 3u));
        Ask(model, 0xB, 2).ShouldBe((0u, 0u, 2u, 0u));
    }

    [Fact]
    public void Clocks_say_one_gigahertz()
    {
        (uint denominator, uint numerator, uint crystal, _) = Ask(CpuModel.Default, 0x15);
        ((ulong)crystal * numerator / denominator).ShouldBe(1_000_000_000ul);
        Ask(CpuModel.Default, 0x16).Eax.ShouldBe(1000u);
        (Ask(CpuModel.Default, 0x80000007).Edx & (1u << 8)).ShouldBe(1u << 8);
    }

    [Fact]
    public void A_leaf_beyond_the_highest_answers_as_the_highest_basic_one()
    {
        Ask(CpuModel.Default, 0x17).ShouldBe(Ask(CpuModel.Default, 0x16));
        Ask(CpuModel.Default, 0x80000009).ShouldBe(Ask(CpuModel.Default, 0x16));
        Ask(CpuModel.Default, uint.MaxValue).ShouldBe(Ask(CpuModel.Default, 0x16));
    }

    [Fact]
    public void Reserved_bits_of_cr4_follow_from_the_features()
    {
        (CpuModel.V1.Cr4Bits & (Cr4.Smep | Cr4.Pcide | Cr4.Osfxsr | Cr4.Osxsave | Cr4.Umip)).ShouldBe(Cr4.Osfxsr);
        (CpuModel.V3.Cr4Bits & (Cr4.Smep | Cr4.Pcide | Cr4.Osxsave | Cr4.Umip)).ShouldBe(Cr4.Smep | Cr4.Pcide | Cr4.Osxsave | Cr4.Umip);
        CpuModel.V3.Without(CpuFeature.Smep).Cr4Bits.ShouldBe(CpuModel.V3.Cr4Bits & ~Cr4.Smep);
    }
}
