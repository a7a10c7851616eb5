using System.Runtime.CompilerServices;

namespace ReplayVmm.Devices;

/// <summary>The local vector table in the order of its registers from 320h on.</summary>
[InlineArray(Length)]
internal struct LocalVectorTable
{
    public const int Timer = 0, Thermal = 1, Performance = 2, Lint0 = 3, Lint1 = 4, Error = 5, Length = 6;

    private uint first;
}
