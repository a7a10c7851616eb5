using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using ReplayVmm.Events;
using ReplayVmm.Hypervisor;

namespace ReplayVmm.Replay;

/// <summary>The fold level of replay: the monitor's state at any position, from the log alone, without running the guest.</summary>
public static class Folder
{
    /// <summary>Applies the events of <paramref name="session"/> in order.</summary>
    /// <param name="log">Where it is.</param>
    /// <param name="session">Which it is; rows after the version it has now are not read.</param>
    /// <param name="until">The last position to apply; null for all.</param>
    /// <param name="onRow">Sees the state after each row, for progress and comparisons.</param>
    /// <param name="cancel">Ends the fold early.</param>
    /// <exception cref="LogException">A row is damaged.</exception>
    public static FoldReport Fold(
        IEventLog log, SessionInfo session, ulong? until = null, Action<SegmentReader, VmState>? onRow = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(log);
        ArgumentNullException.ThrowIfNull(session);
        var state = new VmState();
        long[] counts = new long[256];
        ulong last = until ?? ulong.MaxValue;
        ulong position = 0;
        ulong time = 0;
        long events = 0;
        using var reader = new SegmentReader();
        foreach (LogRow row in log.Read(session.Id))
        {
            if (row.Version > session.Version || position > last || cancel.IsCancellationRequested)
                break;
            reader.Read(row);
            foreach (ref readonly Event e in reader.Events)
            {
                if (e.Position > last)
                    break;
                state.Apply(e, e.Payload(reader.Arena));
                counts[(byte)e.Kind]++;
                events++;
                time = e.VirtualTime;
                position = EventSchema.CountsPosition(e.Kind) ? e.Position + 1 : e.Position;
            }

            onRow?.Invoke(reader, state);
        }

        return new FoldReport(
            state, Digest(state), events, position, time, counts, reader.Version, counts[(byte)EventKind.SessionEnded] > 0);
    }

    /// <summary>SHA-256 over <paramref name="state"/>: equal states have equal digests.</summary>
    public static byte[] Digest(VmState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(Encoding.UTF8.GetBytes(state.Profile));
        sha.AppendData([0]);
        sha.AppendData(MemoryMarshal.AsBytes(state.Memslots));
        sha.AppendData(state.VcpuBytes);
        return sha.GetHashAndReset();
    }
}
