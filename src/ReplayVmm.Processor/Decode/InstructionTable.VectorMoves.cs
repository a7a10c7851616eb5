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
