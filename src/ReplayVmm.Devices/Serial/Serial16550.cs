namespace ReplayVmm.Devices;

/// <summary>
/// A 16550A UART (National Semiconductor PC16550D data sheet) wired as in a PC: eight byte-wide ports, its interrupt passed on only while
/// OUT2 is set and loopback is off. A byte written is sent at once: the transmitter is always empty, because a guest that polls LSR for 87 us
/// a character would fill the log with polls. THRE interrupts still come one for each emptying. Received bytes wait in the FIFO; the
/// character timeout is counted in virtual time from the programmed speed and format. The peer holds DCD, DSR and CTS asserted and never
/// sends parity errors, framing errors or breaks.
/// </summary>
public sealed class Serial16550 : IPortDevice, ITimedDevice, IConsoleDevice
{
    private const byte InterruptReceived = 0x01, InterruptTransmitterEmpty = 0x02, InterruptLineStatus = 0x04, InterruptModem = 0x08;
    private const byte LineStatusDataReady = 0x01, LineStatusOverrun = 0x02, LineStatusTransmitterEmpty = 0x60;
    private const byte ModemControlOut2 = 0x08, ModemControlLoop = 0x10;
    private const byte PeerLines = 0xB0;
    private const byte DivisorLatchAccess = 0x80;
    private const ulong ClockHertz = 1_843_200;

    private readonly IVirtualClock clock;
    private readonly IInterruptLine line;
    private readonly IConsoleSink sink;
    private readonly ushort basePort;
    private Serial16550State state;

    /// <summary>A UART at <paramref name="basePort"/> to <paramref name="basePort"/> + 7.</summary>
    /// <param name="name">Name in the machine: <c>com1</c>.</param>
    /// <param name="basePort">3F8h for COM1, 2F8h for COM2.</param>
    /// <param name="clock">Virtual time, for the character timeout.</param>
    /// <param name="line">Its interrupt: IRQ 4 for COM1, IRQ 3 for COM2.</param>
    /// <param name="sink">Where the bytes go that the guest sends.</param>
    public Serial16550(string name, ushort basePort, IVirtualClock clock, IInterruptLine line, IConsoleSink sink)
    {
        Name = name;
        this.basePort = basePort;
        this.clock = clock;
        this.line = line;
        this.sink = sink;
        Reset();
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public Span<byte> State => DeviceState.BytesOf(ref state);

    /// <summary>The eight ports.</summary>
    public IReadOnlyList<PortClaim> Ports => [new(this, basePort, 8)];

    /// <inheritdoc/>
    public ulong Deadline => state.TimeoutAt;

    /// <summary>
    /// Free places in the receiver; none in loopback, where the receiver is cut off from the line, so that typed bytes wait outside.
    /// </summary>
    public int ReceiveCapacity => Loopback ? 0 : Math.Max(0, Capacity - state.FifoCount);

    private bool Loopback => (state.ModemControl & ModemControlLoop) != 0;

    private bool FifoEnabled => (state.FifoControl & 1) != 0;

    private int Capacity => FifoEnabled ? FifoBytes.Length : 1;

    private int Trigger => !FifoEnabled ? 1 : (state.FifoControl >> 6) switch { 0 => 1, 1 => 4, 2 => 8, _ => 14 };

    private byte ModemLines => Loopback
        ? (byte)(((state.ModemControl & 0x0C) << 4) | ((state.ModemControl & 1) << 5) | ((state.ModemControl & 2) << 3))
        : PeerLines;

    /// <summary>Master reset (data sheet table 2); the divisor is set to 9600 baud, where the chip leaves it undefined.</summary>
    public void Reset()
    {
        state = default;
        state.Divisor = 12;
        state.TimeoutAt = ulong.MaxValue;
        UpdateLine();
    }

    /// <inheritdoc/>
    public void Advance()
    {
        if (state.TimeoutAt > clock.Now)
            return;
        state.TimeoutAt = ulong.MaxValue;
        state.CharacterTimeout = 1;
        UpdateLine();
    }

    /// <inheritdoc/>
    public void Receive(ReadOnlySpan<byte> bytes)
    {
        if (Loopback)
            return;
        foreach (byte value in bytes)
            Take(value);
        UpdateLine();
    }

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size)
    {
        Advance();
        bool latch = (state.LineControl & DivisorLatchAccess) != 0;
        switch ((port - basePort) & 7)
        {
            case 0:
                return latch ? (byte)state.Divisor : ReadReceiver();
            case 1:
                return latch ? (uint)state.Divisor >> 8 : state.InterruptEnable;
            case 2:
                return ReadInterruptIdentification();
            case 3:
                return state.LineControl;
            case 4:
                return state.ModemControl;
            case 5:
                return ReadLineStatus();
            case 6:
                uint modem = (uint)ModemLines | state.ModemDeltas;
                state.ModemDeltas = 0;
                UpdateLine();
                return modem;
            default:
                return state.Scratch;
        }
    }

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        Advance();
        bool latch = (state.LineControl & DivisorLatchAccess) != 0;
        byte data = (byte)value;
        switch ((port - basePort) & 7)
        {
            case 0 when latch:
                state.Divisor = (ushort)((state.Divisor & 0xFF00) | data);
                break;
            case 0:
                Transmit(data);
                break;
            case 1 when latch:
                state.Divisor = (ushort)((state.Divisor & 0x00FF) | (data << 8));
                break;
            case 1:
                if ((data & ~state.InterruptEnable & InterruptTransmitterEmpty) != 0)
                    state.TransmitterEmptied = 1;
                state.InterruptEnable = (byte)(data & 0x0F);
                break;
            case 2:
                WriteFifoControl(data);
                break;
            case 3:
                state.LineControl = data;
                break;
            case 4:
                WriteModemControl((byte)(data & 0x1F));
                break;
            case 7:
                state.Scratch = data;
                break;
        }

        UpdateLine();
    }

    private void Transmit(byte data)
    {
        // The holding register fills, which withdraws the interrupt, and empties again, which raises it: the controller sees a new edge.
        state.TransmitterEmptied = 0;
        UpdateLine();
        if (Loopback)
            Take(data);
        else
            sink.Write(data);
        state.TransmitterEmptied = 1;
    }

    private void Take(byte value)
    {
        if (!FifoEnabled)
            state.LastReceived = value;
        if (state.FifoCount >= Capacity)
        {
            state.Overrun = 1;
            // Without a FIFO the newcomer overwrites the unread byte; with one, the newcomer itself is lost.
            if (!FifoEnabled)
                state.Fifo[state.FifoHead & (FifoBytes.Length - 1)] = value;
            return;
        }

        state.Fifo[(state.FifoHead + state.FifoCount) & (FifoBytes.Length - 1)] = value;
        state.FifoCount++;
        RestartTimeout();
    }

    private uint ReadLineStatus()
    {
        uint status = LineStatusTransmitterEmpty | (state.FifoCount != 0 ? LineStatusDataReady : 0u);
        if (state.Overrun == 0)
            return status;
        state.Overrun = 0;
        UpdateLine();
        return status | LineStatusOverrun;
    }

    private byte ReadReceiver()
    {
        // An empty FIFO gives zero, the single buffer its last byte once more; the data sheet leaves both open.
        byte value = FifoEnabled ? (byte)0 : state.LastReceived;
        if (state.FifoCount != 0)
        {
            value = state.Fifo[state.FifoHead & (FifoBytes.Length - 1)];
            state.FifoHead = (byte)((state.FifoHead + 1) & (FifoBytes.Length - 1));
            state.FifoCount--;
        }

        RestartTimeout();
        UpdateLine();
        return value;
    }

    private uint ReadInterruptIdentification()
    {
        uint identification = PendingInterrupt();
        if (identification == 0x02)
        {
            state.TransmitterEmptied = 0;
            UpdateLine();
        }

        return identification | (FifoEnabled ? 0xC0u : 0);
    }

    /// <summary>The interrupt identification bits of the highest pending source (data sheet table 5); 1 for none.</summary>
    private uint PendingInterrupt()
    {
        byte enabled = state.InterruptEnable;
        if ((enabled & InterruptLineStatus) != 0 && state.Overrun != 0)
            return 0x06;
        if ((enabled & InterruptReceived) != 0 && state.FifoCount >= Trigger)
            return 0x04;
        if ((enabled & InterruptReceived) != 0 && state.CharacterTimeout != 0)
            return 0x0C;
        if ((enabled & InterruptTransmitterEmpty) != 0 && state.TransmitterEmptied != 0)
            return 0x02;
        return (enabled & InterruptModem) != 0 && state.ModemDeltas != 0 ? 0x00u : 0x01u;
    }

    private void UpdateLine()
    {
        bool connected = (state.ModemControl & (ModemControlOut2 | ModemControlLoop)) == ModemControlOut2;
        line.Set(connected && PendingInterrupt() != 0x01);
    }

    private void WriteFifoControl(byte data)
    {
        bool enable = (data & 1) != 0;
        if (enable != FifoEnabled || (enable && (data & 2) != 0))
        {
            state.FifoHead = 0;
            state.FifoCount = 0;
            state.Fifo = default;
            state.FifoControl = 0;
            RestartTimeout();
        }

        // The other bits can only be programmed together with the enable bit; the reset bits clear themselves.
        if (enable)
            state.FifoControl = (byte)(data & 0xC9);
    }

    private void WriteModemControl(byte data)
    {
        byte before = ModemLines;
        state.ModemControl = data;
        byte after = ModemLines;
        const byte RingIndicator = 0x40;
        int changed = (before ^ after) & ~RingIndicator;
        int ringEnded = before & ~after & RingIndicator;
        state.ModemDeltas |= (byte)((changed | ringEnded) >> 4);
    }

    private void RestartTimeout()
    {
        state.CharacterTimeout = 0;
        state.TimeoutAt = FifoEnabled && state.FifoCount != 0 ? TickRate.After(clock.Now, clock.Now + FourCharacters()) : ulong.MaxValue;
    }

    /// <summary>Nanoseconds that four characters take at the programmed speed and format.</summary>
    private ulong FourCharacters()
    {
        int dataBits = 5 + (state.LineControl & 3);
        bool longStop = (state.LineControl & 4) != 0;
        int halfBits = 2 + (2 * dataBits) + ((state.LineControl & 8) >> 2) + (longStop ? (dataBits == 5 ? 3 : 4) : 2);
        ulong divisor = state.Divisor == 0 ? 0x10000u : state.Divisor;
        return (ulong)halfBits * divisor * (4 * 8) * TickRate.NanosecondsPerSecond / ClockHertz;
    }
}
