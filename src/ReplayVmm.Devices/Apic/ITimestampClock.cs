namespace ReplayVmm.Devices;

/// <summary>A processor's timestamp counter as a function of virtual time, for the timer's TSC-deadline mode.</summary>
public interface ITimestampClock
{
    /// <summary>Virtual time, ns, at which the counter reaches <paramref name="timestamp"/>; at or before now if it has.</summary>
    ulong TimeOf(ulong timestamp);
}
