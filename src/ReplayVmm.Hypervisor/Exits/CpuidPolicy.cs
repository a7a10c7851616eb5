using ReplayVmm.Processor;

namespace ReplayVmm.Hypervisor;

/// <summary>What CPUID answers: the model's table, with the bits that follow the vCPU's state put in.</summary>
internal static class CpuidPolicy
{
    public static unsafe (uint Eax, uint Ebx, uint Ecx, uint Edx) Answer(CpuModel model, ref readonly VcpuState vcpu, uint leaf, uint subleaf)
    {
        CpuState state = default;
        (state.Cr4, state.Xcr0) = (vcpu.Cr4, vcpu.Xcr0);
        bool apicEnabled = (vcpu.Msr[MsrTable.ApicBaseSlot] & ApicBase.Enabled) != 0;
        model.Cpuid(leaf, subleaf, state, (uint)vcpu.ApicId, out uint eax, out uint ebx, out uint ecx, out uint edx, apicEnabled);
        return (eax, ebx, ecx, edx);
    }
}
