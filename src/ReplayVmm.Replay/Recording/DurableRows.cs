namespace ReplayVmm.Replay;

/// <summary>What of a recording is in the log.</summary>
/// <param name="Last">The last transaction.</param>
/// <param name="Events">Events in all of them.</param>
/// <param name="Bytes">Bytes of their rows.</param>
/// <param name="Transactions">How many there were.</param>
internal sealed record DurableRows(RecorderCommit Last, long Events, long Bytes, long Transactions);
