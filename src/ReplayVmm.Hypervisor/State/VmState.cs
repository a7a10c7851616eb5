using System.Runtime.InteropServices;
using ReplayVmm.Events;

namespace ReplayVmm.Hypervisor;

/// <summary>
/// All that the monitor knows of a virtual machine: it is the fold of the machine's log. <see cref="Apply"/> is the only code that changes it,
/// while the guest runs and when the log is read again.
/// </summary>
public sealed partial class VmState
{
    /// <summary>Most vCPUs a machine can have.</summary>
    public const int MaximumVcpus = 8;
    /// <summary>Most memslots a machine can have.</summary>
    public const int MaximumMemslots = 32;

    private readonly VcpuState[] vcpus = new VcpuState[MaximumVcpus];
    private readonly Memslot[] memslots = new Memslot[MaximumMemslots];

    /// <summary>The patch profile of the session, from its manifest; empty before <c>SessionStarted</c>.</summary>
    public string Profile { get; private set; } = "";

    /// <summary>One vCPU's state.</summary>
    public ref readonly VcpuState Vcpu(int index) => ref vcpus[index];

    /// <summary>The memslots; one of size 0 does not exist.</summary>
    public ReadOnlySpan<Memslot> Memslots => memslots;

    /// <summary>The whole state but the profile, as bytes: equal states have equal bytes.</summary>
    public ReadOnlySpan<byte> VcpuBytes => MemoryMarshal.AsBytes(vcpus.AsSpan());

    /// <summary>Takes an event into the state; total: an event that means nothing to it changes nothing.</summary>
    /// <param name="e">The event.</param>
    /// <param name="payload">Its payload, empty where it has none.</param>
    public void Apply(in Event e, ReadOnlySpan<byte> payload) => throw new NotSupportedException();

    /// <summary>The first difference from <paramref name="other"/> in words, or null where there is none.</summary>
    public string? DescribeDifference(VmState other) => throw new NotSupportedException();
}
