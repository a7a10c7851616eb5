using Iced.Intel;

namespace ReplayVmm.Processor;

internal static unsafe partial class InstructionTable
{
    private static void AddArithmetic()
    {
        Add(Mnemonic.Add, &Binary<AddOperation>.Bind, lockable: true);
        Add(Mnemonic.Or, &Binary<OrOperation>.Bind, lockable: true);
        Add(Mnemonic.Adc, &Binary<AddWithCarryOperation>.Bind, lockable: true);
        Add(Mnemonic.Sbb, &Binary<SubtractWithBorrowOperation>.Bind, lockable: true);
        Add(Mnemonic.And, &Binary<AndOperation>.Bind, lockable: true);
        Add(Mnemonic.Sub, &Binary<SubtractOperation>.Bind, lockable: true);
        Add(Mnemonic.Xor, &Binary<XorOperation>.Bind, lockable: true);
        Add(Mnemonic.Cmp, &Binary<CompareOperation>.Bind);
        Add(Mnemonic.Test, &Binary<TestOperation>.Bind);

        Add(Mnemonic.Inc, &Modify<IncrementOperation>.Bind, lockable: true);
        Add(Mnemonic.Dec, &Modify<DecrementOperation>.Bind, lockable: true);
        Add(Mnemonic.Neg, &Modify<NegateOperation>.Bind, lockable: true);
        Add(Mnemonic.Not, &Modify<NotOperation>.Bind, lockable: true);

        Add(Mnemonic.Mul, &FromSource<MultiplyOperation>.Bind);
        Add(Mnemonic.Imul, &Product.BindSigned);
        Add(Mnemonic.Div, &FromSource<DivideOperation>.Bind);
        Add(Mnemonic.Idiv, &FromSource<SignedDivideOperation>.Bind);

        Add(Mnemonic.Xadd, &Exchange<ExchangeAddOperation>.Bind, lockable: true);
        Add(Mnemonic.Cmpxchg, &Exchange<CompareExchangeOperation>.Bind, lockable: true);
        Add(Mnemonic.Cmpxchg8b, &CompareExchangeWide.Bind8, CpuFeature.Cx8, lockable: true);
        Add(Mnemonic.Cmpxchg16b, &CompareExchangeWide.Bind16, CpuFeature.Cx16, lockable: true);

        Add(Mnemonic.Adcx, &FromSource<AddThroughCarryOperation>.Bind, CpuFeature.Adx);
        Add(Mnemonic.Adox, &FromSource<AddThroughOverflowOperation>.Bind, CpuFeature.Adx);

        Add(Mnemonic.Daa, &Decimal.BindDaa);
        Add(Mnemonic.Das, &Decimal.BindDas);
        Add(Mnemonic.Aaa, &Decimal.BindAaa);
        Add(Mnemonic.Aas, &Decimal.BindAas);
        Add(Mnemonic.Aam, &Decimal.BindAam);
        Add(Mnemonic.Aad, &Decimal.BindAad);
    }
}
