using ReplayVmm.Events;
using ReplayVmm.Hypervisor;
using ReplayVmm.Processor;

namespace ReplayVmm.Machine;

/// <summary>A machine: processor, monitor and devices put together, and the loop that runs them.</summary>
public sealed class VirtualMachine : IDisposable
{
    /// <summary>Builds the machine of <paramref name="manifest"/> with <paramref name="images"/> in its memory.</summary>
    /// <exception cref="BootException">The manifest describes no possible machine, or an image lies outside its memory.</exception>
    public VirtualMachine(
        MachineManifest manifest, IReadOnlyList<MemoryImage> images, IInputSource inputs, IEventSink sink, MachineOptions? options = null) =>
        throw new NotSupportedException();

    /// <summary>Virtual nanoseconds since the machine was switched on.</summary>
    public ulong VirtualTime => throw new NotSupportedException();
    /// <summary>The position that the next counted event will get.</summary>
    public ulong Position => throw new NotSupportedException();
    /// <summary>Instructions that all vCPUs completed.</summary>
    public ulong Instructions => throw new NotSupportedException();
    /// <summary>The monitor's state: the fold of the events so far.</summary>
    public VmState State => throw new NotSupportedException();
    /// <summary>Guest-physical memory.</summary>
    public IPhysicalMemory Memory => throw new NotSupportedException();

    /// <summary>The processor of <paramref name="vcpu"/>.</summary>
    public IVirtualProcessor Processor(int vcpu) => throw new NotSupportedException();

    /// <summary>Runs to the end.</summary>
    public RunResult Run() => throw new NotSupportedException();

    /// <summary>Runs to the end or to <paramref name="stop"/>, whichever comes first.</summary>
    public RunResult Run(StopPoint stop) => throw new NotSupportedException();

    /// <inheritdoc/>
    public void Dispose() => throw new NotSupportedException();
}
