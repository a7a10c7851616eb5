namespace ReplayVmm.Devices;

/// <summary>
/// A local APIC (SDM volume 3, chapter 11): xAPIC registers in a page at FEE00000h, x2APIC registers as MSRs, interrupt acceptance and priorities,
/// LVT, interprocessor interrupts and the timer. Version 14h with six LVT entries, no EOI-broadcast suppression. Its identifier cannot be
/// written. Wires carry logical levels, so the polarity bits of LINT0 and LINT1 are stored and mean nothing.
/// </summary>
public sealed partial class LocalApic : IMmioDevice, ITimedDevice
{
    /// <summary>Guest-physical address of the registers after reset.</summary>
    public const ulong DefaultBase = 0xFEE0_0000;

    /// <summary>Size of the register page in bytes.</summary>
    public const ulong PageLength = 0x1000;

    private const uint Masked = 0x1_0000, LevelTriggered = 0x8000, RemoteIrr = 0x4000;
    private const uint SoftwareEnable = 0x100;
    private const byte ErrorSendIllegalVector = 0x20, ErrorReceivedIllegalVector = 0x40, ErrorIllegalRegister = 0x80;
    private const int FirstLegalVector = 16;

    private readonly IVirtualClock clock;
    private readonly IApicProcessor processor;
    private readonly IApicBus bus;
    private readonly ITimestampClock? timestamp;
    private readonly ApicMode initialMode;
    private LocalApicState state;

    /// <summary>The APIC of one processor.</summary>
    /// <param name="id">Its identifier: 0 to FEh in xAPIC mode.</param>
    /// <param name="clock">Virtual time, for the timer.</param>
    /// <param name="processor">The processor it belongs to.</param>
    /// <param name="bus">The way to the others.</param>
    /// <param name="timestamp">The timestamp counter, for TSC-deadline mode; null when it counts nanoseconds of virtual time.</param>
    /// <param name="initialMode">
    /// Mode after <see cref="Reset"/>: hardware starts as an xAPIC; a machine without one starts and stays disabled.
    /// </param>
    public LocalApic(
        uint id,
        IVirtualClock clock,
        IApicProcessor processor,
        IApicBus bus,
        ITimestampClock? timestamp = null,
        ApicMode initialMode = ApicMode.XApic)
    {
        Id = id;
        Name = $"lapic{id}";
        this.clock = clock;
        this.processor = processor;
        this.bus = bus;
        this.timestamp = timestamp;
        this.initialMode = initialMode;
        Lint0 = new Pin(this, LocalVectorTable.Lint0);
        Lint1 = new Pin(this, LocalVectorTable.Lint1);
        Reset();
    }

    /// <summary>The identifier.</summary>
    public uint Id { get; }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public Span<byte> State => DeviceState.BytesOf(ref state);

    /// <summary>The LINT0 pin, wired to the 8259A pair's output; INTR while the APIC is disabled.</summary>
    public IInterruptLine Lint0 { get; }

    /// <summary>The LINT1 pin; NMI while the APIC is disabled.</summary>
    public IInterruptLine Lint1 { get; }

    /// <summary>Guest-physical address of the register page, in xAPIC mode: a multiple of 4,096.</summary>
    public ulong Base
    {
        get => state.Base;
        set => state.Base = value & ~(PageLength - 1);
    }

    /// <summary>How it is switched on.</summary>
    public ApicMode Mode => state.Mode;

    /// <summary>TPR, 8 bits; CR8 is its upper half.</summary>
    public byte TaskPriority
    {
        get => state.TaskPriority;
        set => state.TaskPriority = value;
    }

    /// <summary>PPR, 8 bits (SDM volume 3, section 11.8.3.1).</summary>
    public byte ProcessorPriority
    {
        get
        {
            int served = Math.Max(state.InService.Highest, 0);
            return (state.TaskPriority >> 4) >= (served >> 4) ? state.TaskPriority : (byte)(served & 0xF0);
        }
    }

    /// <summary>Whether fixed interrupts are taken: switched on by IA32_APIC_BASE and by the spurious vector register.</summary>
    public bool AcceptsFixed => state.Mode != ApicMode.Disabled && SoftwareEnabled;

    /// <summary>Whether LINT0 passes the 8259A's interrupt: its vector comes from there, and the task priority does not hold it back.</summary>
    public bool ExtIntPending => state.Lint0 != 0 && (state.Mode == ApicMode.Disabled
        || ((state.Lvt[LocalVectorTable.Lint0] & Masked) == 0 && DeliveryModeOf(state.Lvt[LocalVectorTable.Lint0]) == ApicDeliveryMode.ExtInt));

    /// <summary>The vector that would interrupt the processor now if its interrupt flag allowed it, or -1.</summary>
    public int PendingVector
    {
        get
        {
            int requested = state.Request.Highest;
            return requested >= 0 && state.Mode != ApicMode.Disabled && (requested >> 4) > (ProcessorPriority >> 4) ? requested : -1;
        }
    }

    private bool SoftwareEnabled => (state.SpuriousVector & SoftwareEnable) != 0;

    /// <summary>Power-up (SDM volume 3, section 11.4.7.1); the pins keep their level.</summary>
    public void Reset()
    {
        state.Mode = initialMode;
        state.Base = DefaultBase;
        Init();
    }

    /// <summary>INIT reset (SDM volume 3, section 11.4.7.3): as at power-up, but mode and address stay.</summary>
    public void Init()
    {
        byte lint0 = state.Lint0, lint1 = state.Lint1;
        ApicMode mode = state.Mode;
        ulong address = state.Base;
        state = default;
        state.Base = address;
        state.Lint0 = lint0;
        state.Lint1 = lint1;
        state.Mode = mode;
        state.SpuriousVector = 0xFF;
        state.DestinationFormat = uint.MaxValue;
        state.Deadline = ulong.MaxValue;
        for (int i = 0; i < LocalVectorTable.Length; i++)
            state.Lvt[i] = Masked;
    }

    /// <summary>What firmware does before it starts a system: enabled, LINT0 passes the 8259A, LINT1 is NMI (virtual wire mode).</summary>
    public void EnterVirtualWireMode()
    {
        if (state.Mode == ApicMode.Disabled)
            return;
        state.SpuriousVector = SoftwareEnable | 0x0F;
        state.Lvt[LocalVectorTable.Lint0] = (uint)ApicDeliveryMode.ExtInt << 8;
        state.Lvt[LocalVectorTable.Lint1] = (uint)ApicDeliveryMode.Nmi << 8;
    }

    /// <summary>A write of IA32_APIC_BASE changes the mode (SDM volume 3, figure 11-27).</summary>
    /// <returns>False, with nothing changed, for a transition that raises #GP: disabled to x2APIC, x2APIC to xAPIC.</returns>
    public bool TrySetMode(ApicMode mode)
    {
        if (mode == state.Mode)
            return true;
        bool forbidden = state.Mode == ApicMode.Disabled ? mode == ApicMode.X2Apic : state.Mode == ApicMode.X2Apic && mode == ApicMode.XApic;
        if (forbidden || mode > ApicMode.X2Apic)
            return false;
        bool keepsState = state.Mode == ApicMode.XApic && mode == ApicMode.X2Apic;
        state.Mode = mode;
        if (keepsState)
            state.InterruptCommand &= uint.MaxValue;
        else
            Init();
        return true;
    }

    /// <summary>
    /// The processor takes the interrupt of <see cref="PendingVector"/>, which enters service; the spurious vector if there is none.
    /// </summary>
    public int Acknowledge()
    {
        int vector = PendingVector;
        if (vector < 0)
            return (byte)state.SpuriousVector;
        // The timer needs no deadline while its own interrupt waits; when that leaves IRR it does again.
        Advance();
        state.Request.Remove((byte)vector);
        state.InService.Add((byte)vector);
        ArmTimer();
        return vector;
    }

    /// <summary>Whether a message with this destination is for this APIC (SDM volume 3, sections 11.6.2 and 11.12.10).</summary>
    public bool Matches(uint destination, bool logical)
    {
        switch (state.Mode)
        {
            case ApicMode.Disabled:
                return false;
            case ApicMode.X2Apic when !logical:
                return destination == Id || destination == uint.MaxValue;
            case ApicMode.X2Apic:
                return destination == uint.MaxValue || (destination >> 16 == LogicalId >> 16 && (destination & LogicalId & 0xFFFF) != 0);
        }

        destination &= 0xFF;
        if (!logical)
            return destination == Id || destination == 0xFF;
        uint mine = LogicalId >> 24;
        if (destination == 0xFF)
            return true;
        bool flat = state.DestinationFormat >> 28 == 0xF;
        return flat
            ? (destination & mine) != 0
            : destination >> 4 == mine >> 4 && (destination & mine & 0xF) != 0;
    }

    /// <summary>Takes a message that is addressed to this APIC.</summary>
    /// <returns>False where it is switched off; one that is off by its spurious vector register takes no vectors.</returns>
    public bool Accept(in ApicMessage message)
    {
        bool taken = message.Mode is ApicDeliveryMode.Fixed or ApicDeliveryMode.LowestPriority ? AcceptsFixed : state.Mode != ApicMode.Disabled;
        if (taken)
            Deliver(message.Mode, message.Vector, message.LevelTriggered);
        return taken;
    }

    private uint LogicalId => state.Mode == ApicMode.X2Apic ? ((Id >> 4) << 16) | (1u << (int)(Id & 15)) : state.LogicalDestination;

    private static ApicDeliveryMode DeliveryModeOf(uint lvt) => (ApicDeliveryMode)((lvt >> 8) & 7);

    private void Deliver(ApicDeliveryMode mode, byte vector, bool levelTriggered)
    {
        switch (mode)
        {
            case ApicDeliveryMode.Fixed or ApicDeliveryMode.LowestPriority:
                AcceptFixed(vector, levelTriggered);
                break;
            case ApicDeliveryMode.Smi:
                processor.RaiseSmi();
                break;
            case ApicDeliveryMode.Nmi:
                processor.RaiseNmi();
                break;
            case ApicDeliveryMode.Init:
                processor.RaiseInit();
                break;
            case ApicDeliveryMode.StartUp:
                processor.RaiseStartUp(vector);
                break;
        }
    }

    private void AcceptFixed(byte vector, bool levelTriggered)
    {
        if (!SoftwareEnabled)
            return;
        if (vector < FirstLegalVector)
        {
            ReportError(ErrorReceivedIllegalVector);
            return;
        }

        state.Request.Add(vector);
        if (levelTriggered)
            state.TriggerMode.Add(vector);
        else
            state.TriggerMode.Remove(vector);
    }

    private void ReportError(byte error)
    {
        // One interrupt until ESR is written: what comes meanwhile is only collected.
        bool first = state.PendingErrors == 0;
        state.PendingErrors |= error;
        uint entry = state.Lvt[LocalVectorTable.Error];
        if (first && (entry & Masked) == 0)
            AcceptFixed((byte)entry, levelTriggered: false);
    }

    private void EndOfInterrupt()
    {
        int vector = state.InService.Highest;
        if (vector < 0)
            return;
        state.InService.Remove((byte)vector);
        if (!state.TriggerMode.Has((byte)vector))
            return;
        bus.EndOfInterrupt((byte)vector);
        for (int entry = LocalVectorTable.Lint0; entry <= LocalVectorTable.Lint1; entry++)
        {
            if ((byte)state.Lvt[entry] != vector || (state.Lvt[entry] & RemoteIrr) == 0)
                continue;
            state.Lvt[entry] &= ~RemoteIrr;
            SamplePin(entry, rose: false);
        }
    }

    private void SetPin(int entry, bool asserted)
    {
        ref byte level = ref entry == LocalVectorTable.Lint0 ? ref state.Lint0 : ref state.Lint1;
        if (level != 0 == asserted)
            return;
        level = asserted ? (byte)1 : (byte)0;
        SamplePin(entry, rose: asserted);
    }

    private void SamplePin(int entry, bool rose)
    {
        if (state.Mode == ApicMode.Disabled)
        {
            if (rose && entry == LocalVectorTable.Lint1)
                processor.RaiseNmi();
            return;
        }

        uint lvt = state.Lvt[entry];
        ApicDeliveryMode mode = DeliveryModeOf(lvt);
        bool asserted = (entry == LocalVectorTable.Lint0 ? state.Lint0 : state.Lint1) != 0;
        if ((lvt & Masked) != 0 || mode == ApicDeliveryMode.ExtInt)
            return;
        // Only LINT0 in fixed mode can be level-triggered; SMI, NMI and INIT are edges whatever the bit says.
        if (mode == ApicDeliveryMode.Fixed && (lvt & LevelTriggered) != 0 && entry == LocalVectorTable.Lint0)
        {
            if (!asserted || (lvt & RemoteIrr) != 0)
                return;
            state.Lvt[entry] |= RemoteIrr;
            AcceptFixed((byte)lvt, levelTriggered: true);
        }
        else if (rose && mode is not (ApicDeliveryMode.StartUp or ApicDeliveryMode.LowestPriority))
        {
            Deliver(mode, (byte)lvt, levelTriggered: false);
        }
    }

    private sealed class Pin(LocalApic apic, int entry) : IInterruptLine
    {
        public void Set(bool asserted) => apic.SetPin(entry, asserted);
    }
}
