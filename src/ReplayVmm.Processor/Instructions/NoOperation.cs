using System.Numerics;

namespace ReplayVmm.Processor;

/// <summary>
/// NOP in all lengths, ENDBR, fences and prefetches, which do nothing here; PAUSE, which may exit; WAIT, which is #NM where CR0 says so; CLFLUSH, CLFLUSHOPT, CLWB, which check that the
/// byte could be read (SDM volume 2 under each name).
/// </summary>
internal static unsafe class NoOperation
{
    /// <summary>Operands, where there are any, are not accessed.</summary>
    public static bool Bind(ref BindContext b) => Handlers.Bind(ref b, &Nothing);

    public static bool BindPause(ref BindContext b) => Handlers.Bind(ref b, &Pause);

    private static Outcome Nothing(Core* c, DecodedInstruction* i) => Outcome.Next;

    private static Outcome Pause(Core* c, DecodedInstruction* i)
    {
        if (!Exits.Controls(c).PauseExiting)
            return Outcome.Next;
        return Exits.Raise(c, i, new VmExit { Reason = ExitReason.Pause, InstructionLength = i->Length });
    }
}

/// <summary>CLFLUSH, CLFLUSHOPT, CLWB: a load of one byte whose value nobody wants.</summary>
internal readonly unsafe struct FlushOperation : ISourceOperation
{
    public static int Operand => 0;

    public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T> => Outcome.Next;
}
