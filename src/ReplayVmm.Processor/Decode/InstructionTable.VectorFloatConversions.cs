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
        AddVector(Mnemonic.Cvtdq2ps, Mnemonic.Vcvtdq2ps, &VectorForms<PackedConversion<FromInt32<Binary32>>>.Bind);
        AddVector(Mnemonic.Cvtdq2pd, Mnemonic.Vcvtdq2pd, &VectorForms<PackedConversion<FromInt32<Binary64>>>.Bind);
        AddVector(Mnemonic.Cvtps2dq, Mnemonic.Vcvtps2dq, &VectorForms<PackedConversion<ToInt32<Binary32>>>.Bind);
        AddVector(Mnemonic.Cvttps2dq, Mnemonic.Vcvttps2dq, &VectorForms<PackedConversion<TruncateToInt32<Binary32>>>.Bind);
        AddVector(Mnemonic.Cvtpd2dq, Mnemonic.Vcvtpd2dq, &VectorForms<PackedConversion<ToInt32<Binary64>>>.Bind);
        AddVector(Mnemonic.Cvttpd2dq, Mnemonic.Vcvttpd2dq, &VectorForms<PackedConversion<TruncateToInt32<Binary64>>>.Bind);
        AddVector(Mnemonic.Vcvtph2ps, &VectorForms<PackedConversion<HalfToSingle>>.Bind);
        AddVector(Mnemonic.Vcvtps2ph, &VectorStores<PackedConversion<SingleToHalf>>.Bind);

        AddVectorForm(Code.Cvtsi2ss_xmm_rm32, &VectorFromGeneral<ConversionFromGeneral<FromInt32<Binary32>>>.Bind);
        AddVectorForm(Code.Cvtsi2ss_xmm_rm64, &VectorFromGeneral<ConversionFromGeneral<FromInt64<Binary32>>>.Bind);
        AddVectorForm(Code.VEX_Vcvtsi2ss_xmm_xmm_rm32, &VectorFromGeneral<ConversionFromGeneral<FromInt32<Binary32>>>.Bind);
        AddVectorForm(Code.VEX_Vcvtsi2ss_xmm_xmm_rm64, &VectorFromGeneral<ConversionFromGeneral<FromInt64<Binary32>>>.Bind);
        AddVectorForm(Code.Cvtsi2sd_xmm_rm32, &VectorFromGeneral<ConversionFromGeneral<FromInt32<Binary64>>>.Bind);
        AddVectorForm(Code.Cvtsi2sd_xmm_rm64, &VectorFromGeneral<ConversionFromGeneral<FromInt64<Binary64>>>.Bind);
        AddVectorForm(Code.VEX_Vcvtsi2sd_xmm_xmm_rm32, &VectorFromGeneral<ConversionFromGeneral<FromInt32<Binary64>>>.Bind);
        AddVectorForm(Code.VEX_Vcvtsi2sd_xmm_xmm_rm64, &VectorFromGeneral<ConversionFromGeneral<FromInt64<Binary64>>>.Bind);

        AddVectorForm(Code.Cvtss2si_r32_xmmm32, &VectorToGeneral<ConversionToGeneral<ToInt32<Binary32>>>.Bind);
        AddVectorForm(Code.Cvtss2si_r64_xmmm32, &VectorToGeneral<ConversionToGeneral<ToInt64<Binary32>>>.Bind);
        AddVectorForm(Code.Cvttss2si_r32_xmmm32, &VectorToGeneral<ConversionToGeneral<TruncateToInt32<Binary32>>>.Bind);
        AddVectorForm(Code.Cvttss2si_r64_xmmm32, &VectorToGeneral<ConversionToGeneral<TruncateToInt64<Binary32>>>.Bind);
        AddVectorForm(Code.VEX_Vcvtss2si_r32_xmmm32, &VectorToGeneral<ConversionToGeneral<ToInt32<Binary32>>>.Bind);
        AddVectorForm(Code.VEX_Vcvtss2si_r64_xmmm32, &VectorToGeneral<ConversionToGeneral<ToInt64<Binary32>>>.Bind);
        AddVectorForm(Code.VEX_Vcvttss2si_r32_xmmm32, &VectorToGeneral<ConversionToGeneral<TruncateToInt32<Binary32>>>.Bind);
        AddVectorForm(Code.VEX_Vcvttss2si_r64_xmmm32, &VectorToGeneral<ConversionToGeneral<TruncateToInt64<Binary32>>>.Bind);
        AddVectorForm(Code.Cvtsd2si_r32_xmmm64, &VectorToGeneral<ConversionToGeneral<ToInt32<Binary64>>>.Bind);
        AddVectorForm(Code.Cvtsd2si_r64_xmmm64, &VectorToGeneral<ConversionToGeneral<ToInt64<Binary64>>>.Bind);
        AddVectorForm(Code.Cvttsd2si_r32_xmmm64, &VectorToGeneral<ConversionToGeneral<TruncateToInt32<Binary64>>>.Bind);
        AddVectorForm(Code.Cvttsd2si_r64_xmmm64, &VectorToGeneral<ConversionToGeneral<TruncateToInt64<Binary64>>>.Bind);
        AddVectorForm(Code.VEX_Vcvtsd2si_r32_xmmm64, &VectorToGeneral<ConversionToGeneral<ToInt32<Binary64>>>.Bind);
        AddVectorForm(Code.VEX_Vcvtsd2si_r64_xmmm64, &VectorToGeneral<ConversionToGeneral<ToInt64<Binary64>>>.Bind);
        AddVectorForm(Code.VEX_Vcvttsd2si_r32_xmmm64, &VectorToGeneral<ConversionToGeneral<TruncateToInt32<Binary64>>>.Bind);
        AddVectorForm(Code.VEX_Vcvttsd2si_r64_xmmm64, &VectorToGeneral<ConversionToGeneral<TruncateToInt64<Binary64>>>.Bind);

        AddVectorForm(Code.Cvtpi2ps_xmm_mmm64, &MmxConversions<FromInt32<Binary32>>.BindFromMmx);
        AddVectorForm(Code.Cvtpi2pd_xmm_mmm64, &MmxConversions<FromInt32<Binary64>>.BindFromMmx);
        AddVectorForm(Code.Cvtps2pi_mm_xmmm64, &MmxConversions<ToInt32<Binary32>>.BindToMmx);
        AddVectorForm(Code.Cvttps2pi_mm_xmmm64, &MmxConversions<TruncateToInt32<Binary32>>.BindToMmx);
        AddVectorForm(Code.Cvtpd2pi_mm_xmmm128, &MmxConversions<ToInt32<Binary64>>.BindToMmx);
        AddVectorForm(Code.Cvttpd2pi_mm_xmmm128, &MmxConversions<TruncateToInt32<Binary64>>.BindToMmx);
    }
}
