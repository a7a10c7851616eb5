using System.Runtime.InteropServices;
using ReplayVmm.Events;

namespace ReplayVmm.Replay;

/// <summary>
/// Compares what a running machine does with what a log holds, event by event, and stops the machine at the first difference, at the
/// end of a log that was cut short, or at a position that was asked for.
/// </summary>
/// <remarks>Nothing is allocated per event.</remarks>
internal sealed class ComparingSink : IEventSink, IDisposable
{
    private readonly ExpectedEvents expected;
    private readonly bool[] compared = new bool[256];
    private readonly bool[] plain = new bool[256];
    private readonly EventHistory history = new(Divergence.EventsBefore);
    private readonly EventHistory inputs = new(Divergence.InputsShown);
    private readonly EventHistory digests = new(1);
    private readonly bool openEnded;
    private readonly ulong until;

    /// <summary>Begins at the first event of a recording.</summary>
    /// <param name="log">Where the recording is.</param>
    /// <param name="session">Which it is.</param>
    /// <param name="openEnded">True where the log has no end of its own: the run is stopped where the log stops.</param>
    /// <param name="sameProfile">True where the hypervisor's own work is compared too.</param>
    /// <param name="until">The position after which to stop; <see cref="ulong.MaxValue"/> for none.</param>
    public ComparingSink(IEventLog log, SessionInfo session, bool openEnded, bool sameProfile, ulong until)
    {
        this.openEnded = openEnded;
        this.until = until;
        foreach (EventKindSchema schema in EventSchema.All)
        {
            byte kind = (byte)schema.Kind;
            compared[kind] = EventSchema.CountsPosition(schema.Kind) || (sameProfile && schema.Class == EventClass.Hypervisor);
            // Where a log was cut short, each event may be its last.
            plain[kind] = compared[kind] && !openEnded && !IsRemembered(schema.Kind);
        }

        expected = new ExpectedEvents(log, session, compared, history);
    }

    /// <summary>The first difference; null while there is none.</summary>
    public Divergence? Divergence { get; private set; }

    /// <summary>True once the log's last event was compared; only known where the log is open-ended or the machine has ended.</summary>
    public bool ReachedEnd { get; private set; }

    /// <summary>True once the position that was asked for was compared.</summary>
    public bool ReachedPosition { get; private set; }

    /// <summary>Events that were equal.</summary>
    public long Equal { get; private set; }

    /// <summary>Set to stop the machine at its next event.</summary>
    public volatile bool Cancelled;

    /// <inheritdoc/>
    public bool Append(ReadOnlySpan<Event> events, ReadOnlySpan<byte> arena)
    {
        if (Cancelled)
            return false;
        foreach (ref readonly Event actual in events)
        {
            // Nearly all events take the short way: nothing but equality is to be seen to.
            if (plain[(byte)actual.Kind] && actual.Position < until && expected.PassIfEqual(actual))
                Equal++;
            else if (compared[(byte)actual.Kind] && !Compare(actual, arena))
                return false;
        }

        return !Cancelled;
    }

    /// <summary>To be called once the machine has ended by itself: nothing may be left in the log.</summary>
    public void MachineEnded()
    {
        if (Divergence is not null || ReachedPosition || ReachedEnd || Cancelled)
            return;
        if (expected.MoveToNext())
            Diverge(new LoggedEvent(expected.Current, expected.Arena), null);
        else
            ReachedEnd = true;
    }

    /// <inheritdoc/>
    public void Dispose() => expected.Dispose();

    private bool Compare(in Event actual, ReadOnlySpan<byte> arena)
    {
        if (!expected.MoveToNext())
        {
            if (openEnded)
                ReachedEnd = true;
            else
                Diverge(null, new LoggedEvent(actual, arena));
            return false;
        }

        ref readonly Event wanted = ref expected.Current;
        if (!Same(wanted, expected.Arena, actual, arena))
        {
            Diverge(new LoggedEvent(wanted, expected.Arena), new LoggedEvent(actual, arena));
            return false;
        }

        Remember(wanted);
        expected.Pass();
        Equal++;
        ReachedPosition = actual.Position >= until && EventSchema.CountsPosition(actual.Kind);
        ReachedEnd = openEnded && !expected.MoveToNext();
        return !ReachedPosition && !ReachedEnd;
    }

    private static bool IsRemembered(EventKind kind) => IsInput(kind) || kind == EventKind.StateDigest;

    private static bool IsInput(EventKind kind) => kind is EventKind.ConsoleInput or EventKind.EntropyDrawn or EventKind.OperatorAction;

    private void Remember(in Event e)
    {
        if (IsInput(e.Kind))
            inputs.Add(e, expected.Arena);
        else if (e.Kind == EventKind.StateDigest)
            digests.Add(e, expected.Arena);
    }

    private static bool Same(in Event wanted, ReadOnlySpan<byte> wantedArena, in Event actual, ReadOnlySpan<byte> actualArena)
    {
        if (wanted.PayloadLength == 0 && actual.PayloadLength == 0)
            return Bytes(wanted).SequenceEqual(Bytes(actual));
        Event left = wanted with { E = 0, PayloadLength = 0 };
        Event right = actual with { E = 0, PayloadLength = 0 };
        if (!Bytes(left).SequenceEqual(Bytes(right)))
            return false;
        ReadOnlySpan<byte> wantedPayload = wanted.Payload(wantedArena);
        ReadOnlySpan<byte> actualPayload = actual.Payload(actualArena);
        return wanted.Kind switch
        {
            // The manifest is what the run was made from; a newer version may write it differently.
            EventKind.SessionStarted => true,
            // The recorder adds the content hash, which the comparison of every event makes superfluous.
            EventKind.SessionEnded => SessionEnded.FinalDigest(wantedPayload).SequenceEqual(SessionEnded.FinalDigest(actualPayload)),
            _ => wantedPayload.SequenceEqual(actualPayload),
        };
    }

    // SAFETY: an event is 64 bytes without padding or references.
    private static ReadOnlySpan<byte> Bytes(in Event e) => MemoryMarshal.AsBytes(new ReadOnlySpan<Event>(in e));

    private void Diverge(LoggedEvent? wanted, LoggedEvent? actual)
    {
        LoggedEvent first = wanted is null || (actual is not null && actual.Envelope.VirtualTime < wanted.Envelope.VirtualTime)
            ? actual!
            : wanted;
        ulong time = first.Envelope.VirtualTime;
        ulong from = time > Divergence.InputWindow ? time - Divergence.InputWindow : 0;
        IReadOnlyList<FieldDifference> fields = wanted is null || actual is null ? [] : FieldDifference.Between(wanted, actual);
        expected.Remember();
        bool digest = (wanted ?? actual)!.Envelope.Kind is EventKind.StateDigest or EventKind.SessionEnded;
        Divergence = new Divergence
        {
            Position = first.Envelope.Position,
            VirtualTime = time,
            Vm = first.Envelope.Vm,
            Vcpu = first.Envelope.Vcpu,
            Expected = wanted,
            Actual = actual,
            Fields = fields,
            Before = history.ToList(),
            Inputs = [.. inputs.ToList().Where(e => e.Envelope.VirtualTime >= from)],
            LastEqualDigest = digest ? digests.ToList() is [var equal] ? equal : null : null,
        };
    }
}
