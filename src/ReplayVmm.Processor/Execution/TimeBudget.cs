using System.Runtime.CompilerServices;

namespace ReplayVmm.Processor;

/// <summary>
/// How instructions that take more than one unit of time (REP) live with the limit. An instruction takes one unit when it retires; a REP instruction takes one unit
/// an iteration, of which the last is the unit of its retirement. So after n whole iterations a handler
/// calls Spend(n - 1) and returns <see cref="Outcome.Next"/> where the instruction is done (nothing to spend where there was no iteration),
/// calls Spend(n) and returns <see cref="Outcome.Repeat"/> where it gives up at the limit,
/// calls Spend(n) and returns <see cref="Outcome.Stop"/> where iteration n + 1 faults or exits; RCX, RSI and RDI then stand at iteration n + 1.
/// Never more than <see cref="Remaining"/> iterations may be carried out in one call of the handler.
/// An instruction with a REP prefix always ends its block.
/// </summary>
internal static unsafe class TimeBudget
{
    /// <summary>Units of time that instruction <paramref name="i"/> may take: at least 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Remaining(Core* c, DecodedInstruction* i) => c->Limit - c->Now - i->Ordinal;

    /// <summary>Virtual time at which instruction <paramref name="i"/> began (RDTSC).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Now(Core* c, DecodedInstruction* i) => c->Now + i->Ordinal;

    /// <summary>
    /// Takes <paramref name="iterations"/> units beyond the one that retirement takes. The iterations are final: what devices answered to them is forgotten.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Spend(Core* c, ulong iterations)
    {
        c->Now += iterations;
        c->TimeWithoutRetirement += iterations;
        if (iterations != 0)
            c->DropAnswers();
    }
}
