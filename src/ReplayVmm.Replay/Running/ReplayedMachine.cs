using ReplayVmm.Events;
using ReplayVmm.Machine;
using ReplayVmm.Processor;

namespace ReplayVmm.Replay;

/// <summary>The real machine in a replay.</summary>
public sealed class ReplayedMachine : IReplayedMachine
{
    private readonly VirtualMachine machine;
    private readonly int vcpus;

    private ReplayedMachine(VirtualMachine machine, int vcpus)
    {
        this.machine = machine;
        this.vcpus = vcpus;
    }

    /// <inheritdoc/>
    public IPhysicalMemory? Memory => machine.Memory;

    /// <inheritdoc/>
    public DiskOverlay? Disk => machine.Disk;

    /// <summary>Builds one; a <see cref="MachineFactory"/>.</summary>
    /// <exception cref="BootException">The manifest describes no possible machine.</exception>
    public static IReplayedMachine Create(
        MachineManifest manifest, IReadOnlyList<MemoryImage> images, IInputSource inputs, IEventSink sink, MachineOptions options) =>
        new ReplayedMachine(new VirtualMachine(manifest, images, inputs, sink, options), manifest.Vcpus);

    /// <inheritdoc/>
    public RunResult Run(StopPoint? stop) => stop is { } point ? machine.Run(point) : machine.Run();

    /// <inheritdoc/>
    public IVirtualProcessor? Processor(int vcpu) => vcpu < vcpus ? machine.Processor(vcpu) : null;

    /// <inheritdoc/>
    public void Dispose() => machine.Dispose();
}
