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
        // The comparison is unsigned, as the processor's: a deadline near the counter's end is far away, not past (SDM 11.5.4.1).
        ulong counter = clock.Units + Offset;
        if (timestamp <= counter)
            return clock.Now;
        ulong away = timestamp - counter, units = clock.Units + away;
        bool beyond = units < away || units > ulong.MaxValue / clock.NanosecondsPerUnit;
        return beyond ? ulong.MaxValue : units * clock.NanosecondsPerUnit;
    }
}
