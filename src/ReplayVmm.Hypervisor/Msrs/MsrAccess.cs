using ReplayVmm.Processor;

namespace ReplayVmm.Hypervisor;

/// <summary>What a rule of the MSR table may look at.</summary>
internal readonly ref struct MsrAccess(ref readonly VcpuState vcpu, CpuModel model, IExitOperands answers, MsrRow row)
{
    /// <summary>The vCPU.</summary>
    public readonly ref readonly VcpuState Vcpu = ref vcpu;

    /// <summary>What CPUID shows.</summary>
    public CpuModel Model { get; } = model;

    /// <summary>The door to the guest.</summary>
    public IExitOperands Answers { get; } = answers;

    /// <summary>The row of the MSR.</summary>
    public MsrRow Row { get; } = row;

    /// <summary>What the monitor keeps of it.</summary>
    // SAFETY: a row's slot lies within the fixed buffer; the table checks that when it is built.
    public unsafe ulong Stored => Vcpu.Msr[Row.Slot];
}
