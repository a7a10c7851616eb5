namespace ReplayVmm.Devices;

/// <summary>
/// The 8254 timer of a PC at 40h to 43h (Intel 8254 data sheet): channel 0 drives IRQ 0, channel 1 the refresh, channel 2 the speaker, gated
/// by port 61h (<see cref="Port61"/>). Counts are functions of virtual time at exactly 1,193,182 Hz. A count written is readable at once, where
/// the chip shows the old one for one more clock.
/// </summary>
public sealed class Pit8254 : IPortDevice, ITimedDevice
{
    /// <summary>Counter clock, ticks a second.</summary>
    public const ulong Hertz = 1_193_182;

    private const int ControlPort = 3;

    private readonly IVirtualClock clock;
    private readonly IInterruptLine line;
    private Pit8254State state;

    /// <summary>A timer whose channel 0 drives <paramref name="line"/>, IRQ 0.</summary>
    public Pit8254(IVirtualClock clock, IInterruptLine line)
    {
        this.clock = clock;
        this.line = line;
        Reset();
    }

    /// <inheritdoc/>
    public string Name => "pit";

    /// <inheritdoc/>
    public Span<byte> State => DeviceState.BytesOf(ref state);

    /// <summary>Its ports.</summary>
    public IReadOnlyList<PortClaim> Ports => [new(this, 0x40, 4)];

    /// <inheritdoc/>
    public ulong Deadline => state.Deadline;

    /// <summary>Gate input of channel 2.</summary>
    public bool Gate2
    {
        get => state.Channels[2].Gate != 0;
        set => state.Channels[2].SetGate(value, Tick);
    }

    /// <summary>OUT pin of channel 2 now.</summary>
    public bool Output2
    {
        get
        {
            state.Channels[2].Synchronize(Tick);
            return state.Channels[2].Output(Tick);
        }
    }

    private ulong Tick => TickRate.TicksAt(clock.Now, Hertz);

    /// <summary>
    /// Power-on: no counter is programmed, which the chip leaves undefined; each reads as mode 3 with both bytes, OUT high, and does not count.
    /// </summary>
    public void Reset()
    {
        state = default;
        for (int i = 0; i < 3; i++)
        {
            state.Channels[i].WriteControl(0x36, Tick);
            state.Channels[i].Gate = i == 2 ? (byte)0 : (byte)1;
        }

        state.Output0 = 1;
        state.Deadline = ulong.MaxValue;
        line.Set(asserted: true);
    }

    /// <summary>Drives channel 0's edges that are due. When several have been missed the line ends at the right level and has seen an edge.</summary>
    public void Advance()
    {
        if (state.Deadline <= clock.Now)
            Drive();
    }

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size)
    {
        Advance();
        int channel = port & 3;
        return channel == ControlPort ? 0xFFu : state.Channels[channel].Read(Tick);
    }

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        Advance();
        int channel = port & 3;
        if (channel == ControlPort)
            WriteControl((byte)value);
        else
            state.Channels[channel].WriteCount((byte)value, Tick);
        Drive();
    }

    private void WriteControl(byte value)
    {
        const byte ReadBack = 3, NoCount = 0x20, NoStatus = 0x10;
        ulong tick = Tick;
        int channel = value >> 6;
        if (channel == ReadBack)
        {
            for (int i = 0; i < 3; i++)
            {
                if ((value & (2 << i)) == 0)
                    continue;
                if ((value & NoCount) == 0)
                    state.Channels[i].LatchCount(tick);
                if ((value & NoStatus) == 0)
                    state.Channels[i].LatchStatus(tick);
            }
        }
        else if ((value & 0x30) == 0)
        {
            state.Channels[channel].LatchCount(tick);
        }
        else
        {
            state.Channels[channel].WriteControl(value, tick);
        }
    }

    private void Drive()
    {
        ref PitChannel channel = ref state.Channels[0];
        ulong tick = Tick;
        bool passed = state.Deadline <= clock.Now;
        channel.Synchronize(tick);
        bool before = state.Output0 != 0, output = channel.Output(tick);
        if (passed && before == output)
            line.Set(!output);
        line.Set(output);
        state.Output0 = output ? (byte)1 : (byte)0;
        ulong edge = channel.NextEdge(tick);
        state.Deadline = edge == ulong.MaxValue ? edge : TickRate.After(clock.Now, TickRate.TimeOf(edge, Hertz));
    }
}
