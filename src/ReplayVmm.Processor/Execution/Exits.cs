namespace ReplayVmm.Processor;

/// <summary>The one place where an instruction becomes a VM exit, or reports a register write that the log wants to know of.</summary>
internal static unsafe class Exits
{
    /// <summary>
    /// Stops the instruction <paramref name="i"/> with a VM exit. When the hypervisor completes it, <paramref name="finish"/> is called with a copy of the
    /// instruction and the answer; then RIP moves on and the instruction retires, with all that belongs to that (shadows, single step).
    /// Where <paramref name="finish"/> is null the instruction just retires.
    /// </summary>
    public static Outcome Raise(
        Core* c, DecodedInstruction* i, in VmExit exit, delegate*<Core*, DecodedInstruction*, ulong, bool, void> finish = null) =>
        throw new NotSupportedException();

    /// <summary>
    /// Says that the running instruction wrote a recorded register without an exit. The handler goes on to return <see cref="Outcome.Serialize"/>, and the run
    /// ends with <see cref="StopReason.RegisterWritten"/> once the instruction has retired.
    /// </summary>
    public static void Report(Core* c, in RegisterWrite write) => throw new NotSupportedException();

    /// <summary>The controls in force.</summary>
    public static ExecutionControls Controls(Core* c) => throw new NotSupportedException();

    /// <summary>The CPU model.</summary>
    public static CpuModel Model(Core* c) => throw new NotSupportedException();
}
