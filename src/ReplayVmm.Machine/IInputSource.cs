namespace ReplayVmm.Machine;

/// <summary>
/// The one door through which anything from outside reaches a running machine. Live, it reads a terminal, a script and the host's entropy; at replay it reads
/// the log. The machine asks only at moments that are a function of the run itself (a turn's end, all processors halted, an instruction that draws
/// entropy), so that the answers, stamped with virtual time, are all that a replay needs.
/// </summary>
public interface IInputSource
{
    /// <summary>
    /// Bytes that arrive on the console at virtual time <paramref name="now"/>; called at a turn's end and when all processors halt.
    /// </summary>
    /// <returns>How many bytes of <paramref name="buffer"/> were filled; 0 for none.</returns>
    int TakeConsoleInput(ulong now, Span<byte> buffer);

    /// <summary>
    /// All processors halt and the next deadline is at <paramref name="deadline"/> (<see cref="ulong.MaxValue"/>: none). Says to which virtual time to
    /// jump: the deadline, or earlier if input arrives. A live paced session waits here.
    /// </summary>
    /// <returns>
    /// A time from <paramref name="now"/> to <paramref name="deadline"/>; <see cref="ulong.MaxValue"/> where nothing will ever come, and the machine ends with
    /// <see cref="EndReason.DeadHalt"/>.
    /// </returns>
    ulong WaitForInput(ulong now, ulong deadline);

    /// <summary>A random word for RDRAND or RDSEED at virtual time <paramref name="now"/>.</summary>
    ulong DrawEntropy(ulong now);

    /// <summary>
    /// True where the operator ends the session at virtual time <paramref name="now"/>; asked at a turn's end and when all processors halt.
    /// </summary>
    bool EndRequested(ulong now, out EndReason reason);
}
