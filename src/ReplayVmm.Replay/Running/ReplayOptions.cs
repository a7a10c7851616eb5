using ReplayVmm.Machine;

namespace ReplayVmm.Replay;

/// <summary>How to replay.</summary>
public sealed record ReplayOptions
{
    /// <summary>The position after which to stop; null to go to the end.</summary>
    public ulong? Until { get; init; }

    /// <summary>Called at every turn's end, on the thread that replays.</summary>
    public Action<MachineProgress>? OnTurn { get; init; }

    /// <summary>Ends the replay early.</summary>
    public CancellationToken Cancel { get; init; }

    /// <summary>Looks at the machine where the replay stopped.</summary>
    public Action<IReplayedMachine>? Inspect { get; init; }

    /// <summary>Looks at the machine where the replay stopped, knowing how it came out and at which position.</summary>
    public Action<IReplayedMachine, ReplayOutcome, ulong>? InspectOutcome { get; init; }

    /// <summary>Changes what surrounds the machine: for tests that let a device answer otherwise.</summary>
    public Func<MachineOptions, MachineOptions>? Adjust { get; init; }
}
