using Iced.Intel;

namespace ReplayVmm.Processor;

/// <content>Moves and logic of XMM and YMM registers.</content>
internal static unsafe partial class InstructionTable
{
    private static void AddVectorMoves()
    {
        AddVector(Mnemonic.Movaps, Mnemonic.Vmovaps, &VectorMoves.BindCopy);
        AddVector(Mnemonic.Movapd, Mnemonic.Vmovapd, &VectorMoves.BindCopy);
        AddVector(Mnemonic.Movups, Mnemonic.Vmovups, &VectorMoves.BindCopy);
        AddVector(Mnemonic.Movupd, Mnemonic.Vmovupd, &VectorMoves.BindCopy);
        AddVector(Mnemonic.Movdqa, Mnemonic.Vmovdqa, &VectorMoves.BindCopy);
        AddVector(Mnemonic.Movdqu, Mnemonic.Vmovdqu, &VectorMoves.BindCopy);

        AddVector(Mnemonic.Movntps, Mnemonic.Vmovntps, &VectorMoves.BindCopy);
        AddVector(Mnemonic.Movntpd, Mnemonic.Vmovntpd, &VectorMoves.BindCopy);
        AddVector(Mnemonic.Movntdq, Mnemonic.Vmovntdq, &VectorMoves.BindCopy);
        AddVector(Mnemonic.Movntdqa, Mnemonic.Vmovntdqa, &VectorMoves.BindCopy);
        AddVector(Mnemonic.Lddqu, Mnemonic.Vlddqu, &VectorMoves.BindCopy);
        AddVector(Mnemonic.Movd, Mnemonic.Vmovd, &VectorMoves.BindElement);
        AddVector(Mnemonic.Movq, Mnemonic.Vmovq, &VectorMoves.BindElement);
        AddVector(Mnemonic.Movss, Mnemonic.Vmovss, &VectorMoves.BindSingle);
        AddVector(Mnemonic.Movsd, Mnemonic.Vmovsd, &VectorMoves.BindDouble);
        AddVector(Mnemonic.Movlps, Mnemonic.Vmovlps, &VectorMoves.BindLow);
        AddVector(Mnemonic.Movlpd, Mnemonic.Vmovlpd, &VectorMoves.BindLow);
        AddVector(Mnemonic.Movhps, Mnemonic.Vmovhps, &VectorMoves.BindHigh);
        AddVector(Mnemonic.Movhpd, Mnemonic.Vmovhpd, &VectorMoves.BindHigh);
        AddVector(Mnemonic.Movlhps, Mnemonic.Vmovlhps, &VectorForms<Packed<MergeHigh>>.Bind);
        AddVector(Mnemonic.Movhlps, Mnemonic.Vmovhlps, &VectorForms<Packed<MergeHighToLow>>.Bind);
        AddVector(Mnemonic.Movddup, Mnemonic.Vmovddup, &VectorForms<Packed<DuplicateDouble>>.Bind);
        AddVector(Mnemonic.Movsldup, Mnemonic.Vmovsldup, &VectorForms<Packed<DuplicateEven>>.Bind);
        AddVector(Mnemonic.Movshdup, Mnemonic.Vmovshdup, &VectorForms<Packed<DuplicateOdd>>.Bind);
        AddVector(Mnemonic.Movmskps, Mnemonic.Vmovmskps, &VectorToGeneral<SignsOfSingles>.Bind);
        AddVector(Mnemonic.Movmskpd, Mnemonic.Vmovmskpd, &VectorToGeneral<SignsOfDoubles>.Bind);
        AddVectorForm(Code.Movq2dq_xmm_mm, &VectorControl.BindFromMmx);
        AddVectorForm(Code.Movdq2q_mm_xmm, &VectorControl.BindToMmx);
        AddVector(Mnemonic.Ldmxcsr, Mnemonic.Vldmxcsr, &VectorControl.BindLoad);
        AddVector(Mnemonic.Stmxcsr, Mnemonic.Vstmxcsr, &VectorControl.BindStore);
        AddVector(Mnemonic.Vzeroupper, &VectorControl.BindZeroUpper);
        AddVector(Mnemonic.Vzeroall, &VectorControl.BindZeroAll);
        AddStateSaves();
        AddMasked();
        AddBroadcasts();
        AddLogic();
    }

    private static void AddStateSaves()
    {
        Add(Mnemonic.Xsave, &ExtendedSave.BindSave, CpuFeature.Xsave);
        Add(Mnemonic.Xsave64, &ExtendedSave.BindSave64, CpuFeature.Xsave);
        Add(Mnemonic.Xsaveopt, &ExtendedSave.BindOptimized, CpuFeature.Xsaveopt);
        Add(Mnemonic.Xsaveopt64, &ExtendedSave.BindOptimized64, CpuFeature.Xsaveopt);
        Add(Mnemonic.Xsavec, &ExtendedSave.BindCompact, CpuFeature.Xsavec);
        Add(Mnemonic.Xsavec64, &ExtendedSave.BindCompact64, CpuFeature.Xsavec);
        Add(Mnemonic.Xsaves, &ExtendedSave.BindSupervisor, CpuFeature.Xsaves);
        Add(Mnemonic.Xsaves64, &ExtendedSave.BindSupervisor64, CpuFeature.Xsaves);
        Add(Mnemonic.Xrstor, &ExtendedRestore.BindRestore, CpuFeature.Xsave);
        Add(Mnemonic.Xrstor64, &ExtendedRestore.BindRestore64, CpuFeature.Xsave);
        Add(Mnemonic.Xrstors, &ExtendedRestore.BindSupervisor, CpuFeature.Xsaves);
        Add(Mnemonic.Xrstors64, &ExtendedRestore.BindSupervisor64, CpuFeature.Xsaves);
    }

    private static void AddMasked()
    {
        AddVector(Mnemonic.Maskmovdqu, Mnemonic.Vmaskmovdqu, &MaskedMoves.BindBytes);
        foreach (Code code in EncodingsOf[(int)Mnemonic.Maskmovq])
            AddVectorForm(code, &MaskedMoves.BindMmx);
        AddVector(Mnemonic.Vmaskmovps, &MaskedMoves.Bind32);
        AddVector(Mnemonic.Vpmaskmovd, &MaskedMoves.Bind32);
        AddVector(Mnemonic.Vmaskmovpd, &MaskedMoves.Bind64);
        AddVector(Mnemonic.Vpmaskmovq, &MaskedMoves.Bind64);
        AddVector(Mnemonic.Vgatherdps, Mnemonic.Vpgatherdd, &Gathers.Bind32From32);
        AddVector(Mnemonic.Vgatherdpd, Mnemonic.Vpgatherdq, &Gathers.Bind64From32);
        AddVector(Mnemonic.Vgatherqps, Mnemonic.Vpgatherqd, &Gathers.Bind32From64);
        AddVector(Mnemonic.Vgatherqpd, Mnemonic.Vpgatherqq, &Gathers.Bind64From64);
    }

    private static void AddBroadcasts()
    {
        AddVector(Mnemonic.Vbroadcastss, &VectorForms<Broadcast<uint>>.Bind);
        AddVector(Mnemonic.Vbroadcastsd, &VectorForms<Broadcast<ulong>>.Bind);
        AddVector(Mnemonic.Vpbroadcastb, &VectorForms<Broadcast<byte>>.Bind);
        AddVector(Mnemonic.Vpbroadcastw, &VectorForms<Broadcast<ushort>>.Bind);
        AddVector(Mnemonic.Vpbroadcastd, &VectorForms<Broadcast<uint>>.Bind);
        AddVector(Mnemonic.Vpbroadcastq, &VectorForms<Broadcast<ulong>>.Bind);
        AddVector(Mnemonic.Vbroadcastf128, Mnemonic.Vbroadcasti128, &VectorForms<BroadcastLane>.Bind);
        AddVector(Mnemonic.Vextractf128, Mnemonic.Vextracti128, &VectorStores<ExtractLane>.Bind);
        AddVector(Mnemonic.Vinsertf128, Mnemonic.Vinserti128, &VectorForms<InsertLane>.Bind);
        AddVector(Mnemonic.Vperm2f128, Mnemonic.Vperm2i128, &VectorForms<PermuteLanes>.Bind);
    }

    private static void AddLogic()
    {
        AddVector(Mnemonic.Pand, Mnemonic.Vpand, &VectorForms<Packed<VectorAnd>>.Bind);
        AddVector(Mnemonic.Andps, Mnemonic.Vandps, &VectorForms<Packed<VectorAnd>>.Bind);
        AddVector(Mnemonic.Andpd, Mnemonic.Vandpd, &VectorForms<Packed<VectorAnd>>.Bind);
        AddVector(Mnemonic.Pandn, Mnemonic.Vpandn, &VectorForms<Packed<VectorAndNot>>.Bind);
        AddVector(Mnemonic.Andnps, Mnemonic.Vandnps, &VectorForms<Packed<VectorAndNot>>.Bind);
        AddVector(Mnemonic.Andnpd, Mnemonic.Vandnpd, &VectorForms<Packed<VectorAndNot>>.Bind);
        AddVector(Mnemonic.Por, Mnemonic.Vpor, &VectorForms<Packed<VectorOr>>.Bind);
        AddVector(Mnemonic.Orps, Mnemonic.Vorps, &VectorForms<Packed<VectorOr>>.Bind);
        AddVector(Mnemonic.Orpd, Mnemonic.Vorpd, &VectorForms<Packed<VectorOr>>.Bind);
        AddVector(Mnemonic.Pxor, Mnemonic.Vpxor, &VectorForms<Packed<VectorXor>>.Bind);
        AddVector(Mnemonic.Xorps, Mnemonic.Vxorps, &VectorForms<Packed<VectorXor>>.Bind);
        AddVector(Mnemonic.Xorpd, Mnemonic.Vxorpd, &VectorForms<Packed<VectorXor>>.Bind);
        AddVector(Mnemonic.Ptest, Mnemonic.Vptest, &VectorToFlags<VectorTest>.Bind);
    }
}
