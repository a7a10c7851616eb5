using ReplayVmm.Events;
using ReplayVmm.Replay;

namespace ReplayVmm.Cli;

/// <summary>
/// Everything through which the command line reaches the world, so that a test can put another world in its place. Each door is one
/// file in this folder.
/// </summary>
public sealed record HostDoors
{
    /// <summary>A variable of the process's environment; null where it is not set or empty.</summary>
    public Func<string, string?> Variable { get; init; } = EnvironmentDoor.Variable;

    /// <summary>Wall clock and elapsed time.</summary>
    public TimeProvider Clock { get; init; } = ClockDoor.System;

    /// <summary>Waits; for polling a log that grows.</summary>
    public Action<TimeSpan> Sleep { get; init; } = ClockDoor.Sleep;

    /// <summary>A new session's identity.</summary>
    public Func<Guid> NewId { get; init; } = IdentityDoor.NewId;

    /// <summary>The host's entropy.</summary>
    public EntropySource Entropy { get; init; } = EntropyDoor.Fill;

    /// <summary>The terminal.</summary>
    public ITerminal Terminal { get; init; } = new TerminalDoor();

    /// <summary>Calls back on Ctrl-C and on a polite request to end, until disposed of.</summary>
    public Func<Action, IDisposable> OnInterrupt { get; init; } = InterruptDoor.Listen;

    /// <summary>Opens the log at a URL, or the private server's where the URL is null.</summary>
    public Func<string?, IEventLog> OpenLog { get; init; } = LogDoor.Open;

    /// <summary>Builds machines.</summary>
    public MachineFactory Machine { get; init; } = ReplayedMachine.Create;

    /// <summary>Version of the .NET runtime.</summary>
    public string RuntimeVersion { get; init; } = EnvironmentDoor.RuntimeVersion;
}
