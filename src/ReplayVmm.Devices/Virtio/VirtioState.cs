using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ReplayVmm.Devices;

/// <summary>All that a device behind the MMIO transport remembers.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct VirtioState
{
    public VirtqueueStates Queues;
    public ulong DriverFeatures;
    public uint DeviceFeaturesSelect;
    public uint DriverFeaturesSelect;
    public uint QueueSelect;
    public byte Status;
    public byte InterruptStatus;
    public VirtioOwnBytes Own;
}

/// <summary>What belongs to the kind of device alone.</summary>
[InlineArray(Length)]
internal struct VirtioOwnBytes
{
    public const int Length = 80;

    private byte first;
}
