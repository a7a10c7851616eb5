using System.Numerics;

namespace ReplayVmm.Processor;

/// <summary>BSF (SDM volume 2, BSF): a source of zero sets ZF and leaves the destination.</summary>
internal readonly unsafe struct BitScanForwardOperation : ISourceOperation
{
    public static int Operand => 1;

    public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T>
    {
        ulong value = Wide.Zero(source);
        return BitScan.Finish(c, i, source, BitOperations.TrailingZeroCount(value));
    }
}

/// <summary>BSR (SDM volume 2, BSR): as BSF, from the top.</summary>
internal readonly unsafe struct BitScanReverseOperation : ISourceOperation
{
    public static int Operand => 1;

    public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T> =>
        BitScan.Finish(c, i, source, BitOperations.Log2(Wide.Zero(source)));
}

/// <summary>What BSF and BSR share.</summary>
internal static unsafe class BitScan
{
    /// <summary>ZF from the source; the other flags, undefined, are those of AMD: PF of the position, the rest clear.</summary>
    public static Outcome Finish<T>(Core* c, DecodedInstruction* i, T source, int position) where T : unmanaged, IBinaryInteger<T>
    {
        if (source != T.Zero)
            Reg.Set(c, i->Destination, Wide.Cut<T>((ulong)position));
        ulong parity = (BitOperations.PopCount((uint)position) & 1) == 0 ? Rflags.Pf : 0;
        Flags.Load(c, (c->State.Rflags & ~Rflags.Arithmetic) | (source == T.Zero ? Rflags.Zf | Rflags.Pf : parity));
        return Outcome.Next;
    }
}

/// <summary>TZCNT (SDM volume 2, TZCNT): the width for zero, which sets CF.</summary>
internal readonly unsafe struct TrailingZeroCountOperation : ISourceOperation
{
    public static int Operand => 1;

    public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T> =>
        ZeroCount.Finish(c, i, source, T.TrailingZeroCount(source));
}

/// <summary>LZCNT (SDM volume 2, LZCNT): the width for zero, which sets CF.</summary>
internal readonly unsafe struct LeadingZeroCountOperation : ISourceOperation
{
    public static int Operand => 1;

    public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T> =>
        ZeroCount.Finish(c, i, source, T.LeadingZeroCount(source));
}

/// <summary>What TZCNT and LZCNT share.</summary>
internal static unsafe class ZeroCount
{
    /// <summary>CF: the source is zero; ZF: the count is; the other flags, undefined, are those of AMD: OF stays, the rest is clear.</summary>
    public static Outcome Finish<T>(Core* c, DecodedInstruction* i, T source, T count) where T : unmanaged, IBinaryInteger<T>
    {
        Reg.Set(c, i->Destination, count);
        Flags.Load(c, (Flags.Materialize(c) & ~(Rflags.Arithmetic & ~Rflags.Of)) | (source == T.Zero ? Rflags.Cf : 0) | (count == T.Zero ? Rflags.Zf : 0));
        return Outcome.Next;
    }
}

/// <summary>POPCNT (SDM volume 2, POPCNT): ZF from the source, the other flags clear.</summary>
internal readonly unsafe struct PopulationCountOperation : ISourceOperation
{
    public static int Operand => 1;

    public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T>
    {
        Reg.Set(c, i->Destination, T.PopCount(source));
        Flags.Load(c, (Flags.Materialize(c) & ~Rflags.Arithmetic) | (source == T.Zero ? Rflags.Zf : 0));
        return Outcome.Next;
    }
}
