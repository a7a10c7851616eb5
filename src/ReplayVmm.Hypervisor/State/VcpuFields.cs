namespace ReplayVmm.Hypervisor;

/// <summary>Names of the 64-bit words of <see cref="VcpuState"/>, for messages.</summary>
internal static class VcpuFields
{
    private static readonly string[] Scalars =
    [
        nameof(VcpuState.Created), nameof(VcpuState.ApicId), nameof(VcpuState.Halted), nameof(VcpuState.ShutDown), nameof(VcpuState.Cr0),
        nameof(VcpuState.Cr4), nameof(VcpuState.Cr8), nameof(VcpuState.Xcr0), nameof(VcpuState.LastInjection), nameof(VcpuState.Injections),
        nameof(VcpuState.Exceptions),
    ];

    /// <summary>The name of word <paramref name="index"/>.</summary>
    public static string NameOf(int index)
    {
        if (index < Scalars.Length)
            return Scalars[index];
        index -= Scalars.Length;
        if (index < 8)
            return $"DR{index}";
        index -= 8;
        foreach (MsrRow row in MsrTable.Rows)
        {
            if (row.Slot == index)
                return row.Name;
        }
        return $"MSR slot {index}";
    }
}
