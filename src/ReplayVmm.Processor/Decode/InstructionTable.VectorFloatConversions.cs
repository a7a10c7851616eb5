using Iced.Intel;

namespace ReplayVmm.Processor;

/// <content>Conversions and roundings of SSE to F16C (SDM volume 2).</content>
internal static unsafe partial class InstructionTable
{
    private static void AddFloatConversions()
    {
        AddVector(Mnemonic.Roundps, Mnemonic.Vroundps, &VectorForms<PackedConversion<IntegralRounding<Binary32>>>.Bind);
        AddVector(Mnemonic.Roundss, Mnemonic.Vroundss, &VectorForms<ScalarConversion<IntegralRounding<Binary32>>>.Bind);
        AddVector(Mnemonic.Roundpd, Mnemonic.Vroundpd, &VectorForms<PackedConversion<IntegralRounding<Binary64>>>.Bind);
        AddVector(Mnemonic.Roundsd, Mnemonic.Vroundsd, &VectorForms<ScalarConversion<IntegralRounding<Binary64>>>.Bind);

        AddVector(Mnemonic.Cvtss2sd, Mnemonic.Vcvtss2sd, &VectorForms<ScalarConversion<SingleToDouble>>.Bind);
        AddVector(Mnemonic.Cvtsd2ss, Mnemonic.Vcvtsd2ss, &VectorForms<ScalarConversion<DoubleToSingle>>.Bind);
        AddVector(Mnemonic.Cvtps2pd, Mnemonic.Vcvtps2pd, &VectorForms<PackedConversion<SingleToDouble>>.Bind);
        AddVector(Mnemonic.Cvtpd2ps, Mnemonic.Vcvtpd2ps, &VectorForms<PackedConversion<DoubleToSingle>>.Bind);
        AddVector(Mnemonic.Cvtdq2ps, Mnemonic.Vcvtdq2ps, &VectorForms<PackedConversion<FromInteger<int, Binary32>>>.Bind);
        AddVector(Mnemonic.Cvtdq2pd, Mnemonic.Vcvtdq2pd, &VectorForms<PackedConversion<FromInteger<int, Binary64>>>.Bind);
        AddVector(Mnemonic.Cvtps2dq, Mnemonic.Vcvtps2dq, &VectorForms<PackedConversion<ToInteger<int, Binary32, Rounding>>>.Bind);
        AddVector(Mnemonic.Cvttps2dq, Mnemonic.Vcvttps2dq, &VectorForms<PackedConversion<ToInteger<int, Binary32, Truncating>>>.Bind);
        AddVector(Mnemonic.Cvtpd2dq, Mnemonic.Vcvtpd2dq, &VectorForms<PackedConversion<ToInteger<int, Binary64, Rounding>>>.Bind);
        AddVector(Mnemonic.Cvttpd2dq, Mnemonic.Vcvttpd2dq, &VectorForms<PackedConversion<ToInteger<int, Binary64, Truncating>>>.Bind);
        AddVector(Mnemonic.Vcvtph2ps, &VectorForms<PackedConversion<HalfToSingle>>.Bind);
        AddVector(Mnemonic.Vcvtps2ph, &VectorStores<PackedConversion<SingleToHalf>>.Bind);

        AddVectorForm(Code.Cvtsi2ss_xmm_rm32, &VectorFromGeneral<ConversionFromGeneral<FromInteger<int, Binary32>>>.Bind);
        AddVectorForm(Code.Cvtsi2ss_xmm_rm64, &VectorFromGeneral<ConversionFromGeneral<FromInteger<long, Binary32>>>.Bind);
        AddVectorForm(Code.VEX_Vcvtsi2ss_xmm_xmm_rm32, &VectorFromGeneral<ConversionFromGeneral<FromInteger<int, Binary32>>>.Bind);
        AddVectorForm(Code.VEX_Vcvtsi2ss_xmm_xmm_rm64, &VectorFromGeneral<ConversionFromGeneral<FromInteger<long, Binary32>>>.Bind);
        AddVectorForm(Code.Cvtsi2sd_xmm_rm32, &VectorFromGeneral<ConversionFromGeneral<FromInteger<int, Binary64>>>.Bind);
        AddVectorForm(Code.Cvtsi2sd_xmm_rm64, &VectorFromGeneral<ConversionFromGeneral<FromInteger<long, Binary64>>>.Bind);
        AddVectorForm(Code.VEX_Vcvtsi2sd_xmm_xmm_rm32, &VectorFromGeneral<ConversionFromGeneral<FromInteger<int, Binary64>>>.Bind);
        AddVectorForm(Code.VEX_Vcvtsi2sd_xmm_xmm_rm64, &VectorFromGeneral<ConversionFromGeneral<FromInteger<long, Binary64>>>.Bind);

        AddVectorForm(Code.Cvtss2si_r32_xmmm32, &VectorToGeneral<ConversionToGeneral<ToInteger<int, Binary32, Rounding>>>.Bind);
        AddVectorForm(Code.Cvtss2si_r64_xmmm32, &VectorToGeneral<ConversionToGeneral<ToInteger<long, Binary32, Rounding>>>.Bind);
        AddVectorForm(Code.Cvttss2si_r32_xmmm32, &VectorToGeneral<ConversionToGeneral<ToInteger<int, Binary32, Truncating>>>.Bind);
        AddVectorForm(Code.Cvttss2si_r64_xmmm32, &VectorToGeneral<ConversionToGeneral<ToInteger<long, Binary32, Truncating>>>.Bind);
        AddVectorForm(Code.VEX_Vcvtss2si_r32_xmmm32, &VectorToGeneral<ConversionToGeneral<ToInteger<int, Binary32, Rounding>>>.Bind);
        AddVectorForm(Code.VEX_Vcvtss2si_r64_xmmm32, &VectorToGeneral<ConversionToGeneral<ToInteger<long, Binary32, Rounding>>>.Bind);
        AddVectorForm(Code.VEX_Vcvttss2si_r32_xmmm32, &VectorToGeneral<ConversionToGeneral<ToInteger<int, Binary32, Truncating>>>.Bind);
        AddVectorForm(Code.VEX_Vcvttss2si_r64_xmmm32, &VectorToGeneral<ConversionToGeneral<ToInteger<long, Binary32, Truncating>>>.Bind);
        AddVectorForm(Code.Cvtsd2si_r32_xmmm64, &VectorToGeneral<ConversionToGeneral<ToInteger<int, Binary64, Rounding>>>.Bind);
        AddVectorForm(Code.Cvtsd2si_r64_xmmm64, &VectorToGeneral<ConversionToGeneral<ToInteger<long, Binary64, Rounding>>>.Bind);
        AddVectorForm(Code.Cvttsd2si_r32_xmmm64, &VectorToGeneral<ConversionToGeneral<ToInteger<int, Binary64, Truncating>>>.Bind);
        AddVectorForm(Code.Cvttsd2si_r64_xmmm64, &VectorToGeneral<ConversionToGeneral<ToInteger<long, Binary64, Truncating>>>.Bind);
        AddVectorForm(Code.VEX_Vcvtsd2si_r32_xmmm64, &VectorToGeneral<ConversionToGeneral<ToInteger<int, Binary64, Rounding>>>.Bind);
        AddVectorForm(Code.VEX_Vcvtsd2si_r64_xmmm64, &VectorToGeneral<ConversionToGeneral<ToInteger<long, Binary64, Rounding>>>.Bind);
        AddVectorForm(Code.VEX_Vcvttsd2si_r32_xmmm64, &VectorToGeneral<ConversionToGeneral<ToInteger<int, Binary64, Truncating>>>.Bind);
        AddVectorForm(Code.VEX_Vcvttsd2si_r64_xmmm64, &VectorToGeneral<ConversionToGeneral<ToInteger<long, Binary64, Truncating>>>.Bind);

        AddVectorForm(Code.Cvtpi2ps_xmm_mmm64, &MmxConversions<FromInteger<int, Binary32>>.BindFromMmx);
        AddVectorForm(Code.Cvtpi2pd_xmm_mmm64, &MmxConversions<FromInteger<int, Binary64>>.BindFromMmx);
        AddVectorForm(Code.Cvtps2pi_mm_xmmm64, &MmxConversions<ToInteger<int, Binary32, Rounding>>.BindToMmx);
        AddVectorForm(Code.Cvttps2pi_mm_xmmm64, &MmxConversions<ToInteger<int, Binary32, Truncating>>.BindToMmx);
        AddVectorForm(Code.Cvtpd2pi_mm_xmmm128, &MmxConversions<ToInteger<int, Binary64, Rounding>>.BindToMmx);
        AddVectorForm(Code.Cvttpd2pi_mm_xmmm128, &MmxConversions<ToInteger<int, Binary64, Truncating>>.BindToMmx);
    }
}
