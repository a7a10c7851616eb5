namespace ReplayVmm.Processor;

/// <summary>Registers of a CPUID answer.</summary>
internal enum CpuidRegister
{
    /// <summary>EAX.</summary>
    Eax,
    /// <summary>EBX.</summary>
    Ebx,
    /// <summary>ECX.</summary>
    Ecx,
    /// <summary>EDX.</summary>
    Edx,
}

/// <summary>Where CPUID shows a feature (SDM volume 2, table 3-8). The table is the index: no row, not shown.</summary>
/// <param name="Feature">The feature.</param>
/// <param name="Leaf">EAX of the query; the subleaf is 0.</param>
/// <param name="Register">The register of the answer.</param>
/// <param name="Bit">The bit, 0 to 31.</param>
internal readonly record struct CpuidBit(CpuFeature Feature, uint Leaf, CpuidRegister Register, int Bit)
{
    private const uint Extended = 0x80000001;

    /// <summary>All rows.</summary>
    public static readonly CpuidBit[] All =
    [
        new(CpuFeature.Fpu, 1, CpuidRegister.Edx, 0),
        new(CpuFeature.Vme, 1, CpuidRegister.Edx, 1),
        new(CpuFeature.De, 1, CpuidRegister.Edx, 2),
        new(CpuFeature.Pse, 1, CpuidRegister.Edx, 3),
        new(CpuFeature.Tsc, 1, CpuidRegister.Edx, 4),
        new(CpuFeature.Msr, 1, CpuidRegister.Edx, 5),
        new(CpuFeature.Pae, 1, CpuidRegister.Edx, 6),
        new(CpuFeature.Mca, 1, CpuidRegister.Edx, 7),
        new(CpuFeature.Cx8, 1, CpuidRegister.Edx, 8),
        new(CpuFeature.Apic, 1, CpuidRegister.Edx, 9),
        new(CpuFeature.Sep, 1, CpuidRegister.Edx, 11),
        new(CpuFeature.Mtrr, 1, CpuidRegister.Edx, 12),
        new(CpuFeature.Pge, 1, CpuidRegister.Edx, 13),
        new(CpuFeature.Mca, 1, CpuidRegister.Edx, 14),
        new(CpuFeature.Cmov, 1, CpuidRegister.Edx, 15),
        new(CpuFeature.Pat, 1, CpuidRegister.Edx, 16),
        new(CpuFeature.Clflush, 1, CpuidRegister.Edx, 19),
        new(CpuFeature.Acpi, 1, CpuidRegister.Edx, 22),
        new(CpuFeature.Mmx, 1, CpuidRegister.Edx, 23),
        new(CpuFeature.Fxsr, 1, CpuidRegister.Edx, 24),
        new(CpuFeature.Sse, 1, CpuidRegister.Edx, 25),
        new(CpuFeature.Sse2, 1, CpuidRegister.Edx, 26),
        new(CpuFeature.Sse3, 1, CpuidRegister.Ecx, 0),
        new(CpuFeature.Pclmulqdq, 1, CpuidRegister.Ecx, 1),
        new(CpuFeature.Monitor, 1, CpuidRegister.Ecx, 3),
        new(CpuFeature.Vmx, 1, CpuidRegister.Ecx, 5),
        new(CpuFeature.Ssse3, 1, CpuidRegister.Ecx, 9),
        new(CpuFeature.Fma, 1, CpuidRegister.Ecx, 12),
        new(CpuFeature.Cx16, 1, CpuidRegister.Ecx, 13),
        new(CpuFeature.Pcid, 1, CpuidRegister.Ecx, 17),
        new(CpuFeature.Sse41, 1, CpuidRegister.Ecx, 19),
        new(CpuFeature.Sse42, 1, CpuidRegister.Ecx, 20),
        new(CpuFeature.X2Apic, 1, CpuidRegister.Ecx, 21),
        new(CpuFeature.Movbe, 1, CpuidRegister.Ecx, 22),
        new(CpuFeature.Popcnt, 1, CpuidRegister.Ecx, 23),
        new(CpuFeature.TscDeadline, 1, CpuidRegister.Ecx, 24),
        new(CpuFeature.Aes, 1, CpuidRegister.Ecx, 25),
        new(CpuFeature.Xsave, 1, CpuidRegister.Ecx, 26),
        new(CpuFeature.Avx, 1, CpuidRegister.Ecx, 28),
        new(CpuFeature.F16c, 1, CpuidRegister.Ecx, 29),
        new(CpuFeature.Rdrand, 1, CpuidRegister.Ecx, 30),
        new(CpuFeature.Fsgsbase, 7, CpuidRegister.Ebx, 0),
        new(CpuFeature.Bmi1, 7, CpuidRegister.Ebx, 3),
        new(CpuFeature.Avx2, 7, CpuidRegister.Ebx, 5),
        new(CpuFeature.Smep, 7, CpuidRegister.Ebx, 7),
        new(CpuFeature.Bmi2, 7, CpuidRegister.Ebx, 8),
        new(CpuFeature.Erms, 7, CpuidRegister.Ebx, 9),
        new(CpuFeature.Invpcid, 7, CpuidRegister.Ebx, 10),
        new(CpuFeature.Rdseed, 7, CpuidRegister.Ebx, 18),
        new(CpuFeature.Adx, 7, CpuidRegister.Ebx, 19),
        new(CpuFeature.Smap, 7, CpuidRegister.Ebx, 20),
        new(CpuFeature.Clflushopt, 7, CpuidRegister.Ebx, 23),
        new(CpuFeature.Clwb, 7, CpuidRegister.Ebx, 24),
        new(CpuFeature.Sha, 7, CpuidRegister.Ebx, 29),
        new(CpuFeature.Umip, 7, CpuidRegister.Ecx, 2),
        new(CpuFeature.Rdpid, 7, CpuidRegister.Ecx, 22),
        new(CpuFeature.LahfSahf64, Extended, CpuidRegister.Ecx, 0),
        new(CpuFeature.Svm, Extended, CpuidRegister.Ecx, 2),
        new(CpuFeature.Lzcnt, Extended, CpuidRegister.Ecx, 5),
        new(CpuFeature.Prefetchw, Extended, CpuidRegister.Ecx, 8),
        new(CpuFeature.Syscall, Extended, CpuidRegister.Edx, 11),
        new(CpuFeature.Nx, Extended, CpuidRegister.Edx, 20),
        new(CpuFeature.Pdpe1Gb, Extended, CpuidRegister.Edx, 26),
        new(CpuFeature.Rdtscp, Extended, CpuidRegister.Edx, 27),
        new(CpuFeature.LongMode, Extended, CpuidRegister.Edx, 29),
    ];
}
