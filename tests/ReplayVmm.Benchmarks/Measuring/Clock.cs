using System.Diagnostics;

namespace ReplayVmm.Benchmarks;

/// <summary>Wall time of something in this process.</summary>
internal static class Clock
{
    /// <summary>Seconds that <paramref name="work"/> takes.</summary>
    public static double Seconds(Action work)
    {
        // What earlier work left behind is not this work's to collect.
        GC.Collect();
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
