using System.Numerics;
using System.Runtime.CompilerServices;

namespace ReplayVmm.Processor;

/// <summary>MOVZX into a register of TDestination (SDM volume 2, MOVZX).</summary>
internal readonly unsafe struct ZeroExtendOperation<TDestination> : ISourceOperation where TDestination : unmanaged
{
    public static int Operand => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T>
    {
        Reg.Set(c, i->Destination, Wide.Cut<TDestination>(Wide.Zero(source)));
        return Outcome.Next;
    }
}

/// <summary>MOVSX and MOVSXD into a register of TDestination (SDM volume 2, MOVSX/MOVSXD).</summary>
internal readonly unsafe struct SignExtendOperation<TDestination> : ISourceOperation where TDestination : unmanaged
{
    public static int Operand => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T>
    {
        Reg.Set(c, i->Destination, Wide.Cut<TDestination>((ulong)Wide.Sign(source)));
        return Outcome.Next;
    }
}

/// <summary>Binders of MOVZX, MOVSX and MOVSXD: two widths each.</summary>
internal static class Extend
{
    public static bool BindZero(ref BindContext b) => OperandWidth.Of(ref b, 0) switch
    {
        2 => FromSource<ZeroExtendOperation<ushort>>.Bind(ref b),
        4 => FromSource<ZeroExtendOperation<uint>>.Bind(ref b),
        _ => FromSource<ZeroExtendOperation<ulong>>.Bind(ref b),
    };

    public static bool BindSign(ref BindContext b) => OperandWidth.Of(ref b, 0) switch
    {
        2 => FromSource<SignExtendOperation<ushort>>.Bind(ref b),
        4 => FromSource<SignExtendOperation<uint>>.Bind(ref b),
        _ => FromSource<SignExtendOperation<ulong>>.Bind(ref b),
    };
}
