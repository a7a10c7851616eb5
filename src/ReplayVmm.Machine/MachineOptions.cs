using ReplayVmm.Devices;
using ReplayVmm.Processor;

namespace ReplayVmm.Machine;

/// <summary>
/// What surrounds a run without being part of it: none of this may change what the guest sees, except the test hooks, which say so.
/// </summary>
public sealed record MachineOptions
{
    /// <summary>Sees each byte that the guest prints, as it prints it.</summary>
    public IConsoleSink? Console { get; init; }

    /// <summary>Called at every turn's end, on the guest's thread.</summary>
    public Action<MachineProgress>? OnTurn { get; init; }

    /// <summary>End with <see cref="EndReason.TimeReached"/> at this virtual time in nanoseconds.</summary>
    public ulong? UntilTime { get; init; }

    /// <summary>End with <see cref="EndReason.EventsReached"/> once this many events were counted.</summary>
    public ulong? UntilEvents { get; init; }

    /// <summary>
    /// Events that are gathered before the sink sees them, 1 or more; the sink sees what there is at every turn's end too. A sink that
    /// compares the machine's
    /// state with the events wants 1: then it is called after each exit.
    /// </summary>
    public int EventBatch { get; init; } = 1024;

    /// <summary>
    /// Opens the image of the manifest's disk, which the machine checks against the manifest and disposes of; null where there is no disk.
    /// </summary>
    public Func<DiskManifest, DiskImage>? OpenDisk { get; init; }

    /// <summary>Test hook: replaces a port device by another; changes what the guest sees.</summary>
    public Func<IPortDevice, IPortDevice>? ReplaceDevice { get; init; }

    /// <summary>Test hook: called with the machine at every turn's end, before input is sampled; what it changes is not recorded.</summary>
    public Action<VirtualMachine>? Disturb { get; init; }

    /// <summary>Makes the processor in the seat and the memory it sees; null for the interpreter.</summary>
    public Func<MachineManifest, ProcessorSeat>? Seat { get; init; }
}

/// <summary>A processor and the guest-physical memory it works on.</summary>
/// <param name="Model">What CPUID shows.</param>
/// <param name="Memory">The second-level mapping.</param>
/// <param name="Processor">The processor that boots.</param>
public sealed record ProcessorSeat(CpuModel Model, IPhysicalMemory Memory, IVirtualProcessor Processor)
{
    /// <summary>The other processors of the machine, on the same memory.</summary>
    public IReadOnlyList<IVirtualProcessor> Others { get; init; } = [];
}
