using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace ReplayVmm.Processor;

/// <summary>BSWAP (SDM volume 2, BSWAP). Of a 16-bit register, which the manual leaves undefined, processors make zero.</summary>
internal readonly unsafe struct ByteSwapOperation : IModifyOperation
{
    public static T Execute<T>(Core* c, DecodedInstruction* i, T destination) where T : unmanaged, IBinaryInteger<T> =>
        sizeof(T) == 2 ? T.Zero : ByteOrder.Reverse(destination);
}

/// <summary>MOVBE from memory (SDM volume 2, MOVBE).</summary>
internal readonly unsafe struct LoadReversedOperation : ISourceOperation
{
    public static int Operand => 1;

    public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T>
    {
        Reg.Set(c, i->Destination, ByteOrder.Reverse(source));
        return Outcome.Next;
    }
}

/// <summary>MOVBE to memory.</summary>
internal readonly unsafe struct StoreReversedOperation : IDestinationOperation
{
    public static T Execute<T>(Core* c, DecodedInstruction* i) where T : unmanaged, IBinaryInteger<T> => ByteOrder.Reverse(Reg.Get<T>(c, i->Source));
}

/// <summary>Byte reversal of any width.</summary>
internal static unsafe class ByteOrder
{
    /// <summary>Chooses between MOVBE's directions.</summary>
    public static bool BindMovbe(ref BindContext b) =>
        b.IsRegister(0) ? FromSource<LoadReversedOperation>.Bind(ref b) : IntoDestination<StoreReversedOperation>.Bind(ref b);

    /// <summary>The bytes in opposite order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Reverse<T>(T value) where T : unmanaged =>
        Wide.Cut<T>(BinaryPrimitives.ReverseEndianness(Wide.Zero(value)) >> (64 - (sizeof(T) * 8)));
}
