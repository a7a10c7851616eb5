namespace ReplayVmm.Hypervisor;

/// <summary>One row of the MSR table.</summary>
public sealed record MsrRow
{
    /// <summary>The MSR's number.</summary>
    public required uint Index { get; init; }
    /// <summary>Where <see cref="VcpuState"/> keeps it, or -1 where it is derived.</summary>
    public required int Slot { get; init; }
}
