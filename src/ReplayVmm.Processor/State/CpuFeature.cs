namespace ReplayVmm.Processor;

/// <summary>Features that a CPU model shows in CPUID and without which their instructions are #UD.</summary>
public enum CpuFeature : byte
{
#pragma warning disable CS1591 // the manual's own names
    Base, Cx8, Cmov, Sep, Msr, Tsc, Pse, Pae, Pge, Apic, Clflush, Fpu, Mmx, Fxsr, Sse, Sse2, Sse3, Ssse3, Sse41, Sse42, Cx16, Movbe, Popcnt, Pcid,
    X2Apic, TscDeadline, Rdrand, Rdseed, Bmi1, Bmi2, Adx, Lzcnt, LahfSahf64, Syscall, Nx, Pdpe1Gb, Rdtscp, LongMode, Smep, Smap, Fsgsbase, Invpcid,
    Umip, Erms, Monitor, Xsave, Avx, Avx2, Fma, F16c, Aes, Pclmulqdq, Sha, Rdpid, Clflushopt, Clwb, Prefetchw, Pat, Mtrr, Mca, Vme, De, Acpi,
    Xsaveopt, Xsavec, Xgetbv1, Xsaves, Vmx, Svm,
#pragma warning restore CS1591
}
