using ReplayVmm.Devices;
using ReplayVmm.Hypervisor;

namespace ReplayVmm.Machine;

/// <summary>
/// The devices of a PC, wired: interrupt lines to the 8259A pair, its output to LINT0 of the local APIC, which passes it on to the
/// processor.
/// </summary>
internal sealed class DeviceSet
{
    private readonly Pic8259Pair pic;
    private readonly LocalApic apic;
    private readonly ProcessorSignals signals;
    private readonly TimestampClock timestamps;
    private readonly DeadlineRegistry deadlines;
    private readonly VirtioSet virtio;

    /// <summary>Builds and powers on the devices.</summary>
    /// <param name="clock">Virtual time.</param>
    /// <param name="platform">The machine.</param>
    /// <param name="console">What COM1 prints.</param>
    /// <param name="debug">What the debug ports print.</param>
    /// <param name="manifest">Memory, wall clock.</param>
    /// <param name="hasApic">Whether the CPU model has a local APIC.</param>
    /// <param name="replace">Test hook: sees each port device before it is wired to the bus.</param>
    /// <param name="parts">What the virtio devices work with; null for a machine without them.</param>
    public DeviceSet(
        MachineClock clock, IPlatform platform, IConsoleSink console, IConsoleSink debug, MachineManifest manifest, bool hasApic,
        Func<IPortDevice, IPortDevice>? replace, VirtioParts? parts = null)
    {
        const ulong NanosecondsPerSecond = 1_000_000_000;
        var bus = new ApicBus();
        signals = new ProcessorSignals(platform);
        timestamps = new TimestampClock(clock);
        apic = new LocalApic(0, clock, signals, bus, timestamps, hasApic ? ApicMode.XApic : ApicMode.Disabled);
        apic.EnterVirtualWireMode();
        bus.Attach(apic);
        pic = new Pic8259Pair(apic.Lint0);
        Serial = new Serial16550("com1", 0x3F8, clock, pic.Line(4), console);
        var pit = new Pit8254(clock, pic.Line(0));
        var rtc = new CmosRtc(
            clock, pic.Line(8), (ulong)manifest.WallClockStart * NanosecondsPerSecond, MemoryMap.LowEnd(manifest.MemoryBytes),
            MemoryMap.AboveFourGiB(manifest.MemoryBytes));
        var keyboard = new Keyboard8042(platform, pic.Line(1), pic.Line(12));
        var port61 = new Port61(clock, pit);
        var port92 = new Port92(platform);
        var debugPorts = new DebugPorts(debug);
        var debugExit = new IsaDebugExit(platform);
        var power = new AcpiPower(platform);
        var reset = new ResetControl(platform);
        var pci = new AbsentPci();
        var screen = new TextScreen();
        var unconnected = new UnconnectedLine();
        virtio = new VirtioSet(manifest, clock, parts, _ => unconnected);
        PortClaim[] claims =
        [
            .. pic.Ports, .. Serial.Ports, .. pit.Ports, .. rtc.Ports, .. keyboard.Ports, .. port61.Ports, .. port92.Ports, .. debugPorts.Ports,
            .. debugExit.Ports, .. power.Ports, .. reset.Ports, .. pci.Ports,
        ];
        Ports = new PortBus(replace is null ? claims : claims.Select(c => c with { Device = replace(c.Device) }));
        Mmio = new MmioBus(
        [
            new MmioClaim(screen, TextScreen.Address, TextScreen.Length), new MmioClaim(apic, LocalApic.DefaultBase, LocalApic.PageLength),
            .. virtio.Claims,
        ]);
        deadlines = new DeadlineRegistry([pit, apic, rtc, Serial, .. virtio.All]);
        All = [signals, apic, pic, pit, rtc, Serial, keyboard, port61, port92, debugPorts, debugExit, power, reset, pci, screen, .. virtio.All];
    }

    /// <summary>COM1, where console input arrives.</summary>
    public Serial16550 Serial { get; }

    /// <summary>The virtio console; null where there is none.</summary>
    public VirtioConsole? VirtioConsole => virtio.Console;

    /// <summary>The port space.</summary>
    public PortBus Ports { get; }

    /// <summary>Devices in memory.</summary>
    public MmioBus Mmio { get; }

    /// <summary>Every device, in the order in which digests hash them.</summary>
    public IDevice[] All { get; }

    /// <summary>True while a maskable interrupt waits for the processor.</summary>
    public bool InterruptPending => apic.ExtIntPending || apic.PendingVector >= 0;

    /// <summary>True while an NMI waits.</summary>
    public bool NmiPending => signals.NmiPending;

    /// <summary>The local APIC's task priority; CR8 is its upper half.</summary>
    public byte TaskPriority
    {
        get => apic.TaskPriority;
        set => apic.TaskPriority = value;
    }

    /// <summary>Virtual time of the next thing a device does; <see cref="ulong.MaxValue"/> for nothing.</summary>
    public ulong Deadline => deadlines.Earliest;

    /// <summary>Lets devices do what is due.</summary>
    public void Advance(ulong now) => deadlines.AdvanceDue(now);

    /// <summary>
    /// The interrupt acknowledge cycle: a vector, or -1 where nothing waits any more. The 8259A pair goes before the APIC's own.
    /// </summary>
    public int AcknowledgeInterrupt() => apic.ExtIntPending ? pic.Acknowledge() : apic.PendingVector >= 0 ? apic.Acknowledge() : -1;

    /// <summary>The waiting NMI is delivered.</summary>
    public void TakeNmi() => signals.TakeNmi();

    /// <summary>RDMSR of a local APIC register.</summary>
    public bool TryReadApicMsr(uint msr, out ulong value) => apic.TryReadMsr(msr, out value);

    /// <summary>Whether WRMSR to a local APIC register would succeed.</summary>
    public bool AcceptsApicMsr(uint msr, ulong value) => apic.AcceptsMsrWrite(msr, value);

    /// <summary>WRMSR to a local APIC register.</summary>
    public void WriteApicMsr(uint msr, ulong value) => apic.TryWriteMsr(msr, value);

    /// <summary>
    /// IA32_APIC_BASE was written. The registers stay at their default address: no guest of a PC moves them, and a page that moved would
    /// have to be cut out of RAM.
    /// </summary>
    public void SetApicBase(ulong value) => apic.TrySetMode((value & ApicBase.Enabled) == 0 ? ApicMode.Disabled
        : (value & ApicBase.X2Apic) != 0 ? ApicMode.X2Apic : ApicMode.XApic);

    /// <summary>The time-stamp counter was written.</summary>
    public void TimestampChanged(ulong offset)
    {
        timestamps.Offset = offset;
        apic.TimestampChanged();
    }
}
