namespace ReplayVmm.Processor;

public sealed partial class CpuModel
{
    private static readonly CpuFeature[] IntegerV1Features =
    [
        CpuFeature.Fpu, CpuFeature.Cx8, CpuFeature.Cmov, CpuFeature.Sep, CpuFeature.Msr, CpuFeature.Tsc, CpuFeature.Pse, CpuFeature.Pae,
        CpuFeature.Pge, CpuFeature.Apic, CpuFeature.Clflush, CpuFeature.Vme, CpuFeature.De, CpuFeature.Pat, CpuFeature.Syscall,
        CpuFeature.Nx, CpuFeature.LongMode,
    ];

    private static readonly CpuFeature[] IntegerFeatures =
    [
        .. IntegerV1Features, CpuFeature.Cx16, CpuFeature.LahfSahf64, CpuFeature.Popcnt, CpuFeature.Movbe, CpuFeature.Lzcnt,
        CpuFeature.Bmi1, CpuFeature.Bmi2, CpuFeature.Adx, CpuFeature.Rdrand, CpuFeature.Rdseed, CpuFeature.Smep, CpuFeature.Smap,
        CpuFeature.Pcid, CpuFeature.Invpcid, CpuFeature.Fsgsbase, CpuFeature.Umip, CpuFeature.Pdpe1Gb, CpuFeature.Rdtscp,
        CpuFeature.X2Apic, CpuFeature.TscDeadline, CpuFeature.Erms,
    ];

    /// <summary>The integer part of x86-64-v1 and x87: no MMX, SSE.</summary>
    public static CpuModel IntegerV1 { get; } = new() { Name = "integer-v1", Features = IntegerV1Features };

    /// <summary>
    /// The default: the integer part of x86-64-v2, what kernels like to have beside it, and x87; no MMX, SSE.
    /// </summary>
    public static CpuModel Integer { get; } = new() { Name = "integer", Features = IntegerFeatures };

    /// <summary>
    /// Features whose instructions are not all there yet: no model shows them, and a level that needs one of them is not offered. A line less here turns a feature on.
    /// </summary>
    private static readonly CpuFeature[] Awaited =
    [
        CpuFeature.Sse,
        CpuFeature.Sse2,
        CpuFeature.Sse3,
        CpuFeature.Ssse3,
        CpuFeature.Sse41,
        CpuFeature.Sse42,
        CpuFeature.Avx,
        CpuFeature.Avx2,
        CpuFeature.Fma,
        CpuFeature.F16c,
        CpuFeature.Aes,
        CpuFeature.Pclmulqdq,
        CpuFeature.Sha,
    ];

    private static readonly CpuFeature[] V1Features = [.. IntegerV1Features, CpuFeature.Mmx, CpuFeature.Fxsr, CpuFeature.Sse, CpuFeature.Sse2];

    private static readonly CpuFeature[] V2Features =
    [
        .. V1Features, CpuFeature.Cx16, CpuFeature.LahfSahf64, CpuFeature.Popcnt, CpuFeature.Sse3, CpuFeature.Ssse3, CpuFeature.Sse41, CpuFeature.Sse42, CpuFeature.Rdtscp,
        CpuFeature.X2Apic, CpuFeature.TscDeadline, CpuFeature.Pcid,
    ];

    // XSAVES stays hidden: a system that sees it writes IA32_XSS, which the hypervisor has no row for yet.
    private static readonly CpuFeature[] V3Features =
    [
        .. V2Features, .. IntegerFeatures, CpuFeature.Xsave, CpuFeature.Xsaveopt, CpuFeature.Xsavec, CpuFeature.Xgetbv1, CpuFeature.Avx, CpuFeature.Avx2,
        CpuFeature.Fma, CpuFeature.F16c,
    ];

    private static readonly CpuFeature[] MaxFeatures =
        [.. V3Features, CpuFeature.Aes, CpuFeature.Pclmulqdq, CpuFeature.Sha, CpuFeature.Rdpid, CpuFeature.Prefetchw, CpuFeature.Clflushopt, CpuFeature.Clwb];

    /// <summary>x86-64-v1: what every processor with 64-bit mode has, SSE2 included.</summary>
    public static CpuModel V1 { get; } = Named("x86-64-v1", V1Features);

    /// <summary>x86-64-v2: SSE4.2, POPCNT, CMPXCHG16B.</summary>
    public static CpuModel V2 { get; } = Named("x86-64-v2", V2Features);

    /// <summary>x86-64-v3: AVX2, FMA, F16C, BMI, MOVBE, XSAVE, and what kernels like to have beside it.</summary>
    public static CpuModel V3 { get; } = Named("x86-64-v3", V3Features);

    /// <summary>Everything that this processor implements.</summary>
    public static CpuModel Max { get; } = Named("max", MaxFeatures);

    /// <summary>The default model.</summary>
    public static CpuModel Default => Integer;

    /// <summary>All models by name, the default first.</summary>
    public static IReadOnlyList<CpuModel> All { get; } = [Default, .. ((CpuModel[])[Integer, IntegerV1, .. CompleteLevels(), Max]).Where(model => model != Default)];

    /// <summary>The model of that name, or null.</summary>
    public static CpuModel? Find(string name) => All.FirstOrDefault(model => string.Equals(model.Name, name, StringComparison.Ordinal));

    private static CpuModel Named(string name, CpuFeature[] features)
    {
        IEnumerable<CpuFeature> shown = features.Except(Awaited);
        // Programs that find MMX, FXSR or XSAVE expect SSE with them.
        if (Awaited.Contains(CpuFeature.Sse))
        {
            shown = shown.Except(
                [CpuFeature.Mmx, CpuFeature.Fxsr, CpuFeature.Xsave, CpuFeature.Xsaveopt, CpuFeature.Xsavec, CpuFeature.Xgetbv1, CpuFeature.Xsaves]);
        }
        return new CpuModel { Name = name, Features = shown };
    }

    private static IEnumerable<CpuModel> CompleteLevels()
    {
        foreach ((CpuModel level, CpuFeature[] features) in ((CpuModel, CpuFeature[])[])[(V1, V1Features), (V2, V2Features), (V3, V3Features)])
        {
            if (!features.Intersect(Awaited).Any())
                yield return level;
        }
    }
}
