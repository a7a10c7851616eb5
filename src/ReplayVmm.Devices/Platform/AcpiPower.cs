namespace ReplayVmm.Devices;

/// <summary>
/// The ACPI PM1a registers at 600h to 605h (ACPI specification 4.8.3.1 and 4.8.3.2). Nothing ever sets a status bit; the enable bits are kept.
/// In the control register SCI_EN reads as set, and SLP_EN with the sleep type of S5 switches the machine off. Other sleep types do nothing.
/// </summary>
public sealed class AcpiPower : IPortDevice
{
    /// <summary>The port of the PM1a status register; the enable register is two further.</summary>
    public const ushort EventPort = 0x600;

    /// <summary>The port of the PM1a control register.</summary>
    public const ushort ControlPort = 0x604;

    /// <summary>The SLP_TYP value, 0 to 7, that means S5; the DSDT's _S5 object must say the same.</summary>
    public const uint SoftOff = 0;

    private const uint SciEnable = 0x0001, SleepEnable = 0x2000, ControlWritable = 0x1C03, EnableWritable = 0x4721;
    private const ushort EnablePort = EventPort + 2;

    private readonly IPlatform platform;
    private AcpiPowerState state;

    /// <summary>The register in <paramref name="platform"/>.</summary>
    public AcpiPower(IPlatform platform) => this.platform = platform;

    /// <inheritdoc/>
    public string Name => "acpi-power";

    /// <inheritdoc/>
    public Span<byte> State => DeviceState.BytesOf(ref state);

    /// <summary>Its ports.</summary>
    public IReadOnlyList<PortClaim> Ports => [new(this, EventPort, 6, PortWidths.Byte | PortWidths.Word)];

    /// <summary>Power-on.</summary>
    public void Reset() => state = default;

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size)
    {
        uint value = (port & ~1) switch
        {
            ControlPort => state.Control | SciEnable,
            EnablePort => state.Enable,
            _ => 0,
        };
        value >>= 8 * (port & 1);
        return size == 1 ? value & 0xFF : value;
    }

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        switch (port & ~1)
        {
            case ControlPort:
                uint full = Merge(state.Control, port, size, value);
                state.Control = (ushort)(full & ControlWritable);
                if ((full & SleepEnable) != 0 && ((full >> 10) & 7) == SoftOff)
                    platform.Request(PlatformRequest.PowerOff, 0);
                break;
            case EnablePort:
                state.Enable = (ushort)(Merge(state.Enable, port, size, value) & EnableWritable);
                break;
        }
    }

    private static uint Merge(ushort old, ushort port, int size, uint value) =>
        size == 2 ? value : (port & 1) != 0 ? (old & 0x00FFu) | (value << 8) : (old & 0xFF00u) | value;
}
