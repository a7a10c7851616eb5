using ReplayVmm.Devices;

namespace ReplayVmm.Benchmarks;

/// <summary>
/// Stands before a device and answers the two ports of the <c>port_exits</c> loop at once, as the device would: what the device itself
/// takes is the difference.
/// </summary>
internal sealed class ConstantDevice(IPortDevice device) : IPortDevice
{
    private const ushort PostCode = 0x80, LineStatus = 0x3FD;
    private const uint TransmitterEmpty = 0x60;

    /// <inheritdoc/>
    public string Name => device.Name;

    /// <inheritdoc/>
    public Span<byte> State => device.State;

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size) => port == LineStatus ? TransmitterEmpty : device.ReadPort(port, size);

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        if (port != PostCode)
            device.WritePort(port, size, value);
    }
}
