using Iced.Intel;

namespace ReplayVmm.Processor;

internal static unsafe partial class InstructionTable
{
    private static void AddArithmetic()
    {
        Add(Mnemonic.Add, &Binary<AddOperation>.Bind, lockable: true);
        Add(Mnemonic.Cmp, &Binary<CompareOperation>.Bind);
    }
}
