using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ReplayVmm.Devices;

/// <summary>Three counters; all that <see cref="Pit8254"/> remembers.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Pit8254State
{
    /// <summary>Virtual time of channel 0's next edge, ns.</summary>
    public ulong Deadline;
    public Counters Channels;

    /// <summary>Level that channel 0 last drove.</summary>
    public byte Output0;

    /// <summary>One for each counter.</summary>
    [InlineArray(3)]
    internal struct Counters
    {
        private PitChannel first;
    }
}
