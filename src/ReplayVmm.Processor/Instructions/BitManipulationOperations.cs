using System.Numerics;

namespace ReplayVmm.Processor;

/// <summary>ANDN (SDM volume 2, ANDN).</summary>
internal readonly unsafe struct AndNotOperation : ISourceOperation
{
    public static int Operand => 2;

    public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T>
    {
        T result = ~Reg.Get<T>(c, (byte)i->Immediate) & source;
        Reg.Set(c, i->Destination, result);
        Flags.Logic(c, result);
        return Outcome.Next;
    }
}

/// <summary>BEXTR (SDM volume 2, BEXTR): the start is the control's first byte, the length its second. AF, undefined, is set as by AMD.</summary>
internal readonly unsafe struct BitFieldExtractOperation : ISourceOperation
{
    public static int Operand => 1;

    public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T>
    {
        uint control = Reg.Get<uint>(c, (byte)i->Immediate);
        int start = (byte)control, length = (byte)(control >> 8);
        ulong field = start < 64 ? Wide.Zero(source) >> start : 0;
        if (length < 64)
            field &= (1ul << length) - 1;
        T result = Wide.Cut<T>(field);
        Reg.Set(c, i->Destination, result);
        Flags.Result(c, result, carry: false, overflow: false, adjust: true);
        return Outcome.Next;
    }
}

/// <summary>BLSI (SDM volume 2, BLSI): CF where the source is not zero.</summary>
internal readonly unsafe struct LowestSetBitOperation : ISourceOperation
{
    public static int Operand => 1;

    public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T> =>
        BitManipulation.Finish(c, i, source & (T.Zero - source), source != T.Zero);
}

/// <summary>BLSMSK (SDM volume 2, BLSMSK): CF where the source is zero.</summary>
internal readonly unsafe struct MaskToLowestSetBitOperation : ISourceOperation
{
    public static int Operand => 1;

    public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T> =>
        BitManipulation.Finish(c, i, source ^ (source - T.One), source == T.Zero);
}

/// <summary>BLSR (SDM volume 2, BLSR): CF where the source is zero.</summary>
internal readonly unsafe struct ResetLowestSetBitOperation : ISourceOperation
{
    public static int Operand => 1;

    public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T> =>
        BitManipulation.Finish(c, i, source & (source - T.One), source == T.Zero);
}

/// <summary>BZHI (SDM volume 2, BZHI): CF where the index, the register's low byte, is beyond the operand.</summary>
internal readonly unsafe struct ZeroHighBitsOperation : ISourceOperation
{
    public static int Operand => 1;

    public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T>
    {
        int index = Reg.Get<byte>(c, (byte)i->Immediate);
        bool beyond = index >= sizeof(T) * 8;
        return BitManipulation.Finish(c, i, beyond ? source : source & Wide.Cut<T>((1ul << index) - 1), beyond);
    }
}

/// <summary>MULX (SDM volume 2, MULX): both halves into registers of choice, no flags. Where they are the same register the upper half stays.</summary>
internal readonly unsafe struct MultiplyWithoutFlagsOperation : ISourceOperation
{
    public static int Operand => 2;

    public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T>
    {
        ulong a = Wide.Zero(Reg.Get<T>(c, GprSlot.Rdx)), b = Wide.Zero(source), high, low;
        if (sizeof(T) == 8)
            high = Math.BigMul(a, b, out low);
        else
            high = (low = a * b) >> 32;
        Reg.Set(c, (byte)i->Immediate, Wide.Cut<T>(low));
        Reg.Set(c, i->Destination, Wide.Cut<T>(high));
        return Outcome.Next;
    }
}

/// <summary>PDEP (SDM volume 2, PDEP): the register's low bits go where the mask has ones.</summary>
internal readonly unsafe struct DepositBitsOperation : ISourceOperation
{
    public static int Operand => 2;

    public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T>
    {
        ulong mask = Wide.Zero(source), bits = Wide.Zero(Reg.Get<T>(c, (byte)i->Immediate)), result = 0;
        for (; mask != 0; mask &= mask - 1, bits >>= 1)
            result |= (bits & 1) != 0 ? mask & (0 - mask) : 0;
        Reg.Set(c, i->Destination, Wide.Cut<T>(result));
        return Outcome.Next;
    }
}

/// <summary>PEXT (SDM volume 2, PEXT): the register's bits under the mask's ones go to the low end.</summary>
internal readonly unsafe struct ExtractBitsOperation : ISourceOperation
{
    public static int Operand => 2;

    public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T>
    {
        ulong mask = Wide.Zero(source), bits = Wide.Zero(Reg.Get<T>(c, (byte)i->Immediate)), result = 0;
        for (ulong one = 1; mask != 0; mask &= mask - 1, one <<= 1)
            result |= (bits & mask & (0 - mask)) != 0 ? one : 0;
        Reg.Set(c, i->Destination, Wide.Cut<T>(result));
        return Outcome.Next;
    }
}

/// <summary>What the single-bit operations share.</summary>
internal static unsafe class BitManipulation
{
    /// <summary>Stores the result; ZF and SF from it, CF given, OF clear.</summary>
    public static Outcome Finish<T>(Core* c, DecodedInstruction* i, T result, bool carry) where T : unmanaged, IBinaryInteger<T>
    {
        Reg.Set(c, i->Destination, result);
        Flags.Result(c, result, carry, overflow: false, adjust: false);
        return Outcome.Next;
    }
}
