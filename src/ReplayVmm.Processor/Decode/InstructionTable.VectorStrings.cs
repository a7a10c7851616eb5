using Iced.Intel;

namespace ReplayVmm.Processor;

/// <content>String comparisons, and what encrypts and hashes.</content>
internal static unsafe partial class InstructionTable
{
    private static void AddVectorStrings()
    {
        AddVector(Mnemonic.Pcmpistri, &VectorToFlags<CompareStrings<ImplicitLengths, StringIndex>>.Bind);
        AddVector(Mnemonic.Pcmpestri, &VectorToFlags<CompareStrings<ExplicitLengths<uint>, StringIndex>>.Bind);
        AddVector(Mnemonic.Pcmpestri64, &VectorToFlags<CompareStrings<ExplicitLengths<ulong>, StringIndex>>.Bind);
        AddVector(Mnemonic.Vpcmpistri, &VectorToFlags<CompareStrings<ImplicitLengths, StringIndex>>.Bind);
        AddVector(Mnemonic.Vpcmpestri, &VectorToFlags<CompareStrings<ExplicitLengths<uint>, StringIndex>>.Bind);
        AddVector(Mnemonic.Vpcmpestri64, &VectorToFlags<CompareStrings<ExplicitLengths<ulong>, StringIndex>>.Bind);
        AddVector(Mnemonic.Pcmpistrm, &VectorToFlags<CompareStrings<ImplicitLengths, StringMask<LegacySse>>>.Bind);
        AddVector(Mnemonic.Pcmpestrm, &VectorToFlags<CompareStrings<ExplicitLengths<uint>, StringMask<LegacySse>>>.Bind);
        AddVector(Mnemonic.Pcmpestrm64, &VectorToFlags<CompareStrings<ExplicitLengths<ulong>, StringMask<LegacySse>>>.Bind);
        AddVector(Mnemonic.Vpcmpistrm, &VectorToFlags<CompareStrings<ImplicitLengths, StringMask<Vex128>>>.Bind);
        AddVector(Mnemonic.Vpcmpestrm, &VectorToFlags<CompareStrings<ExplicitLengths<uint>, StringMask<Vex128>>>.Bind);
        AddVector(Mnemonic.Vpcmpestrm64, &VectorToFlags<CompareStrings<ExplicitLengths<ulong>, StringMask<Vex128>>>.Bind);
    }

    private static void AddCryptography()
    {
        AddPacked<AesEncrypt>(Mnemonic.Aesenc, Mnemonic.Vaesenc);
        AddPacked<AesEncryptLast>(Mnemonic.Aesenclast, Mnemonic.Vaesenclast);
        AddPacked<AesDecrypt>(Mnemonic.Aesdec, Mnemonic.Vaesdec);
        AddPacked<AesDecryptLast>(Mnemonic.Aesdeclast, Mnemonic.Vaesdeclast);
        AddPacked<AesInverseMixColumns>(Mnemonic.Aesimc, Mnemonic.Vaesimc);
        AddPackedImmediate<AesKeyAssist>(Mnemonic.Aeskeygenassist, Mnemonic.Vaeskeygenassist);
        AddPackedImmediate<MultiplyWithoutCarries>(Mnemonic.Pclmulqdq, Mnemonic.Vpclmulqdq);

        AddVector(Mnemonic.Sha1rnds4, &VectorForms<PackedImmediate<Sha1Rounds>>.Bind);
        AddVector(Mnemonic.Sha1nexte, &VectorForms<Packed<Sha1NextE>>.Bind);
        AddVector(Mnemonic.Sha1msg1, &VectorForms<Packed<Sha1Message1>>.Bind);
        AddVector(Mnemonic.Sha1msg2, &VectorForms<Packed<Sha1Message2>>.Bind);
        AddVector(Mnemonic.Sha256rnds2, &VectorForms<Sha256Rounds>.Bind);
        AddVector(Mnemonic.Sha256msg1, &VectorForms<Packed<Sha256Message1>>.Bind);
        AddVector(Mnemonic.Sha256msg2, &VectorForms<Packed<Sha256Message2>>.Bind);
    }
}
