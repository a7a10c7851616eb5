namespace ReplayVmm.Replay;

/// <summary>What a recording cost.</summary>
/// <param name="Events">Events in the log.</param>
/// <param name="Positions">Input, guest and operator events in the log.</param>
/// <param name="Rows">Rows in the log.</param>
/// <param name="Bytes">Sum of the rows' binary sizes.</param>
/// <param name="Transactions">Commits.</param>
/// <param name="GuestCost">Time that the guest's thread spent handing events over, waiting not included; estimated from a sample.</param>
/// <param name="Blocked">Time that the guest's thread waited because the log was slower than the guest.</param>
/// <param name="Queue">Bytes of the queue between guest and writer: its size is its bound.</param>
public sealed record RecorderStatistics(
    long Events, ulong Positions, long Rows, long Bytes, long Transactions, TimeSpan GuestCost, TimeSpan Blocked, long Queue);
