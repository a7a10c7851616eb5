using System.Runtime.InteropServices;

namespace ReplayVmm.Devices;

/// <summary>Registers, memory and the divider chain; all that <see cref="CmosRtc"/> remembers.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct CmosRtcState
{
    public ulong Deadline;

    /// <summary>Virtual time at which the next update cycle ends, ns.</summary>
    public ulong NextUpdate;

    /// <summary>Virtual time at which the divider chain stood at zero, ns, modulo 2^64: it may lie before switch-on.</summary>
    public ulong DividerStart;

    /// <summary>Ticks of 32,768 Hz since <see cref="DividerStart"/> up to which periodic events have been seen.</summary>
    public ulong PeriodicTick;

    public CmosBytes Cmos;
    public byte Index;
    public byte NmiMasked;
}
