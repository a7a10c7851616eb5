namespace ReplayVmm.Benchmarks;

/// <summary>The middle of what was measured.</summary>
internal static class Median
{
    /// <summary>The median; the mean of the two in the middle where there is an even number; NaN of nothing.</summary>
    public static double Of(IReadOnlyList<double> samples)
    {
        if (samples.Count == 0)
            return double.NaN;
        double[] sorted = [.. samples.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 != 0 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>The median of the ratios, pair by pair: what disturbs the machine for longer than a pair cancels out.</summary>
    public static double OfRatios(IReadOnlyList<double> samples, IReadOnlyList<double> to) => Of(Ratios(samples, to));

    /// <summary>The ratios, pair by pair.</summary>
    public static double[] Ratios(IReadOnlyList<double> samples, IReadOnlyList<double> to) => [.. samples.Zip(to, (sample, other) => sample / other)];
}
