using System.Globalization;

namespace ReplayVmm.Benchmarks;

/// <summary>Figures as the tables show them: three digits that mean something.</summary>
internal static class Format
{
    /// <summary>Seconds, milliseconds, microseconds or nanoseconds, whichever reads best.</summary>
    public static string Seconds(double seconds) => seconds switch
    {
        >= 1 => Number(seconds) + " s",
        >= 1e-3 => Number(seconds * 1e3) + " ms",
        >= 1e-6 => Number(seconds * 1e6) + " µs",
        _ => Number(seconds * 1e9) + " ns",
    };

    /// <summary>Three significant digits, thousands grouped.</summary>
    public static string Number(double value) => double.IsNaN(value) ? "–" : Math.Abs(value) switch
    {
        >= 100 => value.ToString("n0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.00", CultureInfo.InvariantCulture),
    };

    /// <summary>A rate in millions a second.</summary>
    public static string Millions(double rate) => Number(rate / 1e6) + " M/s";

    /// <summary>Bytes, KB or MB.</summary>
    public static string Bytes(double bytes) => bytes switch
    {
        >= 1e6 => Number(bytes / 1e6) + " MB",
        >= 1e3 => Number(bytes / 1e3) + " KB",
        _ => bytes.ToString("0", CultureInfo.InvariantCulture) + " B",
    };

    /// <summary>The smallest and the largest sample.</summary>
    public static string Range(IReadOnlyList<double> samples) => samples.Count == 0 ? "–" : $"{Number(samples.Min())}–{Number(samples.Max())}";
}
