namespace ReplayVmm.Devices;

/// <summary>
/// The MC146818A real-time clock and CMOS memory of a PC at 70h/71h. The time is that of the wall clock when the machine was switched on,
/// which is an input, plus virtual time. Registers change and the update-ended flag rises at the end of an update cycle; UIP is set for 2228 us
/// before that (data sheet: 244 us notice and 1984 us of update at 32,768 Hz). The battery keeps time and memory over a reset.
/// </summary>
public sealed class CmosRtc : IPortDevice, ITimedDevice
{
    /// <summary>The CMOS byte that holds the century.</summary>
    public const byte CenturyRegister = CmosCalendar.Century;

    private const int RegisterA = 0x0A, RegisterB = 0x0B, RegisterC = 0x0C, RegisterD = 0x0D;
    private const byte Set = 0x80, PeriodicEnable = 0x40, AlarmEnable = 0x20, UpdateEnable = 0x10, SquareWave = 0x08;
    private const byte InterruptRequest = 0x80, PeriodicFlag = 0x40, AlarmFlag = 0x20, UpdateFlag = 0x10;
    private const byte UpdateInProgress = 0x80, RamValid = 0x80;
    private const ulong Second = TickRate.NanosecondsPerSecond;
    private const ulong UpdateWindow = 2_228_000;
    private const ulong CrystalHertz = 32_768;

    private readonly IVirtualClock clock;
    private readonly IInterruptLine line;
    private CmosRtcState state;

    /// <summary>A clock that has just been powered, with memory as a PC's firmware leaves it.</summary>
    /// <param name="clock">Virtual time.</param>
    /// <param name="line">IRQ 8.</param>
    /// <param name="wallClock">
    /// What it shows at virtual time 0: nanoseconds since 1970-01-01 00:00:00 in the zone the machine keeps (UTC by custom).
    /// </param>
    /// <param name="memoryBelow4G">Bytes of memory from address 0 to the hole below 4 GiB.</param>
    /// <param name="memoryAbove4G">Bytes of memory from 4 GiB on.</param>
    public CmosRtc(IVirtualClock clock, IInterruptLine line, ulong wallClock, ulong memoryBelow4G, ulong memoryAbove4G = 0)
    {
        this.clock = clock;
        this.line = line;
        state.Cmos[RegisterA] = 0x26;
        state.Cmos[RegisterB] = 0x02;
        state.NextUpdate = Second - (wallClock % Second);
        // Updates come half a second out of step with the chain; the start lies before switch-on, so that it never lies ahead of now.
        state.DividerStart = state.NextUpdate - (3 * Second / 2);
        state.PeriodicTick = CrystalTicks;
        CmosCalendar.Set(ref state.Cmos, state.Cmos[RegisterB], wallClock / Second);
        DescribeMemory(memoryBelow4G, memoryAbove4G);
        Synchronize();
        Reset();
    }

    /// <inheritdoc/>
    public string Name => "rtc";

    /// <inheritdoc/>
    public Span<byte> State => DeviceState.BytesOf(ref state);

    /// <summary>Its ports.</summary>
    public IReadOnlyList<PortClaim> Ports => [new(this, 0x70, 2)];

    /// <summary>Bit 7 of port 70h: non-maskable interrupts are held back.</summary>
    public bool NmiMasked => state.NmiMasked != 0;

    /// <inheritdoc/>
    public ulong Deadline => state.Deadline;

    private bool Updating => (state.Cmos[RegisterB] & Set) == 0 && !DividerHeld;

    private bool DividerHeld => (state.Cmos[RegisterA] & 0x60) == 0x60;

    private ulong CrystalTicks => TickRate.TicksAt(clock.Now - state.DividerStart, CrystalHertz);

    /// <summary>Ticks of 32,768 Hz between periodic events; 0 for none (data sheet table 5: rates 1 and 2 repeat 8 and 9).</summary>
    private ulong PeriodicTicks
    {
        get
        {
            int rate = state.Cmos[RegisterA] & 15;
            return rate == 0 ? 0 : rate < 3 ? 64ul << rate : 1ul << (rate - 1);
        }
    }

    /// <summary>The reset pin: interrupt enables and flags go, time and memory stay.</summary>
    public void Reset()
    {
        state.Cmos[RegisterB] &= unchecked((byte)~(PeriodicEnable | AlarmEnable | UpdateEnable | SquareWave));
        state.Cmos[RegisterC] = 0;
        state.Index = 0;
        state.NmiMasked = 0;
        Update();
    }

    /// <summary>A byte of CMOS memory as firmware would store it, without side effects; registers 0 to 0Dh are not reachable this way.</summary>
    /// <param name="index">0Eh to 7Fh.</param>
    /// <param name="value">The byte.</param>
    public void SetMemory(int index, byte value)
    {
        if (index is <= RegisterD or >= CmosBytes.Length)
            throw new ArgumentOutOfRangeException(nameof(index), index, "CMOS memory is 0Eh to 7Fh");
        state.Cmos[index] = value;
        StoreChecksum();
    }

    /// <inheritdoc/>
    public void Advance()
    {
        Synchronize();
        Update();
    }

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size)
    {
        Advance();
        if ((port & 1) == 0)
            return 0xFF;
        int index = state.Index & (CmosBytes.Length - 1);
        switch (index)
        {
            case RegisterA:
                bool inUpdate = Updating && state.NextUpdate - clock.Now <= UpdateWindow;
                return (state.Cmos[RegisterA] & 0x7Fu) | (inUpdate ? UpdateInProgress : 0u);
            case RegisterC:
                uint flags = state.Cmos[RegisterC];
                state.Cmos[RegisterC] = 0;
                Update();
                return flags;
            case RegisterD:
                return RamValid;
            default:
                return state.Cmos[index];
        }
    }

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        Advance();
        byte data = (byte)value;
        if ((port & 1) == 0)
        {
            state.Index = (byte)(data & 0x7F);
            state.NmiMasked = (byte)(data >> 7);
            return;
        }

        int index = state.Index & (CmosBytes.Length - 1);
        switch (index)
        {
            case RegisterA:
                WriteRegisterA(data);
                break;
            case RegisterB:
                // Setting SET ends an update in progress and clears the update interrupt's enable.
                state.Cmos[RegisterB] = (data & Set) != 0 ? (byte)(data & ~UpdateEnable) : data;
                break;
            case RegisterC or RegisterD:
                break;
            default:
                state.Cmos[index] = data;
                break;
        }

        Update();
    }

    private void WriteRegisterA(byte data)
    {
        bool held = DividerHeld;
        state.Cmos[RegisterA] = (byte)(data & 0x7F);
        if (held && !DividerHeld)
        {
            // The first update comes half a second after the divider is released.
            state.DividerStart = clock.Now;
            state.NextUpdate = clock.Now + (Second / 2);
        }

        state.PeriodicTick = CrystalTicks;
    }

    /// <summary>Brings registers and flags to the present.</summary>
    private void Synchronize()
    {
        ulong now = clock.Now;
        ref CmosBytes cmos = ref state.Cmos;
        if (DividerHeld)
            return;
        ulong period = PeriodicTicks, ticks = CrystalTicks;
        if (period != 0 && ticks / period != state.PeriodicTick / period)
            cmos[RegisterC] |= PeriodicFlag;
        state.PeriodicTick = ticks;
        if (now < state.NextUpdate)
            return;

        ulong seconds = ((now - state.NextUpdate) / Second) + 1;
        state.NextUpdate += seconds * Second;
        byte format = cmos[RegisterB];
        if ((format & Set) != 0)
            return;
        int before = CmosCalendar.TimeOfDay(ref cmos, format);
        CmosCalendar.Add(ref cmos, format, seconds);
        cmos[RegisterC] |= UpdateFlag;
        for (int passed = (int)Math.Min(seconds, CmosCalendar.SecondsPerDay); passed > 0; passed--)
        {
            if (!CmosCalendar.AlarmMatches(ref cmos, format, (before + passed) % CmosCalendar.SecondsPerDay))
                continue;
            cmos[RegisterC] |= AlarmFlag;
            break;
        }
    }

    /// <summary>Sets the request flag, the line and the next deadline from flags and enables.</summary>
    private void Update()
    {
        ref CmosBytes cmos = ref state.Cmos;
        byte enables = cmos[RegisterB];
        bool request = (cmos[RegisterC] & enables & (PeriodicFlag | AlarmFlag | UpdateFlag)) != 0;
        cmos[RegisterC] = (byte)((cmos[RegisterC] & ~InterruptRequest) | (request ? InterruptRequest : 0));
        line.Set(request);

        ulong deadline = ulong.MaxValue;
        if (!DividerHeld)
        {
            if ((enables & (AlarmEnable | UpdateEnable)) != 0 && (enables & Set) == 0)
                deadline = state.NextUpdate;
            if ((enables & PeriodicEnable) != 0 && PeriodicTicks != 0)
            {
                ulong next = ((state.PeriodicTick / PeriodicTicks) + 1) * PeriodicTicks;
                deadline = Math.Min(deadline, TickRate.TimeOf(next, CrystalHertz) + state.DividerStart);
            }
        }

        state.Deadline = deadline == ulong.MaxValue ? deadline : TickRate.After(clock.Now, deadline);
    }

    private void DescribeMemory(ulong below4G, ulong above4G)
    {
        const ulong Kilobyte = 1024, Megabyte = 1024 * Kilobyte;
        ulong extended = below4G > Megabyte ? Math.Min((below4G - Megabyte) / Kilobyte, 0xFFFF) : 0;
        ulong above16M = below4G > 16 * Megabyte ? Math.Min((below4G - (16 * Megabyte)) / (64 * Kilobyte), 0xFFFF) : 0;
        ulong high = Math.Min(above4G / (64 * Kilobyte), 0xFF_FFFF);
        // Equipment: a mathematics coprocessor, no diskette, a video adapter with its own firmware.
        state.Cmos[0x14] = 0x02;
        Store16(0x15, Math.Min(below4G / Kilobyte, 640));
        Store16(0x17, extended);
        Store16(0x30, extended);
        Store16(0x34, above16M);
        Store16(0x5B, high);
        state.Cmos[0x5D] = (byte)(high >> 16);
        StoreChecksum();
    }

    private void Store16(int index, ulong value)
    {
        state.Cmos[index] = (byte)value;
        state.Cmos[index + 1] = (byte)(value >> 8);
    }

    private void StoreChecksum()
    {
        int sum = 0;
        for (int i = 0x10; i <= 0x2D; i++)
            sum += state.Cmos[i];
        state.Cmos[0x2E] = (byte)(sum >> 8);
        state.Cmos[0x2F] = (byte)sum;
    }
}
