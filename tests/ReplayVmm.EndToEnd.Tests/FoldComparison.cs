using ReplayVmm.Events;
using ReplayVmm.Hypervisor;
using ReplayVmm.Machine;
using ReplayVmm.Processor;
using ReplayVmm.Replay;

namespace ReplayVmm.EndToEnd.Tests;

/// <summary>
/// Folds the events of a running machine beside it: after each exit's events the fold must be the machine's own state, and where the
/// recording ends a segment it must be what folding the log gave there.
/// </summary>
internal sealed class FoldComparison(IEventSink next, IReadOnlyDictionary<long, byte[]> atSegmentEnd) : IEventSink
{
    private readonly VmState folded = new();
    private VirtualMachine? machine;

    /// <summary>Events that were compared.</summary>
    public long Events { get; private set; }

    /// <summary>Ends of segments that were compared.</summary>
    public int SegmentEnds { get; private set; }

    /// <summary>The machine whose events come here.</summary>
    public IReplayedMachine Attach(VirtualMachine attached)
    {
        machine = attached;
        return new Attached(attached);
    }

    /// <inheritdoc/>
    public bool Append(ReadOnlySpan<Event> events, ReadOnlySpan<byte> arena)
    {
        foreach (ref readonly Event e in events)
        {
            folded.Apply(e, e.Payload(arena));
            Events++;
            if (atSegmentEnd.TryGetValue(Events, out byte[]? digest))
            {
                Folder.Digest(folded).ShouldBe(digest, $"the fold of the log differs after event {e.Position}");
                SegmentEnds++;
            }
        }

        machine!.State.DescribeDifference(folded).ShouldBeNull($"the machine differs from the fold after event {events[^1].Position}");
        return next.Append(events, arena);
    }

    private sealed class Attached(VirtualMachine machine) : IReplayedMachine
    {
        public IPhysicalMemory? Memory => machine.Memory;

        public RunResult Run(StopPoint? stop) => stop is { } point ? machine.Run(point) : machine.Run();

        public IVirtualProcessor? Processor(int vcpu) => machine.Processor(vcpu);

        public void Dispose() => machine.Dispose();
    }
}
