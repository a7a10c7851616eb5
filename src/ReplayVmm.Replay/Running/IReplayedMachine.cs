using ReplayVmm.Events;
using ReplayVmm.Machine;
using ReplayVmm.Processor;

namespace ReplayVmm.Replay;

/// <summary>What a replay needs of a machine; <see cref="VirtualMachine"/> behind <see cref="ReplayedMachine"/> is one.</summary>
public interface IReplayedMachine : IDisposable
{
    /// <summary>Runs to its end, or to <paramref name="stop"/> where one is given.</summary>
    RunResult Run(StopPoint? stop);

    /// <summary>The processor of <paramref name="vcpu"/>; null where it cannot be looked at.</summary>
    IVirtualProcessor? Processor(int vcpu);

    /// <summary>Guest-physical memory; null where it cannot be looked at.</summary>
    IPhysicalMemory? Memory { get; }

    /// <summary>The disk as the guest sees it; null where there is none.</summary>
    DiskOverlay? Disk => null;
}

/// <summary>Builds the machine that a replay runs.</summary>
/// <param name="manifest">What the recording says the machine is.</param>
/// <param name="images">What lies in its memory at first.</param>
/// <param name="inputs">The recording's inputs.</param>
/// <param name="sink">Compares its events.</param>
/// <param name="options">What surrounds the run.</param>
public delegate IReplayedMachine MachineFactory(
    MachineManifest manifest, IReadOnlyList<MemoryImage> images, IInputSource inputs, IEventSink sink, MachineOptions options);
