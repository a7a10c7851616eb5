using ReplayVmm.Events;
using ReplayVmm.Machine;

namespace ReplayVmm.Replay;

/// <summary>
/// The execute level of replay: runs the recorded guest again from its manifest and its inputs, and compares every event with the
/// recorded one as it goes.
/// </summary>
public sealed class Replayer
{
    private readonly IEventLog log;
    private readonly MachineFactory factory;

    /// <summary>Replays from <paramref name="log"/>, on the real machine or on what <paramref name="factory"/> builds.</summary>
    public Replayer(IEventLog log, MachineFactory? factory = null)
    {
        ArgumentNullException.ThrowIfNull(log);
        this.log = log;
        this.factory = factory ?? ReplayedMachine.Create;
    }

    /// <summary>Replays <paramref name="session"/>.</summary>
    /// <exception cref="LogException">The recording is damaged or still being recorded, or the log cannot be read.</exception>
    /// <exception cref="BootException">The manifest describes no possible machine, or its disk's image is another than the recording's.</exception>
    /// <exception cref="DiskException">The image of its disk is not there or cannot be read.</exception>
    public ReplayReport Execute(SessionInfo session, ReplayOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(session);
        options ??= new ReplayOptions();
        if (session.BeingRecorded)
        {
            throw new LogException(
                LogTrouble.BadRequest, $"session '{session.Name}' is still being recorded; replay it once the recording has ended");
        }

        RecordedBoot boot = RecordedBoot.Read(log, session);
        RecordedEnd? end = RecordedEnd.Read(log, session);
        using var inputs = new LogInputSource(log, session);
        using var sink = new ComparingSink(
            log, session, openEnded: end is null, sameProfile: true, until: options.Until ?? ulong.MaxValue);
        using CancellationTokenRegistration registration = options.Cancel.Register(() =>
        {
            // A guest that makes no events any more is stopped at its turn's end.
            sink.Cancelled = true;
            inputs.Stop();
        });
        // A batch of one: when a difference is seen, the machine still stands where it arose.
        var surroundings = new MachineOptions { OnTurn = options.OnTurn, EventBatch = 1 };
        surroundings = options.Adjust?.Invoke(surroundings) ?? surroundings;
        using IReplayedMachine machine = factory(boot.Manifest, boot.Images, inputs, sink, surroundings);
        RunResult result = machine.Run(end?.StopPoint);
        if (result.Reason != EndReason.SinkStopped)
            sink.MachineEnded();
        options.Inspect?.Invoke(machine);
        options.InspectOutcome?.Invoke(machine, Outcome(sink, end), result.Position);
        Divergence? divergence = sink.Divergence is { } found ? Located(found, machine) : null;
        return new ReplayReport(Outcome(sink, end), divergence, sink.Equal, result.Position, result.VirtualTime, result.Instructions, end);
    }

    private static ReplayOutcome Outcome(ComparingSink sink, RecordedEnd? end)
    {
        if (sink.Divergence is not null)
            return ReplayOutcome.Diverged;
        if (sink.ReachedEnd)
            return end is null ? ReplayOutcome.IdenticalPrefix : ReplayOutcome.Identical;
        return sink.ReachedPosition ? ReplayOutcome.IdenticalToPosition : ReplayOutcome.Cancelled;
    }

    private static Divergence Located(Divergence divergence, IReplayedMachine machine)
    {
        if (machine.Processor(divergence.Vcpu) is not { } processor || machine.Memory is not { } memory)
            return divergence;
        ulong? rip = (divergence.Actual ?? divergence.Expected)?.Rip;
        return divergence with { At = GuestView.Instruction(processor, memory, rip) };
    }
}
