using System.Runtime.CompilerServices;

namespace ReplayVmm.Devices;

/// <summary>The 128 bytes behind port 71h inside a state struct.</summary>
[InlineArray(Length)]
internal struct CmosBytes
{
    public const int Length = 128;

    private byte first;
}
