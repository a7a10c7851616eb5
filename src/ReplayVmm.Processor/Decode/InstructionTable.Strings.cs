using Iced.Intel;

namespace ReplayVmm.Processor;

internal static unsafe partial class InstructionTable
{
    private static void AddStrings()
    {
        Add(Mnemonic.Movsb, &StringInstruction<MoveStringOperation>.BindByte);
        Add(Mnemonic.Movsw, &StringInstruction<MoveStringOperation>.BindWord);
        // SSE2 has instructions of the same name as these two.
        AddForm(Code.Movsd_m32_m32, &StringInstruction<MoveStringOperation>.BindDoubleword);
        Add(Mnemonic.Movsq, &StringInstruction<MoveStringOperation>.BindQuadword);
        Add(Mnemonic.Stosb, &StringInstruction<StoreStringOperation>.BindByte);
        Add(Mnemonic.Stosw, &StringInstruction<StoreStringOperation>.BindWord);
        Add(Mnemonic.Stosd, &StringInstruction<StoreStringOperation>.BindDoubleword);
        Add(Mnemonic.Stosq, &StringInstruction<StoreStringOperation>.BindQuadword);
        Add(Mnemonic.Lodsb, &StringInstruction<LoadStringOperation>.BindByte);
        Add(Mnemonic.Lodsw, &StringInstruction<LoadStringOperation>.BindWord);
        Add(Mnemonic.Lodsd, &StringInstruction<LoadStringOperation>.BindDoubleword);
        Add(Mnemonic.Lodsq, &StringInstruction<LoadStringOperation>.BindQuadword);
        Add(Mnemonic.Scasb, &StringInstruction<ScanStringOperation>.BindByte);
        Add(Mnemonic.Scasw, &StringInstruction<ScanStringOperation>.BindWord);
        Add(Mnemonic.Scasd, &StringInstruction<ScanStringOperation>.BindDoubleword);
        Add(Mnemonic.Scasq, &StringInstruction<ScanStringOperation>.BindQuadword);
        Add(Mnemonic.Cmpsb, &StringInstruction<CompareStringOperation>.BindByte);
        Add(Mnemonic.Cmpsw, &StringInstruction<CompareStringOperation>.BindWord);
        AddForm(Code.Cmpsd_m32_m32, &StringInstruction<CompareStringOperation>.BindDoubleword);
        Add(Mnemonic.Cmpsq, &StringInstruction<CompareStringOperation>.BindQuadword);
    }
}
