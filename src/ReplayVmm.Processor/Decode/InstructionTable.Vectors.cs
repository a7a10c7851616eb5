using Iced.Intel;

namespace ReplayVmm.Processor;

/// <content>
/// Rows of instructions on XMM and YMM registers. The feature of each encoding is the one that the manual gives it: SSE2 for PXOR, AVX for VPXOR on XMM, AVX2 for VPXOR on
/// YMM. What is not in <see cref="FeatureOf"/> does not become a row.
/// </content>
internal static unsafe partial class InstructionTable
{
    private static readonly List<Code>[] EncodingsOf = GroupEncodings();

    /// <summary>Each family of vector instructions adds its rows in a part of its own.</summary>
    private static void AddVectors()
    {
        AddVectorMoves();
        AddVectorFloat();
        AddVectorIntegers();
        AddVectorElements();
        AddVectorStrings();
        AddCryptography();
        AddMmxExtensions();
    }

    /// <summary>All encodings of <paramref name="legacy"/> and of its VEX form on XMM and YMM registers; those on MMX registers have rows of their own.</summary>
    private static void AddVector(Mnemonic legacy, Mnemonic vex, delegate*<ref BindContext, bool> bind)
    {
        AddVector(legacy, bind);
        AddVector(vex, bind);
    }

    /// <summary>The same where there is only one of them.</summary>
    private static void AddVector(Mnemonic mnemonic, delegate*<ref BindContext, bool> bind)
    {
        foreach (Code code in EncodingsOf[(int)mnemonic])
        {
            if (!code.ToString().Contains("_mm", StringComparison.Ordinal))
                AddVectorForm(code, bind);
        }
    }

    /// <summary>One encoding.</summary>
    private static void AddVectorForm(Code code, delegate*<ref BindContext, bool> bind, bool endsBlock = false)
    {
        (CpuFeature first, CpuFeature second) = FeaturesOf(code);
        if (first != CpuFeature.Base)
            Forms[(int)code] = new Row(bind, first, endsBlock, lockable: false, second);
    }

    private static List<Code>[] GroupEncodings()
    {
        var groups = new List<Code>[Rows.Length];
        for (int n = 0; n < groups.Length; n++)
            groups[n] = [];
        foreach (Code code in Enum.GetValues<Code>())
        {
            if (code.Encoding() is EncodingKind.Legacy or EncodingKind.VEX)
                groups[(int)code.Mnemonic()].Add(code);
        }
        return groups;
    }

    private static (CpuFeature First, CpuFeature Second) FeaturesOf(Code code)
    {
        ReadOnlySpan<CpuidFeature> features = code.CpuidFeatures();
        CpuFeature first = CpuFeature.Base, second = CpuFeature.Base;
        foreach (CpuidFeature feature in features)
        {
            CpuFeature one = FeatureOf(feature);
            // All of them must be ours: VPCLMULQDQ on YMM needs one that is not.
            if (one == CpuFeature.Base)
                return default;
            (first, second) = first == CpuFeature.Base ? (one, second) : (first, one);
        }
        return (first, second);
    }

    private static CpuFeature FeatureOf(CpuidFeature feature) => feature switch
    {
        CpuidFeature.SSE => CpuFeature.Sse,
        CpuidFeature.SSE2 => CpuFeature.Sse2,
        CpuidFeature.SSE3 => CpuFeature.Sse3,
        CpuidFeature.SSSE3 => CpuFeature.Ssse3,
        CpuidFeature.SSE4_1 => CpuFeature.Sse41,
        CpuidFeature.SSE4_2 => CpuFeature.Sse42,
        CpuidFeature.AES => CpuFeature.Aes,
        CpuidFeature.PCLMULQDQ => CpuFeature.Pclmulqdq,
        CpuidFeature.SHA => CpuFeature.Sha,
        CpuidFeature.AVX => CpuFeature.Avx,
        CpuidFeature.AVX2 => CpuFeature.Avx2,
        CpuidFeature.FMA => CpuFeature.Fma,
        CpuidFeature.F16C => CpuFeature.F16c,
        _ => CpuFeature.Base,
    };
}
