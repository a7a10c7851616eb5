namespace ReplayVmm.Devices;

/// <summary>
/// The ACPI PM1a control register at 604h (ACPI specification, PM1 control registers): SCI_EN reads as set, and SLP_EN with the sleep type
/// of S5 switches the machine off. Other sleep types do nothing.
/// </summary>
public sealed class AcpiPower : IPortDevice
{
    /// <summary>The port of the PM1a control register.</summary>
    public const ushort ControlPort = 0x604;

    /// <summary>The SLP_TYP value, 0 to 7, that means S5; the DSDT's _S5 object must say the same.</summary>
    public const uint SoftOff = 0;

    private const uint SciEnable = 0x0001, SleepEnable = 0x2000, Writable = 0x1C03;

    private readonly IPlatform platform;
    private AcpiPowerState state;

    /// <summary>The register in <paramref name="platform"/>.</summary>
    public AcpiPower(IPlatform platform) => this.platform = platform;

    /// <inheritdoc/>
    public string Name => "acpi-power";

    /// <inheritdoc/>
    public Span<byte> State => DeviceState.BytesOf(ref state);

    /// <summary>Its ports.</summary>
    public IReadOnlyList<PortClaim> Ports => [new(this, ControlPort, 2, PortWidths.Byte | PortWidths.Word)];

    /// <summary>Power-on.</summary>
    public void Reset() => state = default;

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size)
    {
        uint value = (state.Control | SciEnable) >> (8 * (port & 1));
        return size == 1 ? value & 0xFF : value;
    }

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        uint full = size == 2 ? value : (port & 1) != 0 ? (state.Control & 0x00FFu) | (value << 8) : (state.Control & 0xFF00u) | value;
        state.Control = (ushort)(full & Writable);
        if ((full & SleepEnable) != 0 && ((full >> 10) & 7) == SoftOff)
            platform.Request(PlatformRequest.PowerOff, 0);
    }
}
