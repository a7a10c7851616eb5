using Iced.Intel;

namespace ReplayVmm.Processor;

internal static unsafe partial class InstructionTable
{
    private static void AddBits()
    {
        Add(Mnemonic.Bt, &BitTest<TestBit>.Bind);
        Add(Mnemonic.Bts, &BitTest<SetBit>.Bind, lockable: true);
        Add(Mnemonic.Btr, &BitTest<ResetBit>.Bind, lockable: true);
        Add(Mnemonic.Btc, &BitTest<ComplementBit>.Bind, lockable: true);

        Add(Mnemonic.Bsf, &FromSource<BitScanForwardOperation>.Bind);
        Add(Mnemonic.Bsr, &FromSource<BitScanReverseOperation>.Bind);
        Add(Mnemonic.Tzcnt, &FromSource<TrailingZeroCountOperation>.Bind, CpuFeature.Bmi1);
        Add(Mnemonic.Lzcnt, &FromSource<LeadingZeroCountOperation>.Bind, CpuFeature.Lzcnt);
        Add(Mnemonic.Popcnt, &FromSource<PopulationCountOperation>.Bind, CpuFeature.Popcnt);
        Add(Mnemonic.Crc32, &FromSource<ChecksumOperation>.Bind, CpuFeature.Sse42);

        Add(Mnemonic.Andn, &FromSource<AndNotOperation>.Bind, CpuFeature.Bmi1);
        Add(Mnemonic.Bextr, &FromSource<BitFieldExtractOperation>.Bind, CpuFeature.Bmi1);
        Add(Mnemonic.Blsi, &FromSource<LowestSetBitOperation>.Bind, CpuFeature.Bmi1);
        Add(Mnemonic.Blsmsk, &FromSource<MaskToLowestSetBitOperation>.Bind, CpuFeature.Bmi1);
        Add(Mnemonic.Blsr, &FromSource<ResetLowestSetBitOperation>.Bind, CpuFeature.Bmi1);
        Add(Mnemonic.Bzhi, &FromSource<ZeroHighBitsOperation>.Bind, CpuFeature.Bmi2);
        Add(Mnemonic.Mulx, &FromSource<MultiplyWithoutFlagsOperation>.Bind, CpuFeature.Bmi2);
        Add(Mnemonic.Pdep, &FromSource<DepositBitsOperation>.Bind, CpuFeature.Bmi2);
        Add(Mnemonic.Pext, &FromSource<ExtractBitsOperation>.Bind, CpuFeature.Bmi2);
    }
}
