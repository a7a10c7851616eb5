using ReplayVmm.Devices;
using ReplayVmm.Events;
using ReplayVmm.Hypervisor;
using ReplayVmm.Processor;

namespace ReplayVmm.Machine;

/// <summary>
/// A machine: processors, monitor and devices put together, and the loop that runs them. A run is a function of the manifest, the images
/// and what the
/// input source answers. Not for use from several threads at once.
/// </summary>
public sealed partial class VirtualMachine : IDisposable
{
    private const byte Vm = 0, FirstVcpu = 0;
    private const ulong Com1 = 0, DebugConsole = 1;

    private readonly MachineManifest manifest;
    private readonly IReadOnlyList<MemoryImage> images;
    private readonly IInputSource inputs;
    private readonly IEventSink sink;
    private readonly MachineOptions options;
    private readonly IReadOnlyList<Memslot> slots;
    private readonly HostMemory host;
    private readonly ProcessorSeat seat;
    private IVirtualProcessor processor;
    private readonly MachineClock clock;
    private readonly ulong portUnits;
    private readonly DeviceSet devices;
    private readonly ConsoleTap console, debugConsole, virtioConsole;
    private readonly PlatformRequests requests = new();
    private readonly StateHasher hasher;
    private readonly VmState state = new();
    private readonly EventBuffer events = new();

    /// <summary>Builds the machine of <paramref name="manifest"/> with <paramref name="images"/> in its memory.</summary>
    /// <param name="manifest">What decides the run, besides the inputs.</param>
    /// <param name="images">What lies in memory before the first instruction: from a loader or, at replay, from the log.</param>
    /// <param name="inputs">The door for everything else.</param>
    /// <param name="sink">Where events go.</param>
    /// <param name="options">What surrounds the run.</param>
    /// <exception cref="BootException">The manifest describes no possible machine, or an image lies outside its memory.</exception>
    /// <exception cref="DiskException">The image of its disk is not there or cannot be read.</exception>
    public VirtualMachine(
        MachineManifest manifest, IReadOnlyList<MemoryImage> images, IInputSource inputs, IEventSink sink, MachineOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        (this.manifest, this.images, this.inputs, this.sink, this.options) = (manifest, images, inputs, sink, options ?? new MachineOptions());
        ManifestRules.Check(manifest);
        slots = MemoryMap.Slots(manifest.MemoryBytes);
        ManifestRules.CheckImages(images, slots);

        disk = OpenDisk(manifest, this.options);
        host = Reserve(manifest.MemoryBytes);
        seat = this.options.Seat is null ? Seats.Interpreter(manifest) : this.options.Seat(manifest);
        clock = new MachineClock(manifest.NanosecondsPerInstruction);
        portUnits = clock.UnitsAt(manifest.PortNanoseconds);
        console = new ConsoleTap(Com1, this.options.Console);
        debugConsole = new ConsoleTap(DebugConsole, this.options.Console);
        virtioConsole = new ConsoleTap(VirtioConsoleNumber, this.options.Console, Flush);
        devices = new DeviceSet(
            clock, requests, console, debugConsole, manifest, seat.Model.Has(CpuFeature.Apic), this.options.ReplaceDevice, Parts);
        IVirtualProcessor[] processors = [seat.Processor, .. seat.Others];
        if (processors.Length != manifest.Vcpus)
            throw new BootException($"{manifest.Vcpus} virtual processors: this seat has {processors.Length}");
        cpus = [.. processors.Select((p, i) => new VirtualCpu(
            (byte)i, p, devices.Vcpus[i], new MachineDoor(p, seat.Memory, devices, devices.Vcpus[i], clock, inputs)))];
        foreach (IVirtualProcessor p in processors)
            Seats.SetControls(p.Controls);
        (cpu, processor) = (cpus[FirstVcpu], cpus[FirstVcpu].Processor);
        hasher = new StateHasher(seat.Memory, processors, devices.All);
    }

    /// <summary>Virtual nanoseconds since the machine was switched on.</summary>
    public ulong VirtualTime => clock.Now;
    /// <summary>The position that the next counted event will get.</summary>
    public ulong Position => events.NextPosition;
    /// <summary>Instructions that all vCPUs completed.</summary>
    // SAFETY: the states live as long as the processors, which this object owns.
    public unsafe ulong Instructions
    {
        get
        {
            ulong sum = 0;
            foreach (VirtualCpu one in cpus)
                sum += one.Processor.State->Retired;
            return sum;
        }
    }
    /// <summary>The monitor's state: the fold of the events so far.</summary>
    public VmState State => state;
    /// <summary>Guest-physical memory.</summary>
    public IPhysicalMemory Memory => seat.Memory;
    /// <summary>Every device, in the order in which digests hash them.</summary>
    public IReadOnlyList<IDevice> Devices => devices.All;

    /// <summary>The processor of <paramref name="vcpu"/>.</summary>
    public IVirtualProcessor Processor(int vcpu) =>
        (uint)vcpu < (uint)cpus.Length ? cpus[vcpu].Processor : throw new ArgumentOutOfRangeException(nameof(vcpu), vcpu, "no such vCPU");

    /// <summary>Runs to the end. A machine runs once.</summary>
    /// <exception cref="InvalidOperationException">It ran before.</exception>
    public RunResult Run() => RunTo(null);

    /// <summary>Runs to the end or to <paramref name="stop"/>, whichever comes first. A machine runs once.</summary>
    /// <exception cref="InvalidOperationException">It ran before.</exception>
    public RunResult Run(StopPoint stop) => RunTo(stop);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (VirtualCpu one in cpus)
            one.Processor.Dispose();
        (seat.Memory as IDisposable)?.Dispose();
        hasher.Dispose();
        host.Dispose();
        disk?.Dispose();
    }

    private static HostMemory Reserve(ulong bytes)
    {
        try
        {
            return new HostMemory(Math.Max(bytes, MemoryMap.HighMemory));
        }
        catch (OutOfMemoryException)
        {
            throw new BootException($"guest memory of {bytes >> 20} MiB: this host cannot reserve that much; give the guest less memory");
        }
    }
}
