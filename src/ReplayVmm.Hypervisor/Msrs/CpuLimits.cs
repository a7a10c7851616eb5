namespace ReplayVmm.Hypervisor;

/// <summary>Address widths of this machine's processor.</summary>
public static class CpuLimits
{
    /// <summary>MAXPHYADDR.</summary>
    public const int PhysicalAddressBits = 40;
}
