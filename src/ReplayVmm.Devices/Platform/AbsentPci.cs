namespace ReplayVmm.Devices;

/// <summary>
/// The PCI configuration ports CF8h and CFCh of a machine without PCI. Reads give all ones. It takes the 32-bit address writes whole, because
/// split into bytes one of them would fall on the reset control register at CF9h.
/// </summary>
public sealed class AbsentPci : IPortDevice
{
    /// <inheritdoc/>
    public string Name => "absent-pci";

    /// <inheritdoc/>
    public Span<byte> State => [];

    /// <summary>Its ports.</summary>
    public IReadOnlyList<PortClaim> Ports => [new(this, 0xCF8, 4, PortWidths.Dword), new(this, 0xCFC, 4, PortWidths.All)];

    /// <summary>Nothing to reset.</summary>
    public void Reset()
    {
    }

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size) => uint.MaxValue >> (32 - (8 * size));

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
    }
}
