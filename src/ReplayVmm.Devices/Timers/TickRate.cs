namespace ReplayVmm.Devices;

/// <summary>
/// Exact conversion between virtual nanoseconds and the ticks of an oscillator that started at time zero. Nothing is accumulated, so nothing
/// drifts; every step stays inside 64 bits for times up to 2^64 - 1 ns and rates up to 1 GHz.
/// </summary>
internal static class TickRate
{
    public const ulong NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Whole ticks that have happened at <paramref name="nanoseconds"/>.</summary>
    public static ulong TicksAt(ulong nanoseconds, ulong hertz)
    {
        (ulong seconds, ulong rest) = Math.DivRem(nanoseconds, NanosecondsPerSecond);
        return (seconds * hertz) + (rest * hertz / NanosecondsPerSecond);
    }

    /// <summary>
    /// First nanosecond at which <paramref name="ticks"/> have happened; <see cref="ulong.MaxValue"/> when that is past the end of time.
    /// </summary>
    public static ulong TimeOf(ulong ticks, ulong hertz)
    {
        (ulong seconds, ulong rest) = Math.DivRem(ticks, hertz);
        return seconds >= ulong.MaxValue / NanosecondsPerSecond
            ? ulong.MaxValue
            : (seconds * NanosecondsPerSecond) + (((rest * NanosecondsPerSecond) + hertz - 1) / hertz);
    }

    /// <summary>A deadline that is never in the past: whatever a restored state says, advancing a device makes progress.</summary>
    public static ulong After(ulong now, ulong deadline) => deadline > now ? deadline : now + 1;
}
