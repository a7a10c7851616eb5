using System.Numerics;
using System.Runtime.CompilerServices;

namespace ReplayVmm.Processor;

/// <summary>CMOVcc (SDM volume 2, CMOVcc): the source is read, and a 32-bit destination's upper half cleared, whether or not the condition holds.</summary>
internal readonly unsafe struct MoveIfOperation<TCondition> : ISourceOperation where TCondition : struct, ICondition
{
    public static int Operand => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T>
    {
        T old = Reg.Get<T>(c, i->Destination);
        Reg.Set(c, i->Destination, TCondition.Holds(c) ? source : old);
        return Outcome.Next;
    }
}

/// <summary>SETcc (SDM volume 2, SETcc).</summary>
internal readonly unsafe struct SetIfOperation<TCondition> : IDestinationOperation where TCondition : struct, ICondition
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Execute<T>(Core* c, DecodedInstruction* i) where T : unmanaged, IBinaryInteger<T> => TCondition.Holds(c) ? T.One : T.Zero;
}
