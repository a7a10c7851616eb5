using Iced.Intel;

namespace ReplayVmm.Processor;

/// <content>The MMX instructions, and those that SSE and SSE2 added for MMX registers (but MASKMOVQ). Rows by encoding: the mnemonics are those of SSE2 too.</content>
internal static unsafe partial class InstructionTable
{
    private static void AddMmx()
    {
        AddMmx(Code.Paddb_mm_mmm64, &MmxOperations.AddBytes);
        AddMmx(Code.Paddw_mm_mmm64, &MmxOperations.AddWords);
        AddMmx(Code.Paddd_mm_mmm64, &MmxOperations.AddDoublewords);
        AddMmx(Code.Paddq_mm_mmm64, &MmxOperations.AddQuadword, CpuFeature.Sse2);
        AddMmx(Code.Paddsb_mm_mmm64, &MmxOperations.AddSignedBytes);
        AddMmx(Code.Paddsw_mm_mmm64, &MmxOperations.AddSignedWords);
        AddMmx(Code.Paddusb_mm_mmm64, &MmxOperations.AddUnsignedBytes);
        AddMmx(Code.Paddusw_mm_mmm64, &MmxOperations.AddUnsignedWords);
        AddMmx(Code.Psubb_mm_mmm64, &MmxOperations.SubtractBytes);
        AddMmx(Code.Psubw_mm_mmm64, &MmxOperations.SubtractWords);
        AddMmx(Code.Psubd_mm_mmm64, &MmxOperations.SubtractDoublewords);
        AddMmx(Code.Psubq_mm_mmm64, &MmxOperations.SubtractQuadword, CpuFeature.Sse2);
        AddMmx(Code.Psubsb_mm_mmm64, &MmxOperations.SubtractSignedBytes);
        AddMmx(Code.Psubsw_mm_mmm64, &MmxOperations.SubtractSignedWords);
        AddMmx(Code.Psubusb_mm_mmm64, &MmxOperations.SubtractUnsignedBytes);
        AddMmx(Code.Psubusw_mm_mmm64, &MmxOperations.SubtractUnsignedWords);
        AddMmx(Code.Pand_mm_mmm64, &MmxOperations.And);
        AddMmx(Code.Pandn_mm_mmm64, &MmxOperations.AndNot);
        AddMmx(Code.Por_mm_mmm64, &MmxOperations.Or);
        AddMmx(Code.Pxor_mm_mmm64, &MmxOperations.Xor);
        AddMmx(Code.Pcmpeqb_mm_mmm64, &MmxOperations.EqualBytes);
        AddMmx(Code.Pcmpeqw_mm_mmm64, &MmxOperations.EqualWords);
        AddMmx(Code.Pcmpeqd_mm_mmm64, &MmxOperations.EqualDoublewords);
        AddMmx(Code.Pcmpgtb_mm_mmm64, &MmxOperations.GreaterBytes);
        AddMmx(Code.Pcmpgtw_mm_mmm64, &MmxOperations.GreaterWords);
        AddMmx(Code.Pcmpgtd_mm_mmm64, &MmxOperations.GreaterDoublewords);
        AddMmx(Code.Pminub_mm_mmm64, &MmxOperations.MinimumUnsignedBytes, CpuFeature.Sse);
        AddMmx(Code.Pmaxub_mm_mmm64, &MmxOperations.MaximumUnsignedBytes, CpuFeature.Sse);
        AddMmx(Code.Pminsw_mm_mmm64, &MmxOperations.MinimumSignedWords, CpuFeature.Sse);
        AddMmx(Code.Pmaxsw_mm_mmm64, &MmxOperations.MaximumSignedWords, CpuFeature.Sse);
        AddMmx(Code.Pavgb_mm_mmm64, &MmxOperations.AverageBytes, CpuFeature.Sse);
        AddMmx(Code.Pavgw_mm_mmm64, &MmxOperations.AverageWords, CpuFeature.Sse);
        AddMmx(Code.Pmullw_mm_mmm64, &MmxOperations.MultiplyLow);
        AddMmx(Code.Pmulhw_mm_mmm64, &MmxOperations.MultiplyHighSigned);
        AddMmx(Code.Pmulhuw_mm_mmm64, &MmxOperations.MultiplyHighUnsigned, CpuFeature.Sse);
        AddMmx(Code.Pmuludq_mm_mmm64, &MmxOperations.MultiplyDoublewords, CpuFeature.Sse2);
        AddMmx(Code.Pmaddwd_mm_mmm64, &MmxOperations.MultiplyAdd);
        AddMmx(Code.Psadbw_mm_mmm64, &MmxOperations.SumOfDifferences, CpuFeature.Sse);
        AddMmx(Code.Packsswb_mm_mmm64, &MmxOperations.PackSignedWords);
        AddMmx(Code.Packssdw_mm_mmm64, &MmxOperations.PackSignedDoublewords);
        AddMmx(Code.Packuswb_mm_mmm64, &MmxOperations.PackUnsignedWords);
        AddMmx(Code.Punpckhbw_mm_mmm64, &MmxOperations.UnpackHighBytes);
        AddMmx(Code.Punpckhwd_mm_mmm64, &MmxOperations.UnpackHighWords);
        AddMmx(Code.Punpckhdq_mm_mmm64, &MmxOperations.UnpackHighDoublewords);
        AddMmx(Code.Punpcklbw_mm_mmm32, &MmxOperations.UnpackLowBytes);
        AddMmx(Code.Punpcklwd_mm_mmm32, &MmxOperations.UnpackLowWords);
        AddMmx(Code.Punpckldq_mm_mmm32, &MmxOperations.UnpackLowDoublewords);
        AddMmx(Code.Psllw_mm_mmm64, &MmxOperations.ShiftLeftWords);
        AddMmx(Code.Psllw_mm_imm8, &MmxOperations.ShiftLeftWords);
        AddMmx(Code.Pslld_mm_mmm64, &MmxOperations.ShiftLeftDoublewords);
        AddMmx(Code.Pslld_mm_imm8, &MmxOperations.ShiftLeftDoublewords);
        AddMmx(Code.Psllq_mm_mmm64, &MmxOperations.ShiftLeftQuadword);
        AddMmx(Code.Psllq_mm_imm8, &MmxOperations.ShiftLeftQuadword);
        AddMmx(Code.Psrlw_mm_mmm64, &MmxOperations.ShiftRightWords);
        AddMmx(Code.Psrlw_mm_imm8, &MmxOperations.ShiftRightWords);
        AddMmx(Code.Psrld_mm_mmm64, &MmxOperations.ShiftRightDoublewords);
        AddMmx(Code.Psrld_mm_imm8, &MmxOperations.ShiftRightDoublewords);
        AddMmx(Code.Psrlq_mm_mmm64, &MmxOperations.ShiftRightQuadword);
        AddMmx(Code.Psrlq_mm_imm8, &MmxOperations.ShiftRightQuadword);
        AddMmx(Code.Psraw_mm_mmm64, &MmxOperations.ShiftArithmeticWords);
        AddMmx(Code.Psraw_mm_imm8, &MmxOperations.ShiftArithmeticWords);
        AddMmx(Code.Psrad_mm_mmm64, &MmxOperations.ShiftArithmeticDoublewords);
        AddMmx(Code.Psrad_mm_imm8, &MmxOperations.ShiftArithmeticDoublewords);

        AddForm(Code.Movd_mm_rm32, &Mmx.BindLoadGeneral32, CpuFeature.Mmx);
        AddForm(Code.Movq_mm_rm64, &Mmx.BindLoadGeneral64, CpuFeature.Mmx);
        AddForm(Code.Movd_rm32_mm, &Mmx.BindStoreGeneral32, CpuFeature.Mmx);
        AddForm(Code.Movq_rm64_mm, &Mmx.BindStoreGeneral64, CpuFeature.Mmx);
        AddForm(Code.Movq_mm_mmm64, &Mmx.BindLoad, CpuFeature.Mmx);
        AddForm(Code.Movq_mmm64_mm, &Mmx.BindStore, CpuFeature.Mmx);
        AddForm(Code.Movntq_m64_mm, &Mmx.BindStore, CpuFeature.Sse);
        AddForm(Code.Pshufw_mm_mmm64_imm8, &Mmx.BindShuffle, CpuFeature.Sse);
        AddForm(Code.Pinsrw_mm_r32m16_imm8, &Mmx.BindInsert, CpuFeature.Sse);
        AddForm(Code.Pinsrw_mm_r64m16_imm8, &Mmx.BindInsert, CpuFeature.Sse);
        AddForm(Code.Pextrw_r32_mm_imm8, &Mmx.BindExtract, CpuFeature.Sse);
        AddForm(Code.Pextrw_r64_mm_imm8, &Mmx.BindExtract, CpuFeature.Sse);
        AddForm(Code.Pmovmskb_r32_mm, &Mmx.BindSigns, CpuFeature.Sse);
        AddForm(Code.Pmovmskb_r64_mm, &Mmx.BindSigns, CpuFeature.Sse);
        AddForm(Code.Emms, &Mmx.BindEmpty, CpuFeature.Mmx);
    }

    private static void AddMmx(Code code, delegate*<ulong, ulong, ulong> operation, CpuFeature feature = CpuFeature.Mmx)
    {
        Mmx.Define(code, operation);
        AddForm(code, &Mmx.BindOperation, feature);
    }
}
