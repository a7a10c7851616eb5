namespace ReplayVmm.Processor;

/// <summary>UD0, UD1, UD2: #UD, for ever (SDM volume 2, UD). The operands of UD0 and UD1 are not accessed.</summary>
internal static unsafe class Undefined
{
    public static bool Bind(ref BindContext b) => Handlers.Bind(ref b, &Raise);

    private static Outcome Raise(Core* c, DecodedInstruction* i) => Fault.InvalidOpcode(c);
}
