using System.CommandLine;

namespace ReplayVmm.Cli;

/// <summary>A command with the examples that its help ends with.</summary>
internal sealed class CliCommand(string name, string description, params string[] examples) : Command(name, description)
{
    /// <summary>Command lines, each with a few words on what it does after two spaces and a <c>#</c>.</summary>
    public IReadOnlyList<string> Examples { get; } = examples;

    /// <summary>Says what the command does.</summary>
    public CliCommand Does(Func<int> action)
    {
        SetAction(_ => action());
        return this;
    }
}
