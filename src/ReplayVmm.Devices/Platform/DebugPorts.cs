namespace ReplayVmm.Devices;

/// <summary>
/// Ports that firmware and small programs talk to: 80h takes power-on self-test codes and remembers the last one; E9h and 402h are debug consoles,
/// which read as E9h so that a guest can tell they exist.
/// </summary>
public sealed class DebugPorts : IPortDevice
{
    private readonly IConsoleSink sink;
    private DebugPortsState state;

    /// <summary>Debug ports printing to <paramref name="sink"/>.</summary>
    public DebugPorts(IConsoleSink sink)
    {
        this.sink = sink;
        Reset();
    }

    /// <inheritdoc/>
    public string Name => "debug";

    /// <inheritdoc/>
    public Span<byte> State => DeviceState.BytesOf(ref state);

    /// <summary>Its ports.</summary>
    public IReadOnlyList<PortClaim> Ports => [new(this, 0x80, 1), new(this, 0xE9, 1), new(this, 0x402, 1)];

    /// <summary>The last power-on self-test code.</summary>
    public byte PostCode => state.PostCode;

    /// <summary>Power-on: code 0.</summary>
    public void Reset() => state = default;

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size) => port == 0x80 ? state.PostCode : 0xE9u;

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        if (port == 0x80)
            state.PostCode = (byte)value;
        else
            sink.Write((byte)value);
    }
}
