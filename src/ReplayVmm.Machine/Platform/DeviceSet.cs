using ReplayVmm.Devices;

namespace ReplayVmm.Machine;

/// <summary>
/// The devices of a PC, wired: interrupt lines to the 8259A pair and to the IO-APIC (IRQ 0 to its pin 2, as on every PC), the pair's output
/// to LINT0 of the local APIC of the processor that boots, which passes it on.
/// </summary>
internal sealed class DeviceSet
{
    /// <summary>The IO-APIC's identifier: behind those of all processors that there can be.</summary>
    public const byte IoApicId = 8;

    /// <summary>Where IRQ 0 arrives at the IO-APIC.</summary>
    public const byte TimerPin = 2;

    private readonly ApicBus bus = new();
    private readonly DeadlineRegistry deadlines;
    private readonly VirtioSet virtio;

    /// <summary>Builds and powers on the devices.</summary>
    /// <param name="clock">Virtual time.</param>
    /// <param name="platform">The machine.</param>
    /// <param name="console">What COM1 prints.</param>
    /// <param name="debug">What the debug ports print.</param>
    /// <param name="manifest">Processors, memory, wall clock.</param>
    /// <param name="hasApic">Whether the CPU model has a local APIC.</param>
    /// <param name="replace">Test hook: sees each port device before it is wired to the bus.</param>
    /// <param name="parts">What the virtio devices work with; null for a machine without them.</param>
    public DeviceSet(
        MachineClock clock, IPlatform platform, IConsoleSink console, IConsoleSink debug, MachineManifest manifest, bool hasApic,
        Func<IPortDevice, IPortDevice>? replace, VirtioParts? parts = null)
    {
        const ulong NanosecondsPerSecond = 1_000_000_000;
        var signals = new ProcessorSignals[manifest.Vcpus];
        var timestamps = new TimestampClock[manifest.Vcpus];
        var apics = new LocalApic[manifest.Vcpus];
        for (int i = 0; i < apics.Length; i++)
        {
            signals[i] = new ProcessorSignals(i, platform);
            timestamps[i] = new TimestampClock(clock);
            apics[i] = new LocalApic((uint)i, clock, signals[i], bus, timestamps[i], hasApic ? ApicMode.XApic : ApicMode.Disabled);
            bus.Attach(apics[i]);
        }

        apics[0].EnterVirtualWireMode();
        var ioApic = new IoApic(bus);
        ioApic.Identify(IoApicId);
        var pic = new Pic8259Pair(apics[0].Lint0);
        IInterruptLine Isa(int irq) => new SplitLine(pic.Line(irq), ioApic.Line(irq == 0 ? TimerPin : irq));
        Serial = new Serial16550("com1", 0x3F8, clock, Isa(4), console);
        var pit = new Pit8254(clock, Isa(0));
        var rtc = new CmosRtc(
            clock, Isa(8), (ulong)manifest.WallClockStart * NanosecondsPerSecond, MemoryMap.LowEnd(manifest.MemoryBytes),
            MemoryMap.AboveFourGiB(manifest.MemoryBytes));
        var keyboard = new Keyboard8042(platform, Isa(1), Isa(12));
        var port61 = new Port61(clock, pit);
        var port92 = new Port92(platform);
        var debugPorts = new DebugPorts(debug);
        var debugExit = new IsaDebugExit(platform);
        var power = new AcpiPower(platform);
        var timer = new AcpiTimer(clock);
        var reset = new ResetControl(platform);
        var pci = new AbsentPci();
        var screen = new TextScreen();
        virtio = new VirtioSet(manifest, clock, parts, ioApic.Line);
        PortClaim[] claims =
        [
            .. pic.Ports, .. Serial.Ports, .. pit.Ports, .. rtc.Ports, .. keyboard.Ports, .. port61.Ports, .. port92.Ports, .. debugPorts.Ports,
            .. debugExit.Ports, .. power.Ports, .. timer.Ports, .. reset.Ports, .. pci.Ports,
        ];
        Ports = new PortBus(replace is null ? claims : claims.Select(c => c with { Device = replace(c.Device) }));
        Mmio = new MmioBus(
            [
                new MmioClaim(screen, TextScreen.Address, TextScreen.Length), new MmioClaim(ioApic, IoApic.Address, IoApic.Length),
                .. virtio.Claims,
            ]);
        Vcpus = [.. apics.Select((apic, i) => new VcpuDevices(apic, signals[i], timestamps[i], Mmio, i == 0 ? pic : null))];
        deadlines = new DeadlineRegistry([pit, .. apics, rtc, Serial, .. virtio.All]);
        All =
        [
            .. signals, .. apics, ioApic, pic, pit, rtc, Serial, keyboard, port61, port92, debugPorts, debugExit, power, timer, reset, pci, screen,
            .. virtio.All,
        ];
    }

    /// <summary>COM1, where console input arrives.</summary>
    public Serial16550 Serial { get; }

    /// <summary>The virtio console; null where there is none.</summary>
    public VirtioConsole? VirtioConsole => virtio.Console;

    /// <summary>The port space.</summary>
    public PortBus Ports { get; }

    /// <summary>Devices in memory that all processors see at the same place.</summary>
    public MmioBus Mmio { get; }

    /// <summary>What belongs to each processor.</summary>
    public VcpuDevices[] Vcpus { get; }

    /// <summary>An interprocessor interrupt has reached another processor than its sender since this was last asked.</summary>
    public bool TakeSent() => bus.TakeSent();

    /// <summary>Every device, in the order in which digests hash them.</summary>
    public IDevice[] All { get; }

    /// <summary>Virtual time of the next thing a device does; <see cref="ulong.MaxValue"/> for nothing.</summary>
    public ulong Deadline => deadlines.Earliest;

    /// <summary>Lets devices do what is due.</summary>
    public void Advance(ulong now) => deadlines.AdvanceDue(now);
}
