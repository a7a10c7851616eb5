using Iced.Intel;

namespace ReplayVmm.Processor;

/// <content>What moves integer elements about in XMM and YMM registers, and the forms on MMX registers that SSSE3 added.</content>
internal static unsafe partial class InstructionTable
{
    private static void AddVectorElements()
    {
        AddPacked<ShuffleBytes>(Mnemonic.Pshufb, Mnemonic.Vpshufb);
        AddPackedImmediate<ShuffleDoublewords>(Mnemonic.Pshufd, Mnemonic.Vpshufd);
        AddPackedImmediate<ShuffleLowWords>(Mnemonic.Pshuflw, Mnemonic.Vpshuflw);
        AddPackedImmediate<ShuffleHighWords>(Mnemonic.Pshufhw, Mnemonic.Vpshufhw);
        AddPackedImmediate<ShiftBytesLeft>(Mnemonic.Pslldq, Mnemonic.Vpslldq);
        AddPackedImmediate<ShiftBytesRight>(Mnemonic.Psrldq, Mnemonic.Vpsrldq);
        AddPackedImmediate<AlignRight>(Mnemonic.Palignr, Mnemonic.Vpalignr);

        AddPacked<UnpackLowBytes>(Mnemonic.Punpcklbw, Mnemonic.Vpunpcklbw);
        AddPacked<UnpackLowWords>(Mnemonic.Punpcklwd, Mnemonic.Vpunpcklwd);
        AddPacked<UnpackLowDoublewords>(Mnemonic.Punpckldq, Mnemonic.Vpunpckldq);
        AddPacked<UnpackLowQuadwords>(Mnemonic.Punpcklqdq, Mnemonic.Vpunpcklqdq);
        AddPacked<UnpackHigh<UnpackLowBytes>>(Mnemonic.Punpckhbw, Mnemonic.Vpunpckhbw);
        AddPacked<UnpackHigh<UnpackLowWords>>(Mnemonic.Punpckhwd, Mnemonic.Vpunpckhwd);
        AddPacked<UnpackHigh<UnpackLowDoublewords>>(Mnemonic.Punpckhdq, Mnemonic.Vpunpckhdq);
        AddPacked<UnpackHigh<UnpackLowQuadwords>>(Mnemonic.Punpckhqdq, Mnemonic.Vpunpckhqdq);
        AddPacked<PackWordsSigned>(Mnemonic.Packsswb, Mnemonic.Vpacksswb);
        AddPacked<PackDoublewordsSigned>(Mnemonic.Packssdw, Mnemonic.Vpackssdw);
        AddPacked<PackWordsUnsigned>(Mnemonic.Packuswb, Mnemonic.Vpackuswb);
        AddPacked<PackDoublewordsUnsigned>(Mnemonic.Packusdw, Mnemonic.Vpackusdw);

        AddPackedImmediate<BlendWords>(Mnemonic.Pblendw, Mnemonic.Vpblendw);
        AddVector(Mnemonic.Vpblendd, &VectorForms<BlendDoublewords>.Bind);
        AddVector(Mnemonic.Pblendvb, &VectorForms<BlendBytesByXmm0>.Bind);
        AddVector(Mnemonic.Vpblendvb, &VectorForms<BlendBytesByFourth>.Bind);

        AddVector(Mnemonic.Pmovsxbw, Mnemonic.Vpmovsxbw, &VectorForms<Extended<SignedBytes>>.Bind);
        AddVector(Mnemonic.Pmovsxwd, Mnemonic.Vpmovsxwd, &VectorForms<Extended<SignedWords>>.Bind);
        AddVector(Mnemonic.Pmovsxdq, Mnemonic.Vpmovsxdq, &VectorForms<Extended<SignedDoublewords>>.Bind);
        AddVector(Mnemonic.Pmovsxbd, Mnemonic.Vpmovsxbd, &VectorForms<Extended<Then<SignedBytes, SignedWords>>>.Bind);
        AddVector(Mnemonic.Pmovsxwq, Mnemonic.Vpmovsxwq, &VectorForms<Extended<Then<SignedWords, SignedDoublewords>>>.Bind);
        AddVector(Mnemonic.Pmovsxbq, Mnemonic.Vpmovsxbq, &VectorForms<Extended<Then<SignedBytes, Then<SignedWords, SignedDoublewords>>>>.Bind);
        AddVector(Mnemonic.Pmovzxbw, Mnemonic.Vpmovzxbw, &VectorForms<Extended<UnsignedBytes>>.Bind);
        AddVector(Mnemonic.Pmovzxwd, Mnemonic.Vpmovzxwd, &VectorForms<Extended<UnsignedWords>>.Bind);
        AddVector(Mnemonic.Pmovzxdq, Mnemonic.Vpmovzxdq, &VectorForms<Extended<UnsignedDoublewords>>.Bind);
        AddVector(Mnemonic.Pmovzxbd, Mnemonic.Vpmovzxbd, &VectorForms<Extended<Then<UnsignedBytes, UnsignedWords>>>.Bind);
        AddVector(Mnemonic.Pmovzxwq, Mnemonic.Vpmovzxwq, &VectorForms<Extended<Then<UnsignedWords, UnsignedDoublewords>>>.Bind);
        AddVector(Mnemonic.Pmovzxbq, Mnemonic.Vpmovzxbq, &VectorForms<Extended<Then<UnsignedBytes, Then<UnsignedWords, UnsignedDoublewords>>>>.Bind);

        AddVector(Mnemonic.Pmovmskb, Mnemonic.Vpmovmskb, &VectorToGeneral<SignsOfBytes>.Bind);
        AddVector(Mnemonic.Pextrb, Mnemonic.Vpextrb, &VectorToGeneral<ExtractElement<byte>>.Bind);
        AddVector(Mnemonic.Pextrw, Mnemonic.Vpextrw, &VectorToGeneral<ExtractElement<ushort>>.Bind);
        AddVector(Mnemonic.Pextrd, Mnemonic.Vpextrd, &VectorToGeneral<ExtractElement<uint>>.Bind);
        AddVector(Mnemonic.Pextrq, Mnemonic.Vpextrq, &VectorToGeneral<ExtractElement<ulong>>.Bind);
        AddVector(Mnemonic.Pinsrb, Mnemonic.Vpinsrb, &VectorFromGeneral<InsertElement<byte>>.Bind);
        AddVector(Mnemonic.Pinsrw, Mnemonic.Vpinsrw, &VectorFromGeneral<InsertElement<ushort>>.Bind);
        AddVector(Mnemonic.Pinsrd, Mnemonic.Vpinsrd, &VectorFromGeneral<InsertElement<uint>>.Bind);
        AddVector(Mnemonic.Pinsrq, Mnemonic.Vpinsrq, &VectorFromGeneral<InsertElement<ulong>>.Bind);

        AddVector(Mnemonic.Vpermd, &VectorForms<AcrossLanes<PermuteDoublewords>>.Bind);
        AddVector(Mnemonic.Vpermps, &VectorForms<AcrossLanes<PermuteDoublewords>>.Bind);
        AddVector(Mnemonic.Vpermq, &VectorForms<AcrossLanes<PermuteQuadwords>>.Bind);
        AddVector(Mnemonic.Vpermpd, &VectorForms<AcrossLanes<PermuteQuadwords>>.Bind);
    }

    private static void AddMmxExtensions()
    {
        AddMmx(Code.Pabsb_mm_mmm64, &MmxExtensions.Elements<IntegerAbsolute<sbyte>>, CpuFeature.Ssse3);
        AddMmx(Code.Pabsw_mm_mmm64, &MmxExtensions.Elements<IntegerAbsolute<short>>, CpuFeature.Ssse3);
        AddMmx(Code.Pabsd_mm_mmm64, &MmxExtensions.Elements<IntegerAbsolute<int>>, CpuFeature.Ssse3);
        AddMmx(Code.Psignb_mm_mmm64, &MmxExtensions.Elements<IntegerSign<sbyte>>, CpuFeature.Ssse3);
        AddMmx(Code.Psignw_mm_mmm64, &MmxExtensions.Elements<IntegerSign<short>>, CpuFeature.Ssse3);
        AddMmx(Code.Psignd_mm_mmm64, &MmxExtensions.Elements<IntegerSign<int>>, CpuFeature.Ssse3);
        AddMmx(Code.Pmulhrsw_mm_mmm64, &MmxExtensions.Elements<MultiplyHighRounded>, CpuFeature.Ssse3);
        AddMmx(Code.Pmaddubsw_mm_mmm64, &MmxExtensions.Elements<MultiplyAddBytes>, CpuFeature.Ssse3);
        AddMmx(Code.Phaddw_mm_mmm64, &MmxExtensions.Neighbours<HorizontalWords<IntegerAdd<ushort>>>, CpuFeature.Ssse3);
        AddMmx(Code.Phaddd_mm_mmm64, &MmxExtensions.Neighbours<HorizontalDoublewords<IntegerAdd<uint>>>, CpuFeature.Ssse3);
        AddMmx(Code.Phaddsw_mm_mmm64, &MmxExtensions.Neighbours<HorizontalWords<IntegerAddSaturate<short>>>, CpuFeature.Ssse3);
        AddMmx(Code.Phsubw_mm_mmm64, &MmxExtensions.Neighbours<HorizontalWords<IntegerSubtract<ushort>>>, CpuFeature.Ssse3);
        AddMmx(Code.Phsubd_mm_mmm64, &MmxExtensions.Neighbours<HorizontalDoublewords<IntegerSubtract<uint>>>, CpuFeature.Ssse3);
        AddMmx(Code.Phsubsw_mm_mmm64, &MmxExtensions.Neighbours<HorizontalWords<IntegerSubtractSaturate<short>>>, CpuFeature.Ssse3);
        AddMmx(Code.Pshufb_mm_mmm64, &MmxExtensions.ShuffleBytes, CpuFeature.Ssse3);
        AddForm(Code.Palignr_mm_mmm64_imm8, &Mmx.BindAlign, CpuFeature.Ssse3);
    }
}
