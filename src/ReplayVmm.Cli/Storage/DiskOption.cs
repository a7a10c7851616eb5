using System.CommandLine;

namespace ReplayVmm.Cli;

/// <summary>The option <c>--disk</c> of commands that run a recording again.</summary>
internal sealed class DiskOption
{
    private readonly Option<string?> disk = new("--disk")
    {
        Description = "The recording's disk image, where it is not at the place it had when recorded; checked by its hash",
        HelpName = "IMAGE",
    };

    /// <summary>Adds it to a command.</summary>
    public void AddTo(Command command) => command.Options.Add(disk);

    /// <summary>Takes what was typed.</summary>
    public void Take(Invocation invocation) => invocation.Disks.Named = invocation.Get(disk);
}
