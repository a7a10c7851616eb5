using ReplayVmm.Processor;

namespace ReplayVmm.Hypervisor;

/// <summary>What CPUID answers: the model's table, with the bits that follow the vCPU's state put in.</summary>
internal static class CpuidPolicy
{
    private const uint ApicPresent = 1 << 9, Osxsave = 1 << 27;

    public static unsafe (uint Eax, uint Ebx, uint Ecx, uint Edx) Answer(CpuModel model, ref readonly VcpuState vcpu, uint leaf, uint subleaf)
    {
        (uint eax, uint ebx, uint ecx, uint edx) = (0u, 0u, 0u, 0u);
        switch (leaf)
        {
            case 1:
                ebx = (ebx & 0x00FF_FFFF) | ((uint)vcpu.ApicId << 24);
                ecx = (vcpu.Cr4 & Cr4.Osxsave) != 0 ? ecx | Osxsave : ecx & ~Osxsave;
                if ((vcpu.Msr[MsrTable.ApicBaseSlot] & ApicBase.Enabled) == 0)
                    edx &= ~ApicPresent;
                break;
            case 0xB:
                edx = (uint)vcpu.ApicId;
                break;
        }
        return (eax, ebx, ecx, edx);
    }
}
