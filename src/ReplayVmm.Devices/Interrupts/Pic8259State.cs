using System.Runtime.InteropServices;

namespace ReplayVmm.Devices;

/// <summary>Both chips; all that <see cref="Pic8259Pair"/> remembers.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Pic8259State
{
    public Pic8259Chip Master;
    public Pic8259Chip Slave;
}
