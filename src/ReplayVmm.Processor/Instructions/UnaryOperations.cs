using System.Numerics;
using System.Runtime.CompilerServices;

namespace ReplayVmm.Processor;

/// <summary>INC (SDM volume 2, INC): ADD of one that leaves CF.</summary>
internal readonly unsafe struct IncrementOperation : IModifyOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Execute<T>(Core* c, DecodedInstruction* i, T destination) where T : unmanaged, IBinaryInteger<T>
    {
        T result = destination + T.One;
        Flags.Increment(c, destination, result);
        return result;
    }
}

/// <summary>DEC (SDM volume 2, DEC): SUB of one that leaves CF.</summary>
internal readonly unsafe struct DecrementOperation : IModifyOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Execute<T>(Core* c, DecodedInstruction* i, T destination) where T : unmanaged, IBinaryInteger<T>
    {
        T result = destination - T.One;
        Flags.Decrement(c, destination, result);
        return result;
    }
}

/// <summary>NEG (SDM volume 2, NEG): the subtraction from zero, flags included.</summary>
internal readonly unsafe struct NegateOperation : IModifyOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Execute<T>(Core* c, DecodedInstruction* i, T destination) where T : unmanaged, IBinaryInteger<T>
    {
        T result = T.Zero - destination;
        Flags.Subtract(c, T.Zero, destination, result);
        return result;
    }
}

/// <summary>NOT (SDM volume 2, NOT): no flags.</summary>
internal readonly unsafe struct NotOperation : IModifyOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Execute<T>(Core* c, DecodedInstruction* i, T destination) where T : unmanaged, IBinaryInteger<T> => ~destination;
}
