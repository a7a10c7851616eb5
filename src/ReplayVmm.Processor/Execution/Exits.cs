namespace ReplayVmm.Processor;

/// <summary>The one place where an instruction becomes a VM exit, or reports a register write that the log wants to know of.</summary>
internal static unsafe class Exits
{
    /// <summary>
    /// Stops the instruction <paramref name="i"/> with a VM exit. When the hypervisor completes it, <paramref name="finish"/> is called with a copy of the
    /// instruction and the answer; then RIP moves on and the instruction retires, with all that belongs to that (shadows, single step).
    /// Where <paramref name="finish"/> makes a fault pending, that is delivered instead. Where it is null the instruction just retires.
    /// </summary>
    public static Outcome Raise(
        Core* c, DecodedInstruction* i, in VmExit exit, delegate*<Core*, DecodedInstruction*, ulong, bool, void> finish = null)
    {
        Interpreter.Of(c).RaiseExit(i, exit with { InstructionLength = i->Length }, finish);
        return Outcome.Stop;
    }

    /// <summary>
    /// Leaves with an exception that the instruction itself makes (INT3, INTO, INT1), which the exception bitmap asks for. RIP stays: who injects it again gives the
    /// length. The handler returns the result.
    /// </summary>
    public static Outcome RaiseException(Core* c, DecodedInstruction* i, byte vector, InterruptionType type)
    {
        Interpreter.Of(c).RaiseAtBoundary(new VmExit
        {
            Reason = ExitReason.ExceptionOrNmi,
            InterruptionInformation = EventInfo.Valid | ((uint)type << 8) | vector,
            InstructionLength = i->Length,
        });
        return Outcome.Stop;
    }

    /// <summary>
    /// Asks a device within an instruction that has more to do (INS and OUTS elements): true with the answer where the hypervisor has given it in an
    /// earlier attempt at this instruction; else the exit is pending, and the handler returns <see cref="Outcome.Stop"/> and is called again once it is answered.
    /// A handler asks in the same order each time, and checks everything that may fault before it asks.
    /// </summary>
    public static bool Ask(Core* c, DecodedInstruction* i, DeviceAccess kind, ulong address, int size, in VmExit exit, out ulong answer) =>
        Interpreter.Of(c).Ask(kind, address, size, exit with { InstructionLength = i->Length, IsPartial = true }, out answer);

    /// <summary>
    /// Says that the running instruction wrote a recorded register without an exit. The handler goes on to return <see cref="Outcome.Serialize"/>, and the run
    /// ends with <see cref="StopReason.RegisterWritten"/> once the instruction has retired.
    /// </summary>
    public static void Report(Core* c, in RegisterWrite write) => Interpreter.Of(c).Report(write);

    /// <summary>The controls in force.</summary>
    public static ExecutionControls Controls(Core* c) => Interpreter.Of(c).Controls;

    /// <summary>The CPU model.</summary>
    public static CpuModel Model(Core* c) => Interpreter.Of(c).Model;
}
