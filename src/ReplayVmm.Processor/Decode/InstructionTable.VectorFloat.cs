using Iced.Intel;

namespace ReplayVmm.Processor;

/// <content>Floating-point arithmetic, comparison and moves of SSE to AVX (SDM volume 2).</content>
internal static unsafe partial class InstructionTable
{
    private static void AddVectorFloat()
    {
        AddFloatArithmetic();
        AddFloatComparisons();
        AddFloatMoves();
        AddFloatConversions();
        AddFused();
    }

    private static void AddFloatArithmetic()
    {
        AddVector(Mnemonic.Addps, Mnemonic.Vaddps, &SettledForms<PackedArithmetic<AddElements, Binary32>>.Bind);
        AddVector(Mnemonic.Addpd, Mnemonic.Vaddpd, &SettledForms<PackedArithmetic<AddElements, Binary64>>.Bind);
        AddVector(Mnemonic.Addss, Mnemonic.Vaddss, &SettledForms<ScalarArithmetic<AddElements, Binary32>>.Bind);
        AddVector(Mnemonic.Addsd, Mnemonic.Vaddsd, &SettledForms<ScalarArithmetic<AddElements, Binary64>>.Bind);
        AddVector(Mnemonic.Subps, Mnemonic.Vsubps, &SettledForms<PackedArithmetic<SubtractElements, Binary32>>.Bind);
        AddVector(Mnemonic.Subpd, Mnemonic.Vsubpd, &SettledForms<PackedArithmetic<SubtractElements, Binary64>>.Bind);
        AddVector(Mnemonic.Subss, Mnemonic.Vsubss, &SettledForms<ScalarArithmetic<SubtractElements, Binary32>>.Bind);
        AddVector(Mnemonic.Subsd, Mnemonic.Vsubsd, &SettledForms<ScalarArithmetic<SubtractElements, Binary64>>.Bind);
        AddVector(Mnemonic.Mulps, Mnemonic.Vmulps, &SettledForms<PackedArithmetic<MultiplyElements, Binary32>>.Bind);
        AddVector(Mnemonic.Mulpd, Mnemonic.Vmulpd, &SettledForms<PackedArithmetic<MultiplyElements, Binary64>>.Bind);
        AddVector(Mnemonic.Mulss, Mnemonic.Vmulss, &SettledForms<ScalarArithmetic<MultiplyElements, Binary32>>.Bind);
        AddVector(Mnemonic.Mulsd, Mnemonic.Vmulsd, &SettledForms<ScalarArithmetic<MultiplyElements, Binary64>>.Bind);
        AddVector(Mnemonic.Divps, Mnemonic.Vdivps, &SettledForms<PackedArithmetic<DivideElements, Binary32>>.Bind);
        AddVector(Mnemonic.Divpd, Mnemonic.Vdivpd, &SettledForms<PackedArithmetic<DivideElements, Binary64>>.Bind);
        AddVector(Mnemonic.Divss, Mnemonic.Vdivss, &SettledForms<ScalarArithmetic<DivideElements, Binary32>>.Bind);
        AddVector(Mnemonic.Divsd, Mnemonic.Vdivsd, &SettledForms<ScalarArithmetic<DivideElements, Binary64>>.Bind);
        AddVector(Mnemonic.Sqrtps, Mnemonic.Vsqrtps, &SettledForms<PackedArithmetic<RootElements, Binary32>>.Bind);
        AddVector(Mnemonic.Sqrtpd, Mnemonic.Vsqrtpd, &SettledForms<PackedArithmetic<RootElements, Binary64>>.Bind);
        AddVector(Mnemonic.Sqrtss, Mnemonic.Vsqrtss, &SettledForms<ScalarArithmetic<RootElements, Binary32>>.Bind);
        AddVector(Mnemonic.Sqrtsd, Mnemonic.Vsqrtsd, &SettledForms<ScalarArithmetic<RootElements, Binary64>>.Bind);

        AddVector(Mnemonic.Minps, Mnemonic.Vminps, &SettledForms<PackedChoice<Lesser, Binary32>>.Bind);
        AddVector(Mnemonic.Minpd, Mnemonic.Vminpd, &SettledForms<PackedChoice<Lesser, Binary64>>.Bind);
        AddVector(Mnemonic.Minss, Mnemonic.Vminss, &SettledForms<ScalarChoice<Lesser, Binary32>>.Bind);
        AddVector(Mnemonic.Minsd, Mnemonic.Vminsd, &SettledForms<ScalarChoice<Lesser, Binary64>>.Bind);
        AddVector(Mnemonic.Maxps, Mnemonic.Vmaxps, &SettledForms<PackedChoice<Greater, Binary32>>.Bind);
        AddVector(Mnemonic.Maxpd, Mnemonic.Vmaxpd, &SettledForms<PackedChoice<Greater, Binary64>>.Bind);
        AddVector(Mnemonic.Maxss, Mnemonic.Vmaxss, &SettledForms<ScalarChoice<Greater, Binary32>>.Bind);
        AddVector(Mnemonic.Maxsd, Mnemonic.Vmaxsd, &SettledForms<ScalarChoice<Greater, Binary64>>.Bind);

        AddVector(Mnemonic.Addsubps, Mnemonic.Vaddsubps, &VectorForms<AddSubtract<Binary32>>.Bind);
        AddVector(Mnemonic.Addsubpd, Mnemonic.Vaddsubpd, &VectorForms<AddSubtract<Binary64>>.Bind);
        AddVector(Mnemonic.Haddps, Mnemonic.Vhaddps, &VectorForms<Horizontal<AddElements, Binary32>>.Bind);
        AddVector(Mnemonic.Haddpd, Mnemonic.Vhaddpd, &VectorForms<Horizontal<AddElements, Binary64>>.Bind);
        AddVector(Mnemonic.Hsubps, Mnemonic.Vhsubps, &VectorForms<Horizontal<SubtractElements, Binary32>>.Bind);
        AddVector(Mnemonic.Hsubpd, Mnemonic.Vhsubpd, &VectorForms<Horizontal<SubtractElements, Binary64>>.Bind);
        AddVector(Mnemonic.Dpps, Mnemonic.Vdpps, &VectorForms<DotProduct<Binary32>>.Bind);
        AddVector(Mnemonic.Dppd, Mnemonic.Vdppd, &VectorForms<DotProduct<Binary64>>.Bind);

        AddVector(Mnemonic.Rcpps, Mnemonic.Vrcpps, &VectorForms<PackedConversion<ReciprocalElement>>.Bind);
        AddVector(Mnemonic.Rcpss, Mnemonic.Vrcpss, &VectorForms<ScalarConversion<ReciprocalElement>>.Bind);
        AddVector(Mnemonic.Rsqrtps, Mnemonic.Vrsqrtps, &VectorForms<PackedConversion<ReciprocalRootElement>>.Bind);
        AddVector(Mnemonic.Rsqrtss, Mnemonic.Vrsqrtss, &VectorForms<ScalarConversion<ReciprocalRootElement>>.Bind);
    }

    private static void AddFloatComparisons()
    {
        AddVector(Mnemonic.Cmpps, &FloatBinders.BindLegacyComparison<PackedComparison<Binary32>>);
        AddVector(Mnemonic.Vcmpps, &VectorForms<PackedComparison<Binary32>>.Bind);
        AddVector(Mnemonic.Cmppd, &FloatBinders.BindLegacyComparison<PackedComparison<Binary64>>);
        AddVector(Mnemonic.Vcmppd, &VectorForms<PackedComparison<Binary64>>.Bind);
        AddVector(Mnemonic.Cmpss, &FloatBinders.BindLegacyComparison<ScalarComparison<Binary32>>);
        AddVector(Mnemonic.Vcmpss, &VectorForms<ScalarComparison<Binary32>>.Bind);
        AddVector(Mnemonic.Cmpsd, &FloatBinders.BindLegacyComparison<ScalarComparison<Binary64>>);
        AddVector(Mnemonic.Vcmpsd, &VectorForms<ScalarComparison<Binary64>>.Bind);
        AddVector(Mnemonic.Comiss, Mnemonic.Vcomiss, &VectorToFlags<OrderedComparison<Binary32, Strict>>.Bind);
        AddVector(Mnemonic.Comisd, Mnemonic.Vcomisd, &VectorToFlags<OrderedComparison<Binary64, Strict>>.Bind);
        AddVector(Mnemonic.Ucomiss, Mnemonic.Vucomiss, &VectorToFlags<OrderedComparison<Binary32, Lenient>>.Bind);
        AddVector(Mnemonic.Ucomisd, Mnemonic.Vucomisd, &VectorToFlags<OrderedComparison<Binary64, Lenient>>.Bind);
        AddVector(Mnemonic.Vtestps, &VectorToFlags<TestSigns<Binary32>>.Bind);
        AddVector(Mnemonic.Vtestpd, &VectorToFlags<TestSigns<Binary64>>.Bind);
    }

    private static void AddFloatMoves()
    {
        AddVector(Mnemonic.Blendps, Mnemonic.Vblendps, &VectorForms<BlendSingles>.Bind);
        AddVector(Mnemonic.Blendpd, Mnemonic.Vblendpd, &VectorForms<BlendDoubles>.Bind);
        AddVector(Mnemonic.Shufps, Mnemonic.Vshufps, &VectorForms<ShuffleSingles>.Bind);
        AddVector(Mnemonic.Shufpd, Mnemonic.Vshufpd, &VectorForms<ShuffleDoubles>.Bind);
        AddVector(Mnemonic.Unpcklps, Mnemonic.Vunpcklps, &VectorForms<Packed<UnpackLowSingles>>.Bind);
        AddVector(Mnemonic.Unpckhps, Mnemonic.Vunpckhps, &VectorForms<Packed<UnpackHighSingles>>.Bind);
        AddVector(Mnemonic.Unpcklpd, Mnemonic.Vunpcklpd, &VectorForms<Packed<UnpackLowDoubles>>.Bind);
        AddVector(Mnemonic.Unpckhpd, Mnemonic.Vunpckhpd, &VectorForms<Packed<UnpackHighDoubles>>.Bind);
        AddVector(Mnemonic.Blendvps, &VectorForms<BlendBySign<Binary32, ImpliedMask>>.Bind);
        AddVector(Mnemonic.Vblendvps, &VectorForms<BlendBySign<Binary32, FourthMask>>.Bind);
        AddVector(Mnemonic.Blendvpd, &VectorForms<BlendBySign<Binary64, ImpliedMask>>.Bind);
        AddVector(Mnemonic.Vblendvpd, &VectorForms<BlendBySign<Binary64, FourthMask>>.Bind);
        AddVector(Mnemonic.Insertps, Mnemonic.Vinsertps, &FloatBinders.BindInsert);
        AddVector(Mnemonic.Extractps, Mnemonic.Vextractps, &VectorToGeneral<ExtractSingle>.Bind);
        AddVectorForm(Code.VEX_Vpermilps_xmm_xmm_xmmm128, &VectorForms<Packed<PermuteSingles>>.Bind);
        AddVectorForm(Code.VEX_Vpermilps_ymm_ymm_ymmm256, &VectorForms<Packed<PermuteSingles>>.Bind);
        AddVectorForm(Code.VEX_Vpermilpd_xmm_xmm_xmmm128, &VectorForms<Packed<PermuteDoubles>>.Bind);
        AddVectorForm(Code.VEX_Vpermilpd_ymm_ymm_ymmm256, &VectorForms<Packed<PermuteDoubles>>.Bind);
        AddVectorForm(Code.VEX_Vpermilps_xmm_xmmm128_imm8, &VectorForms<PackedImmediate<PermuteSinglesImmediate>>.Bind);
        AddVectorForm(Code.VEX_Vpermilps_ymm_ymmm256_imm8, &VectorForms<PackedImmediate<PermuteSinglesImmediate>>.Bind);
        AddVectorForm(Code.VEX_Vpermilpd_xmm_xmmm128_imm8, &VectorForms<PermuteDoublesImmediate>.Bind);
        AddVectorForm(Code.VEX_Vpermilpd_ymm_ymmm256_imm8, &VectorForms<PermuteDoublesImmediate>.Bind);
    }
}
