namespace ReplayVmm.Devices;

/// <summary>
/// System control port B, 61h: bit 0 gates timer channel 2, bit 1 lets it to the speaker, bits 2 and 3 mask parity and channel-check errors,
/// bit 4 toggles with each memory refresh (every 18 timer ticks, 15.085 us), bit 5 is channel 2's output; bits 6 and 7 (errors) stay 0.
/// </summary>
public sealed class Port61 : IPortDevice
{
    private const ulong TicksPerRefresh = 18;

    private readonly IVirtualClock clock;
    private readonly Pit8254 pit;
    private Port61State state;

    /// <summary>The port beside <paramref name="pit"/>.</summary>
    public Port61(IVirtualClock clock, Pit8254 pit)
    {
        this.clock = clock;
        this.pit = pit;
        Reset();
    }

    /// <inheritdoc/>
    public string Name => "port61";

    /// <inheritdoc/>
    public Span<byte> State => DeviceState.BytesOf(ref state);

    /// <summary>Its port.</summary>
    public IReadOnlyList<PortClaim> Ports => [new(this, 0x61, 1)];

    /// <summary>Power-on: gate closed, speaker off.</summary>
    public void Reset()
    {
        state = default;
        pit.Gate2 = false;
    }

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size)
    {
        ulong refreshes = TickRate.TicksAt(clock.Now, Pit8254.Hertz) / TicksPerRefresh;
        return (state.Control & 0x0Fu) | (uint)((refreshes & 1) << 4) | (pit.Output2 ? 0x20u : 0);
    }

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        state.Control = (byte)(value & 0x0F);
        pit.Gate2 = (value & 1) != 0;
    }
}
