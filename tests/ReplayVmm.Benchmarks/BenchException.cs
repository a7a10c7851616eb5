namespace ReplayVmm.Benchmarks;

/// <summary>Something that is needed is not here, or did not do what it should: one line for the operator.</summary>
internal sealed class BenchException(string message) : Exception(message);
