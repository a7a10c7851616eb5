namespace ReplayVmm.Benchmarks;

/// <summary>Something that was promised, and what was measured.</summary>
/// <param name="What">What it is about.</param>
/// <param name="Asked">The bound.</param>
/// <param name="Measured">The median.</param>
/// <param name="Met">Whether it holds.</param>
internal sealed record Goal(string What, string Asked, string Measured, bool Met);
