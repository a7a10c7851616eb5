using System.Numerics;

namespace ReplayVmm.Devices;

/// <summary>
/// The I/O port space: one table entry per port and access size. An access that no device takes whole is split in halves, low half first,
/// as an ISA bridge does; what nobody claims reads all ones and swallows writes.
/// </summary>
public sealed class PortBus
{
    private const int PortCount = 0x10000;
    private const int MaximumDevices = byte.MaxValue;

    // One table for each of byte, word, dword; 0 means unclaimed, otherwise index into devices.
    private readonly byte[] routes = new byte[3 * PortCount];
    private readonly IPortDevice[] devices;

    /// <summary>Builds the tables.</summary>
    /// <exception cref="ArgumentException">
    /// Two claims decode the same port at the same size, or a range is empty or leaves the port space.
    /// </exception>
    public PortBus(IEnumerable<PortClaim> claims)
    {
        ArgumentNullException.ThrowIfNull(claims);
        var found = new List<IPortDevice> { null! };
        foreach (PortClaim claim in claims)
        {
            if (claim.Count < 1 || claim.First + claim.Count > PortCount || claim.Widths is PortWidths.None)
                throw new ArgumentException($"{claim.Device.Name} claims {claim.Count} ports from {claim.First:X4}h: no such range", nameof(claims));
            int index = found.IndexOf(claim.Device);
            if (index < 0)
            {
                index = found.Count;
                if (index > MaximumDevices)
                    throw new ArgumentException($"more than {MaximumDevices} port devices", nameof(claims));
                found.Add(claim.Device);
            }

            for (int size = 1; size <= 4; size <<= 1)
            {
                if (((int)claim.Widths & size) != 0)
                    Fill(claim, size, (byte)index, found);
            }
        }

        devices = [.. found];
    }

    /// <summary>IN of <paramref name="size"/> bytes (1, 2 or 4) from <paramref name="port"/>; bits above the size are zero.</summary>
    public uint Read(ushort port, int size)
    {
        int route = routes[TableOf(size) + port];
        if (route != 0)
            return devices[route].ReadPort(port, size);
        if (size == 1)
            return 0xFF;
        int half = size >> 1;
        uint low = Read(port, half);
        uint high = port + half < PortCount ? Read((ushort)(port + half), half) : AllOnes(half);
        return low | (high << (8 * half));
    }

    /// <summary>OUT of <paramref name="size"/> bytes (1, 2 or 4) to <paramref name="port"/>; bits of the value above the size are ignored.</summary>
    public void Write(ushort port, int size, uint value)
    {
        int route = routes[TableOf(size) + port];
        if (route != 0)
        {
            devices[route].WritePort(port, size, value & AllOnes(size));
        }
        else if (size > 1)
        {
            int half = size >> 1;
            Write(port, half, value);
            if (port + half < PortCount)
                Write((ushort)(port + half), half, value >> (8 * half));
        }
    }

    /// <summary>The device that takes an access of <paramref name="size"/> bytes at <paramref name="port"/> whole, or null.</summary>
    public IPortDevice? DeviceAt(ushort port, int size = 1) => devices[routes[TableOf(size) + port]];

    private static int TableOf(int size) => BitOperations.Log2((uint)size & 7) * PortCount;

    private static uint AllOnes(int size) => uint.MaxValue >> (32 - (8 * size));

    private void Fill(in PortClaim claim, int size, byte index, List<IPortDevice> found)
    {
        int end = claim.First + claim.Count;
        for (int port = (claim.First + size - 1) & -size; port + size <= end; port += size)
        {
            ref byte route = ref routes[TableOf(size) + port];
            if (route != 0)
                throw new ArgumentException(
                    $"port {port:X4}h, {size} bytes wide, is claimed by {found[route].Name} and {claim.Device.Name}",
                    nameof(claim));
            route = index;
        }
    }
}
