namespace ReplayVmm.Events;

/// <summary>The first thing that is wrong with a log.</summary>
/// <param name="Row">The first bad row; 0 where it is not in a row, but in what the log says of the session beside its rows.</param>
/// <param name="Reason">What happened to it.</param>
/// <param name="Message">One line that says how that was seen.</param>
public sealed record VerificationFault(long Row, RowFault Reason, string Message);

/// <summary>
/// What a verification found. Numbers count the rows that were passed when the fault was seen; a changed row is seen in the one after it.
/// </summary>
/// <param name="Rows">Rows that were passed.</param>
/// <param name="Events">Events in them.</param>
/// <param name="Positions">Events among them that count positions.</param>
/// <param name="Ended">True where the session ended; a good log without an end is a valid prefix, open at its end.</param>
/// <param name="SignedThrough">The last row that a good signature (by the pinned key, where one is) covers; 0 where none does.</param>
/// <param name="Head">The chain's link at the last row that was passed, 32 bytes.</param>
/// <param name="Content">The content hash of the rows that were passed, 32 bytes.</param>
/// <param name="Fault">The first fault; null where there is none.</param>
public sealed record VerificationReport(
    long Rows, long Events, ulong Positions, bool Ended, long SignedThrough, byte[] Head, byte[] Content, VerificationFault? Fault)
{
    /// <summary>True where nothing is wrong.</summary>
    public bool IsGood => Fault is null;
}
