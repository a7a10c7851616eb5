namespace ReplayVmm.Devices;

/// <summary>
/// The ACPI power management timer at 608h (ACPI specification 4.8.3.3): 32 bits that count 3.579545 MHz of virtual time. Stores are lost;
/// its carry sets no status bit and interrupts nobody.
/// </summary>
public sealed class AcpiTimer(IVirtualClock clock) : IPortDevice
{
    /// <summary>Its port.</summary>
    public const ushort Port = 0x608;

    /// <summary>Ticks a second.</summary>
    public const ulong Hertz = 3_579_545;

    /// <inheritdoc/>
    public string Name => "acpi-timer";

    /// <inheritdoc/>
    public Span<byte> State => [];

    /// <summary>Its ports.</summary>
    public IReadOnlyList<PortClaim> Ports => [new(this, Port, 4, PortWidths.All)];

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size)
    {
        uint value = (uint)TickRate.TicksAt(clock.Now, Hertz) >> (8 * (port - Port));
        return value & (uint.MaxValue >> (32 - (8 * size)));
    }

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        // The counter is read-only.
    }
}
