using Iced.Intel;

namespace ReplayVmm.Processor;

internal static unsafe partial class InstructionTable
{
    private static void AddDataTransfer()
    {
        Add(Mnemonic.Mov, &Move.Bind);
        Add(Mnemonic.Movzx, &Extend.BindZero);
        Add(Mnemonic.Movsx, &Extend.BindSign);
        Add(Mnemonic.Movsxd, &Extend.BindSign);
        Add(Mnemonic.Lea, &LoadEffectiveAddress.Bind);
        Add(Mnemonic.Xchg, &Exchange<ExchangeOperation>.Bind, lockable: true);
        Add(Mnemonic.Push, &Push.Bind);
        Add(Mnemonic.Pop, &Pop.Bind);
        Add(Mnemonic.Pusha, &PushAll.BindPush);
        Add(Mnemonic.Pushad, &PushAll.BindPush);
        Add(Mnemonic.Popa, &PushAll.BindPop);
        Add(Mnemonic.Popad, &PushAll.BindPop);
        Add(Mnemonic.Enter, &EnterLeave.BindEnter);
        Add(Mnemonic.Leave, &EnterLeave.BindLeave);

        Add(Mnemonic.Movnti, &Move.Bind, CpuFeature.Sse2);
        Add(Mnemonic.Movbe, &ByteOrder.BindMovbe, CpuFeature.Movbe);
        Add(Mnemonic.Bswap, &Modify<ByteSwapOperation>.Bind);
        Add(Mnemonic.Xlatb, &TableLookup.Bind);

        Add(Mnemonic.Cbw, &Convert.BindCbw);
        Add(Mnemonic.Cwde, &Convert.BindCwde);
        Add(Mnemonic.Cdqe, &Convert.BindCdqe);
        Add(Mnemonic.Cwd, &Convert.BindCwd);
        Add(Mnemonic.Cdq, &Convert.BindCdq);
        Add(Mnemonic.Cqo, &Convert.BindCqo);
    }
}
