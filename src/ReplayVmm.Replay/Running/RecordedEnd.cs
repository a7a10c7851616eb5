using ReplayVmm.Events;
using ReplayVmm.Machine;

namespace ReplayVmm.Replay;

/// <summary>The end of a recording that has one; a recorder that was killed leaves none.</summary>
/// <param name="Position">Position of <c>SessionEnded</c>.</param>
/// <param name="VirtualTime">Its virtual time, nanoseconds.</param>
/// <param name="Reason">Why it ended.</param>
/// <param name="Code">The code beside the reason.</param>
/// <param name="Instructions">Instructions over all vCPUs.</param>
public sealed record RecordedEnd(ulong Position, ulong VirtualTime, EndReason Reason, uint Code, ulong Instructions)
{
    /// <summary>The point at which a replay must be stopped, where the machine did not end by itself; otherwise null.</summary>
    public StopPoint? StopPoint =>
        Reason is EndReason.OperatorStopped or EndReason.TextSeen or EndReason.TimeReached or EndReason.EventsReached
            ? new StopPoint(Position, VirtualTime, Reason, Code)
            : null;

    /// <summary>Reads the last row of <paramref name="session"/>.</summary>
    /// <returns>Null where the recording was cut short.</returns>
    /// <exception cref="LogException">The row is damaged.</exception>
    public static RecordedEnd? Read(IEventLog log, SessionInfo session)
    {
        if (!session.Ended)
            return null;
        foreach (LogRow row in log.Read(session.Id, session.Version))
        {
            var decoder = new SegmentDecoder();
            decoder.Decode(row);
            ref readonly Event e = ref decoder.Events[^1];
            if (e.Kind != EventKind.SessionEnded)
                break;
            return new RecordedEnd(e.Position, e.VirtualTime, (EndReason)e.A, (uint)e.B, e.C);
        }

        return null;
    }
}
