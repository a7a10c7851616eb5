namespace ReplayVmm.Machine;

/// <summary>Why a machine ended; operand <c>reason</c> of <c>SessionEnded</c>. Numbers are append-only.</summary>
public enum EndReason
{
    /// <summary>The guest wrote isa-debug-exit; the code is beside.</summary>
    GuestExit = 1,
    /// <summary>The guest switched the machine off.</summary>
    PowerOff = 2,
    /// <summary>The guest reset the machine.</summary>
    Reset = 3,
    /// <summary>Triple fault.</summary>
    TripleFault = 4,
    /// <summary>All processors halt and nothing can ever wake them.</summary>
    DeadHalt = 5,
    /// <summary>Ctrl-C or the like.</summary>
    OperatorStopped = 6,
    /// <summary>The text that the operator waited for appeared on the console.</summary>
    TextSeen = 7,
    /// <summary>The virtual time that the operator set was reached.</summary>
    TimeReached = 8,
    /// <summary>The number of events that the operator set was reached.</summary>
    EventsReached = 9,
    /// <summary>The monitor met something it cannot do; an <c>InternalError</c> event says what.</summary>
    InternalError = 10,
    /// <summary>The event sink asked to stop: the log is gone or the run diverged. Never written to a log.</summary>
    SinkStopped = 11,
}
