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

    /// <summary>Everything that this processor implements.</summary>
    public static CpuModel Max { get; } = new() { Name = "max", Features = [.. IntegerFeatures, CpuFeature.Rdpid, CpuFeature.Prefetchw] };

    /// <summary>The default model.</summary>
    public static CpuModel Default => Integer;

    /// <summary>All models by name, the default first.</summary>
    public static IReadOnlyList<CpuModel> All { get; } = [Integer, IntegerV1, Max];

    /// <summary>The model of that name, or null.</summary>
    public static CpuModel? Find(string name) => All.FirstOrDefault(model => string.Equals(model.Name, name, StringComparison.Ordinal));
}
