namespace ReplayVmm.Devices.Tests;

/// <summary>All devices wired as in a PC, and a source of random traffic for them.</summary>
internal sealed class PcRig
{
    private readonly byte[] typed = new byte[20];

    public PcRig(ulong start = 0, ApicMode apicMode = ApicMode.XApic)
    {
        Clock.Now = start;
        Apic = new LocalApic(0, Clock, Processor, ApicBus, initialMode: apicMode);
        ApicBus.Attach(Apic);
        Pic = new Pic8259Pair(Apic.Lint0);
        IoApic = new IoApic(ApicBus);
        IInterruptLine Isa(int irq) => new SplitLine(Pic.Line(irq), IoApic.Line(irq == 0 ? 2 : irq));
        Pit = new Pit8254(Clock, Isa(0));
        Port61 = new Port61(Clock, Pit);
        Rtc = new CmosRtc(Clock, Isa(8), 1_700_000_000_123_456_789, 1 << 28);
        Serial = new Serial16550("com1", 0x3F8, Clock, Isa(4), Sink);
        Keyboard = new Keyboard8042(Platform, Isa(1), Isa(12));
        var port92 = new Port92(Platform);
        var debug = new DebugPorts(Sink);
        var exit = new IsaDebugExit(Platform);
        var power = new AcpiPower(Platform);
        var timer = new AcpiTimer(Clock);
        var reset = new ResetControl(Platform);
        var pci = new AbsentPci();
        Ports =
        [
            .. Pic.Ports, .. Pit.Ports, .. Port61.Ports, .. Rtc.Ports, .. Serial.Ports, .. Keyboard.Ports, .. port92.Ports, .. debug.Ports,
            .. exit.Ports, .. power.Ports, .. timer.Ports, .. reset.Ports, .. pci.Ports,
        ];
        Bus = new PortBus(Ports);
        Memory = new MmioBus(
            [new MmioClaim(Apic, LocalApic.DefaultBase, LocalApic.PageLength), new MmioClaim(IoApic, IoApic.Address, IoApic.Length)]);
        Deadlines = new DeadlineRegistry([Pit, Apic, Rtc, Serial]);
        Devices = [Pic, Pit, Port61, Rtc, Serial, Keyboard, port92, debug, exit, power, timer, reset, pci, Apic, IoApic];
    }

    public ManualClock Clock { get; } = new();

    public RecordedSink Sink { get; } = new();

    public RecordedPlatform Platform { get; } = new();

    public RecordedProcessor Processor { get; } = new();

    public ApicBus ApicBus { get; } = new();

    public LocalApic Apic { get; }

    public Pic8259Pair Pic { get; }

    public IoApic IoApic { get; }

    public Pit8254 Pit { get; }

    public Port61 Port61 { get; }

    public CmosRtc Rtc { get; }

    public Serial16550 Serial { get; }

    public Keyboard8042 Keyboard { get; }

    public PortBus Bus { get; }

    public MmioBus Memory { get; }

    public DeadlineRegistry Deadlines { get; }

    public PortClaim[] Ports { get; }

    public IDevice[] Devices { get; }

    /// <summary>Moves time, letting deadlines pass one by one as a machine does; at most <paramref name="stops"/> of them.</summary>
    public void Pass(ulong nanoseconds, int stops = 64)
    {
        ulong end = Clock.Now + nanoseconds;
        while (stops-- > 0 && Deadlines.Earliest <= end)
        {
            Clock.Now = Math.Max(Clock.Now, Deadlines.Earliest);
            Deadlines.AdvanceDue(Clock.Now);
        }

        Clock.Now = Math.Max(Clock.Now, end);
        Deadlines.AdvanceDue(Clock.Now);
    }

    /// <summary>One random act on the ports of <paramref name="target"/>, or on anything; what it returned.</summary>
    public ulong Act(Random random, IDevice? target)
    {
        int kind = random.Next(16);
        if (kind < 3)
        {
            Pass(kind == 0 ? (ulong)random.Next(2_000) : kind == 1 ? (ulong)random.Next(2_000_000) : (ulong)random.NextInt64(3_000_000_000));
            return Deadlines.Earliest;
        }

        if (kind == 3)
        {
            if (Apic.ExtIntPending)
                return (ulong)Pic.Acknowledge();
            return Apic.PendingVector >= 0 ? (ulong)Apic.Acknowledge() : 0;
        }

        if (kind == 4)
        {
            Span<byte> bytes = typed.AsSpan(0, random.Next(typed.Length));
            random.NextBytes(bytes);
            if (random.Next(2) == 0)
                Serial.Receive(bytes);
            else
                Keyboard.Feed(bytes);
            return (ulong)Serial.ReceiveCapacity;
        }

        if (target is null ? kind == 8 : target == IoApic)
            return ActOnIoApic(random);
        if (target is null ? kind < 8 : target == Apic)
            return ActOnApic(random);
        PortClaim claim = Ports[random.Next(Ports.Length)];
        while (target is not null && claim.Device != target)
            claim = Ports[random.Next(Ports.Length)];
        int port = target is null && kind == 15 ? random.Next(0x10000) : claim.First + random.Next(claim.Count);
        int size = random.Next(8) switch { 0 => 2, 1 => 4, _ => 1 };
        if (random.Next(2) == 0)
            return Bus.Read((ushort)port, size);
        uint value = random.Next(3) == 0 ? (uint)random.Next(4) : (uint)random.NextInt64(1L << 32);
        Bus.Write((ushort)port, size, value);
        return 0;
    }

    private ulong ActOnIoApic(Random random)
    {
        if (random.Next(4) == 0)
        {
            IoApic.Line(random.Next(IoApic.Pins)).Set(random.Next(2) == 0);
            return 0;
        }

        ulong address = IoApic.Address + (ulong)(random.Next(8) switch { 0 => random.Next(0x1000), 1 => 0x40, < 5 => 0, _ => 0x10 });
        int size = random.Next(8) == 0 ? 1 << random.Next(4) : 4;
        if (random.Next(3) == 0)
            return Memory.Read(address, size);
        Memory.Write(address, size, random.Next(2) == 0 ? (ulong)random.Next(0x48) : (ulong)random.NextInt64(1L << 32));
        return 0;
    }

    private ulong ActOnApic(Random random)
    {
        uint register = (uint)random.Next(random.Next(4) == 0 ? 0x100 : 0x40);
        ulong value = random.Next(3) switch
        {
            0 => (ulong)random.Next(0x400),
            1 => (ulong)random.Next(1 << 20),
            _ => (ulong)random.NextInt64(1L << 32),
        };
        // The spurious vector register decides whether anything happens at all: keep the APIC on most of the time.
        if (register == 0x0F && random.Next(4) != 0)
            value |= 0x100;
        uint msr = random.Next(8) == 0 ? 0x6E0 : 0x800 + register;
        ulong address = LocalApic.DefaultBase + (register * 16) + (random.Next(8) == 0 ? (uint)random.Next(16) : 0);
        switch (random.Next(5))
        {
            case 0:
                Apic.TryReadMsr(msr, out ulong read);
                return read;
            case 1:
                return Apic.TryWriteMsr(msr, value | (msr == 0x6E0 ? Clock.Now & ~0xFFFFFul : 0)) ? 1ul : 0;
            case 2:
                return Memory.Read(address, 1 << random.Next(4));
            case 3 when random.Next(50) == 0:
                return Apic.TrySetMode((ApicMode)random.Next(3)) ? 1ul : 0;
            default:
                Memory.Write(address, random.Next(8) == 0 ? 1 << random.Next(4) : 4, value);
                return 0;
        }
    }
}
