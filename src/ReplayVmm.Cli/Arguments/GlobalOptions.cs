using System.CommandLine;

namespace ReplayVmm.Cli;

/// <summary>The options that every command takes.</summary>
internal sealed class GlobalOptions
{
    /// <summary>Where recordings are kept.</summary>
    public Option<string?> Database { get; } = new("--database")
    {
        Description = "PostgreSQL to keep recordings in, postgres://user@host/name; default: REPLAYVMM_DATABASE, else a private server",
        HelpName = "URL",
        Recursive = true,
    };

    /// <summary>Results for programs.</summary>
    public Option<bool> Json { get; } = new("--json") { Description = "Results as JSON", Recursive = true };

    /// <summary>Nothing but results and errors.</summary>
    public Option<bool> Quiet { get; } = new("--quiet") { Description = "No progress and no remarks", Recursive = true };
}
