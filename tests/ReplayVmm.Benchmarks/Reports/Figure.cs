namespace ReplayVmm.Benchmarks;

/// <summary>A measured number, for programs.</summary>
/// <param name="Name">What it is, within its part.</param>
/// <param name="Unit">Of what.</param>
/// <param name="Samples">All that were taken, in order; one for what needs no repeating.</param>
internal sealed record Figure(string Name, string Unit, double[] Samples);
