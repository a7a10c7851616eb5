namespace ReplayVmm.Devices;

/// <summary>System control port A, 92h: bit 1 lets address line 20 through, bit 0 going from 0 to 1 resets the machine.</summary>
public sealed class Port92 : IPortDevice
{
    private const uint FastReset = 0x01, AddressLine20 = 0x02;

    private readonly IPlatform platform;
    private Port92State state;

    /// <summary>The port in <paramref name="platform"/>.</summary>
    public Port92(IPlatform platform)
    {
        this.platform = platform;
        Reset();
    }

    /// <inheritdoc/>
    public string Name => "port92";

    /// <inheritdoc/>
    public Span<byte> State => DeviceState.BytesOf(ref state);

    /// <summary>Its port.</summary>
    public IReadOnlyList<PortClaim> Ports => [new(this, 0x92, 1)];

    /// <summary>Power-on: address line 20 passes, as PC firmware leaves it; the machine starts with it passing.</summary>
    public void Reset() => state.Control = (byte)AddressLine20;

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size) => state.Control;

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        uint changed = value ^ state.Control;
        state.Control = (byte)value;
        if ((changed & AddressLine20) != 0)
            platform.Request(PlatformRequest.AddressLine20, (value & AddressLine20) != 0 ? 1u : 0);
        if ((changed & value & FastReset) != 0)
            platform.Request(PlatformRequest.Reset, 0);
    }
}
