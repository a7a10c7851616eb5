using ReplayVmm.Processor;

namespace ReplayVmm.Hypervisor.Tests;

/// <summary>CPU models for handlers.</summary>
internal static class TestModels
{
    /// <summary>Everything that the contract knows but VMX and SVM.</summary>
    public static CpuModel Full { get; } = new() { Name = "test" };
}
