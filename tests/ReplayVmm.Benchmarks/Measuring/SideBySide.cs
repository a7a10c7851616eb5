namespace ReplayVmm.Benchmarks;

/// <summary>
/// Measures contenders in rounds, every one once a round, in turn from the first to the last and from the last to the first: a machine that gets slower or
/// faster meanwhile does so for all of them.
/// </summary>
internal static class SideBySide
{
    /// <summary>Samples of each contender by name, one a round.</summary>
    public static IReadOnlyDictionary<string, double[]> Run(Bench bench, string what, int rounds, params IReadOnlyList<Contender> contenders)
    {
        var samples = contenders.ToDictionary(contender => contender.Name, _ => new List<double>(), StringComparer.Ordinal);
        for (int round = 0; round < rounds; round++)
        {
            foreach (Contender contender in round % 2 == 0 ? contenders : contenders.Reverse())
            {
                if (round >= contender.Rounds)
                    continue;
                bench.Progress($"{what}: round {round + 1} of {rounds}, {contender.Name}");
                samples[contender.Name].Add(contender.Measure());
            }
        }

        return samples.ToDictionary(pair => pair.Key, pair => pair.Value.ToArray(), StringComparer.Ordinal);
    }
}
