namespace ReplayVmm.Devices;

/// <summary>
/// An IO-APIC with 24 pins (Intel 82093AA datasheet, sections 3 and 3.2; the EOI register of version 20h as in later chipsets): IOREGSEL at
/// offset 00h selects the register that IOWIN at 10h shows, and a store of a vector to 40h ends a level-triggered interrupt. Registers are
/// 32 bits wide: narrower and wider accesses, and other offsets, read 0 and write nothing. Wires carry logical levels, so a pin's polarity
/// bit is stored and means nothing. ExtINT delivers nothing: the 8259A pair is wired to LINT0 of the local APICs.
/// </summary>
public sealed class IoApic : IMmioDevice
{
    /// <summary>Guest-physical address of the registers.</summary>
    public const ulong Address = 0xFEC0_0000;

    /// <summary>Bytes that belong to it.</summary>
    public const ulong Length = 0x1000;

    /// <summary>Interrupt inputs.</summary>
    public const int Pins = 24;

    /// <summary>The version that it shows: one with an EOI register.</summary>
    public const byte VersionNumber = 0x20;

    private const ulong SelectOffset = 0x00, WindowOffset = 0x10, EndOfInterruptOffset = 0x40;
    private const byte RegisterId = 0x00, RegisterVersion = 0x01, RegisterArbitration = 0x02, FirstRedirection = 0x10;
    private const uint Version = ((Pins - 1) << 16) | VersionNumber;
    private const uint Logical = 0x800, RemoteIrr = 0x4000, LevelTriggered = 0x8000, Masked = 0x1_0000, LowWritable = 0x1_AFFF;
    private const ulong HighWritable = 0xFF00_0000;
    private const byte Everybody = 0xFF;

    private readonly ApicBus bus;
    private readonly InputLine[] lines = new InputLine[Pins];
    private IoApicState state;

    /// <summary>An IO-APIC whose messages travel on <paramref name="bus"/>; it hears there which interrupts have ended.</summary>
    public IoApic(ApicBus bus)
    {
        ArgumentNullException.ThrowIfNull(bus);
        this.bus = bus;
        bus.EndOfInterruptSink = EndOfInterrupt;
        for (int pin = 0; pin < Pins; pin++)
            lines[pin] = new InputLine(this, pin);
        Reset();
    }

    /// <inheritdoc/>
    public string Name => "ioapic";

    /// <inheritdoc/>
    public Span<byte> State => DeviceState.BytesOf(ref state);

    /// <summary>The wire of a pin.</summary>
    /// <param name="pin">0 to 23; the global system interrupt of that number.</param>
    public IInterruptLine Line(int pin) => lines[pin];

    /// <summary>What firmware does before it starts a system: gives it an identifier, 0 to 15.</summary>
    public void Identify(byte id) => state.Id = (byte)(id & 0xF);

    /// <summary>Power-on: every pin masked. Wires keep their level.</summary>
    public void Reset()
    {
        uint levels = state.Lines;
        state = default;
        state.Lines = levels;
        for (int pin = 0; pin < Pins; pin++)
            state.Redirection[pin] = Masked;
    }

    /// <inheritdoc/>
    public ulong ReadMemory(ulong offset, int size) => size != 4 ? 0 : offset switch
    {
        SelectOffset => state.Select,
        WindowOffset => ReadRegister(),
        _ => 0ul,
    };

    /// <inheritdoc/>
    public void WriteMemory(ulong offset, int size, ulong value)
    {
        if (size != 4)
            return;
        switch (offset)
        {
            case SelectOffset:
                state.Select = (byte)value;
                break;
            case WindowOffset:
                WriteRegister((uint)value);
                break;
            case EndOfInterruptOffset:
                EndOfInterrupt((byte)value);
                break;
        }
    }

    /// <summary>A level-triggered interrupt has ended: pins with <paramref name="vector"/> may interrupt again, and do if still asserted.</summary>
    public void EndOfInterrupt(byte vector)
    {
        for (int pin = 0; pin < Pins; pin++)
        {
            ulong entry = state.Redirection[pin];
            if ((byte)entry != vector || (entry & LevelTriggered) == 0 || (entry & RemoteIrr) == 0)
                continue;
            state.Redirection[pin] = entry & ~(ulong)RemoteIrr;
            SampleLevel(pin);
        }
    }

    private static ApicDeliveryMode ModeOf(ulong entry) => (ApicDeliveryMode)((entry >> 8) & 7);

    /// <summary>SMI, NMI and INIT are edges whatever the trigger bit says.</summary>
    private static bool IsLevel(ulong entry) =>
        (entry & LevelTriggered) != 0 && ModeOf(entry) is ApicDeliveryMode.Fixed or ApicDeliveryMode.LowestPriority;

    private uint ReadRegister()
    {
        switch (state.Select)
        {
            case RegisterId or RegisterArbitration:
                return (uint)(state.Id & 0xF) << 24;
            case RegisterVersion:
                return Version;
            case >= FirstRedirection and < FirstRedirection + (2 * Pins):
                ulong entry = state.Redirection[(state.Select - FirstRedirection) >> 1];
                return (uint)(entry >> (32 * (state.Select & 1)));
            default:
                return 0;
        }
    }

    private void WriteRegister(uint value)
    {
        if (state.Select == RegisterId)
            state.Id = (byte)((value >> 24) & 0xF);
        if (state.Select is < FirstRedirection or >= FirstRedirection + (2 * Pins))
            return;
        int pin = (state.Select - FirstRedirection) >> 1;
        ref ulong entry = ref state.Redirection[pin];
        if ((state.Select & 1) != 0)
        {
            entry = (uint)entry | ((value & HighWritable) << 32);
            return;
        }

        entry = (entry & (0xFFFF_FFFF_0000_0000 | RemoteIrr)) | (value & LowWritable);
        if (!IsLevel(entry))
            entry &= ~(ulong)RemoteIrr;
        SampleLevel(pin);
    }

    private void SetLine(int pin, bool asserted)
    {
        uint bit = 1u << pin;
        if ((state.Lines & bit) != 0 == asserted)
            return;
        state.Lines ^= bit;
        ulong entry = state.Redirection[pin];
        if (IsLevel(entry))
            SampleLevel(pin);
        else if (asserted && (entry & Masked) == 0)
            Send(entry, levelTriggered: false);
    }

    /// <summary>An asserted level-triggered pin interrupts unless it is masked or its last interrupt has not ended.</summary>
    private void SampleLevel(int pin)
    {
        ulong entry = state.Redirection[pin];
        if (!IsLevel(entry) || (entry & (Masked | RemoteIrr)) != 0 || ((state.Lines >> pin) & 1) == 0)
            return;
        if (Send(entry, levelTriggered: true))
            state.Redirection[pin] |= RemoteIrr;
    }

    /// <summary>Sends what an entry says.</summary>
    /// <returns>Whether a local APIC took it.</returns>
    private bool Send(ulong entry, bool levelTriggered)
    {
        ApicDeliveryMode mode = ModeOf(entry);
        if (mode is ApicDeliveryMode.Reserved or ApicDeliveryMode.StartUp or ApicDeliveryMode.ExtInt)
            return false;
        byte destination = (byte)(entry >> 56);
        uint address = destination == Everybody ? uint.MaxValue : destination;
        return bus.Send(new ApicMessage(address, (entry & Logical) != 0, mode, (byte)entry, levelTriggered));
    }

    private sealed class InputLine(IoApic chip, int pin) : IInterruptLine
    {
        public void Set(bool asserted) => chip.SetLine(pin, asserted);
    }
}
