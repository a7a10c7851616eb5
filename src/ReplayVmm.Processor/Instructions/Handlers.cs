namespace ReplayVmm.Processor;

/// <summary>Binding without operands.</summary>
internal static unsafe class Handlers
{
    /// <summary>Binds an instruction without explicit operands.</summary>
    public static bool Bind(ref BindContext b, delegate*<Core*, DecodedInstruction*, Outcome> handler)
    {
        b.Target->Handler = handler;
        return true;
    }
}
