namespace ReplayVmm.Benchmarks;

/// <summary>One of several things that are measured side by side.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Measure">Does it once and gives a figure, mostly seconds.</param>
/// <param name="Rounds">In how many rounds it takes part at most; for those that take very long.</param>
internal sealed record Contender(string Name, Func<double> Measure, int Rounds = int.MaxValue);
