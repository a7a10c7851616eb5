using ReplayVmm.Hypervisor;

namespace ReplayVmm.Replay;

/// <summary>What folding a log gave.</summary>
/// <param name="State">The monitor's state after the last event.</param>
/// <param name="Digest">SHA-256 over that state, 32 bytes.</param>
/// <param name="Events">Events that were applied.</param>
/// <param name="Position">The position after the last event.</param>
/// <param name="VirtualTime">Virtual time of the last event, nanoseconds.</param>
/// <param name="Counts">Events per kind, by the kind's number.</param>
/// <param name="Rows">Rows that were read.</param>
/// <param name="Ended">True where the log holds the session's end.</param>
public sealed record FoldReport(
    VmState State, byte[] Digest, long Events, ulong Position, ulong VirtualTime, long[] Counts, long Rows, bool Ended);
