namespace ReplayVmm.EndToEnd.Tests;

/// <summary>What <c>verify</c> must say of a tampered session.</summary>
/// <param name="What">What was done to it, for the message of a test that fails.</param>
/// <param name="Row">The row that must be named; 0 where it is not in a row.</param>
/// <param name="Pinned">True where it only shows with <c>--key</c>.</param>
internal sealed record ExpectedVerdict(string What, long Row, bool Pinned = false);
