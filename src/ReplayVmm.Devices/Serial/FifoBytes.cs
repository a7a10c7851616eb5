using System.Runtime.CompilerServices;

namespace ReplayVmm.Devices;

/// <summary>Sixteen bytes inside a state struct.</summary>
[InlineArray(Length)]
internal struct FifoBytes
{
    public const int Length = 16;

    private byte first;
}
