using System.Diagnostics;
using System.Globalization;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>
/// The one door through which the fuzzers see the clock and the environment: both say only when a loop ends, never what a case is.
/// </summary>
internal static class FuzzDoor
{
    private const double ShortRun = 5, LongRun = 60;

    /// <summary>How long each fuzzer runs: FUZZ_SECONDS; else a minute in CI and a few seconds elsewhere.</summary>
    public static double Seconds =>
        Variable("FUZZ_SECONDS") is { } text ? double.Parse(text, CultureInfo.InvariantCulture) : Variable("CI") == "true" ? LongRun : ShortRun;

    /// <summary>This is CI's run of a minute or more, in which a fuzzer may be asked how far it came; never a case alone.</summary>
    public static bool IsLongRun => Variable("CI") == "true" && Seconds >= LongRun && OnlyCase is null;

    /// <summary>FUZZ_SEED, or 1: every case is a function of it, the fuzzer's name and the case's number.</summary>
    public static ulong Seed => Variable("FUZZ_SEED") is { } text ? ulong.Parse(text, CultureInfo.InvariantCulture) : 1;

    /// <summary>FUZZ_CASE as "FUZZER:NUMBER": the one case to run; null for all.</summary>
    public static (string Fuzzer, long Case)? OnlyCase =>
        Variable("FUZZ_CASE")?.Split(':') is [var fuzzer, var number] ? (fuzzer, long.Parse(number, CultureInfo.InvariantCulture)) : null;

    /// <summary>A point in time.</summary>
    public static long Timestamp() => Stopwatch.GetTimestamp();

    /// <summary>Seconds since a point in time.</summary>
    public static double SecondsSince(long timestamp) => Stopwatch.GetElapsedTime(timestamp).TotalSeconds;

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
