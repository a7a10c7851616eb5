using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ReplayVmm.Devices;

/// <summary>All that <see cref="IoApic"/> remembers.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct IoApicState
{
    public RedirectionTable Redirection;

    /// <summary>The inputs' levels, a bit a pin.</summary>
    public uint Lines;
    public byte Select;
    public byte Id;
}

/// <summary>One 64-bit entry a pin.</summary>
[InlineArray(IoApic.Pins)]
internal struct RedirectionTable
{
    private ulong first;
}
