using System.Numerics;

namespace ReplayVmm.Processor;

/// <summary>RORX (SDM volume 2, RORX).</summary>
internal readonly unsafe struct RotateRightWithoutFlagsOperation : ISourceOperation
{
    public static int Operand => 1;

    public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T>
    {
        Reg.Set(c, i->Destination, T.RotateRight(source, (int)i->Immediate & ((sizeof(T) * 8) - 1)));
        return Outcome.Next;
    }
}

/// <summary>SHLX (SDM volume 2, SARX/SHLX/SHRX).</summary>
internal readonly unsafe struct ShiftLeftWithoutFlagsOperation : ISourceOperation
{
    public static int Operand => 1;

    public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T>
    {
        Reg.Set(c, i->Destination, Wide.Cut<T>(Wide.Zero(source) << (Reg.Get<byte>(c, (byte)i->Immediate) & ((sizeof(T) * 8) - 1))));
        return Outcome.Next;
    }
}

/// <summary>SHRX.</summary>
internal readonly unsafe struct ShiftRightWithoutFlagsOperation : ISourceOperation
{
    public static int Operand => 1;

    public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T>
    {
        Reg.Set(c, i->Destination, Wide.Cut<T>(Wide.Zero(source) >> (Reg.Get<byte>(c, (byte)i->Immediate) & ((sizeof(T) * 8) - 1))));
        return Outcome.Next;
    }
}

/// <summary>SARX.</summary>
internal readonly unsafe struct ShiftArithmeticRightWithoutFlagsOperation : ISourceOperation
{
    public static int Operand => 1;

    public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T>
    {
        Reg.Set(c, i->Destination, Wide.Cut<T>((ulong)(Wide.Sign(source) >> (Reg.Get<byte>(c, (byte)i->Immediate) & ((sizeof(T) * 8) - 1)))));
        return Outcome.Next;
    }
}
