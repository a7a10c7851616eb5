using ReplayVmm.Cli;
using ReplayVmm.Replay;

namespace ReplayVmm.EndToEnd.Tests;

/// <summary>Nobody is there.</summary>
internal sealed class NoTerminal : ITerminal
{
    public bool HasInput => false;

    public bool HasOutput => false;

    public bool HasError => false;

    public int Width => 80;

    public string? ReadLine() => null;

    public void Feed(TerminalFeed feed) => throw new InvalidOperationException("nobody can type");
}
