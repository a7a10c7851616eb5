namespace ReplayVmm.Devices;

/// <summary>
/// The reset control register of PC chipsets, CF9h: bit 2 going from 0 to 1 resets the machine; bits 1 (hard) and 3 (full) read back.
/// </summary>
public sealed class ResetControl : IPortDevice
{
    /// <summary>The register's port.</summary>
    public const ushort Port = 0xCF9;

    private const uint ResetCpu = 0x04, Stored = 0x0E;

    private readonly IPlatform platform;
    private ResetControlState state;

    /// <summary>The register in <paramref name="platform"/>.</summary>
    public ResetControl(IPlatform platform) => this.platform = platform;

    /// <inheritdoc/>
    public string Name => "reset-control";

    /// <inheritdoc/>
    public Span<byte> State => DeviceState.BytesOf(ref state);

    /// <summary>Its port; wider accesses around it belong to the PCI configuration address.</summary>
    public IReadOnlyList<PortClaim> Ports => [new(this, Port, 1)];

    /// <summary>Power-on.</summary>
    public void Reset() => state = default;

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size) => state.Control;

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        bool rises = (value & ~state.Control & ResetCpu) != 0;
        state.Control = (byte)(value & Stored);
        if (rises)
            platform.Request(PlatformRequest.Reset, 0);
    }
}
