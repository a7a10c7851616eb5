namespace ReplayVmm.Devices;

/// <summary>A test program's way out, port F4h: a write ends the machine with that value; reads give 0.</summary>
public sealed class IsaDebugExit : IPortDevice
{
    private readonly IPlatform platform;

    /// <summary>The port in <paramref name="platform"/>.</summary>
    public IsaDebugExit(IPlatform platform) => this.platform = platform;

    /// <inheritdoc/>
    public string Name => "debug-exit";

    /// <inheritdoc/>
    public Span<byte> State => [];

    /// <summary>Its ports: one register that takes a byte, a word or a doubleword.</summary>
    public IReadOnlyList<PortClaim> Ports => [new(this, 0xF4, 4, PortWidths.All)];

    /// <summary>Nothing to reset.</summary>
    public void Reset()
    {
    }

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size) => 0;

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value) => platform.Request(PlatformRequest.Exit, value);
}
