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
    }
}
