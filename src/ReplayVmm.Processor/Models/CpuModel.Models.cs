namespace ReplayVmm.Processor;

public sealed partial class CpuModel
{
    private static readonly CpuFeature[] V1Features =
    [
        CpuFeature.Fpu, CpuFeature.Cx8, CpuFeature.Cmov, CpuFeature.Sep, CpuFeature.Msr, CpuFeature.Tsc, CpuFeature.Pse, CpuFeature.Pae,
        CpuFeature.Pge, CpuFeature.Apic, CpuFeature.Clflush, CpuFeature.Vme, CpuFeature.De, CpuFeature.Pat, CpuFeature.Syscall,
        CpuFeature.Nx, CpuFeature.LongMode, CpuFeature.Mmx, CpuFeature.Fxsr, CpuFeature.Sse, CpuFeature.Sse2,
    ];

    private static readonly CpuFeature[] V2Features =
    [
        .. V1Features, CpuFeature.Cx16, CpuFeature.LahfSahf64, CpuFeature.Popcnt, CpuFeature.Sse3, CpuFeature.Ssse3, CpuFeature.Sse41,
        CpuFeature.Sse42, CpuFeature.Rdtscp, CpuFeature.X2Apic, CpuFeature.TscDeadline, CpuFeature.Pcid,
    ];

    private static readonly CpuFeature[] V3Features =
    [
        .. V2Features, CpuFeature.Xsave, CpuFeature.Xsaveopt, CpuFeature.Xsavec, CpuFeature.Xgetbv1, CpuFeature.Xsaves, CpuFeature.Avx,
        CpuFeature.Avx2, CpuFeature.Fma, CpuFeature.F16c, CpuFeature.Movbe, CpuFeature.Lzcnt, CpuFeature.Bmi1, CpuFeature.Bmi2,
        CpuFeature.Adx, CpuFeature.Rdrand, CpuFeature.Rdseed, CpuFeature.Smep, CpuFeature.Smap, CpuFeature.Invpcid, CpuFeature.Fsgsbase,
        CpuFeature.Umip, CpuFeature.Pdpe1Gb, CpuFeature.Erms,
    ];

    private static readonly CpuFeature[] MaxFeatures =
    [
        .. V3Features, CpuFeature.Aes, CpuFeature.Pclmulqdq, CpuFeature.Sha, CpuFeature.Rdpid, CpuFeature.Prefetchw, CpuFeature.Clflushopt,
        CpuFeature.Clwb,
    ];

    /// <summary>x86-64-v1: what every processor with 64-bit mode has, SSE2 included.</summary>
    public static CpuModel V1 { get; } = new() { Name = "x86-64-v1", Features = V1Features };

    /// <summary>x86-64-v2: SSE4.2, POPCNT, CMPXCHG16B.</summary>
    public static CpuModel V2 { get; } = new() { Name = "x86-64-v2", Features = V2Features };

    /// <summary>x86-64-v3, the default: AVX2, FMA, F16C, BMI, MOVBE, XSAVE, and what kernels like to have beside it.</summary>
    public static CpuModel V3 { get; } = new() { Name = "x86-64-v3", Features = V3Features };

    /// <summary>Everything that this processor implements.</summary>
    public static CpuModel Max { get; } = new() { Name = "max", Features = MaxFeatures };

    /// <summary>The default model.</summary>
    public static CpuModel Default => V3;

    /// <summary>All models by name, the default first.</summary>
    public static IReadOnlyList<CpuModel> All { get; } = [V3, V2, V1, Max];

    /// <summary>The model of that name, or null.</summary>
    public static CpuModel? Find(string name) => All.FirstOrDefault(model => string.Equals(model.Name, name, StringComparison.Ordinal));
}
