using ReplayVmm.Devices;

namespace ReplayVmm.Machine;

/// <summary>The guest's time-stamp counter as the local APIC needs it: virtual time in units plus the guest's offset.</summary>
internal sealed class TimestampClock(MachineClock clock) : ITimestampClock
{
    /// <summary>What the guest's writes added to the counter.</summary>
    public ulong Offset { get; set; }

    /// <inheritdoc/>
    public ulong TimeOf(ulong timestamp)
    {
        ulong units = timestamp - Offset;
        if ((long)(units - clock.Units) <= 0)
            return clock.Now;
        return units > ulong.MaxValue / clock.NanosecondsPerUnit ? ulong.MaxValue : units * clock.NanosecondsPerUnit;
    }
}
