namespace ReplayVmm.Processor;

/// <summary>
/// What becomes of encodings that have no row in <see cref="InstructionTable"/>, that the model hides, or that are no instructions at all.
/// </summary>
internal static unsafe class AbsentInstructions
{
    /// <summary>#UD.</summary>
    public static Outcome InvalidOpcode(Core* c, DecodedInstruction* i) => Fault.InvalidOpcode(c);

    /// <summary>#GP(0): the instruction is longer than 15 bytes.</summary>
    public static Outcome TooLong(Core* c, DecodedInstruction* i) => Fault.GeneralProtection(c);
}
