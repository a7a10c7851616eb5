using System.Numerics;

namespace ReplayVmm.Processor;

/// <summary>DIV (SDM volume 2, DIV): #DE where the divisor is zero or the quotient does not fit. Flags, all undefined, stay.</summary>
internal readonly unsafe struct DivideOperation : ISourceOperation
{
    public static int Operand => 0;

    public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T>
    {
        ulong divisor = Wide.Zero(source);
        ulong low = Wide.Zero(Reg.Get<T>(c, GprSlot.Rax)), high = Wide.Zero(Reg.Get<T>(c, sizeof(T) == 1 ? GprSlot.Ah : GprSlot.Rdx));
        // The quotient fits exactly where the upper half is below the divisor; that covers a divisor of zero.
        if (high >= divisor)
            return Fault.Raise(c, Vector.De);
        ulong quotient, remainder;
        if (sizeof(T) == 8 && high != 0)
        {
            (UInt128 wide, UInt128 rest) = UInt128.DivRem(new UInt128(high, low), divisor);
            (quotient, remainder) = ((ulong)wide, (ulong)rest);
        }
        else
        {
            ulong dividend = sizeof(T) == 8 ? low : (high << (sizeof(T) * 8)) | low;
            (quotient, remainder) = Math.DivRem(dividend, divisor);
        }
        Product.Store(c, Wide.Cut<T>(quotient), Wide.Cut<T>(remainder));
        return Outcome.Next;
    }
}

/// <summary>IDIV (SDM volume 2, IDIV): truncates towards zero; #DE as DIV.</summary>
internal readonly unsafe struct SignedDivideOperation : ISourceOperation
{
    public static int Operand => 0;

    public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T>
    {
        long divisor = Wide.Sign(source);
        if (divisor == 0)
            return Fault.Raise(c, Vector.De);
        T low = Reg.Get<T>(c, GprSlot.Rax), high = Reg.Get<T>(c, sizeof(T) == 1 ? GprSlot.Ah : GprSlot.Rdx);
        if (sizeof(T) == 8)
            return Wide128(c, new Int128(Wide.Zero(high), Wide.Zero(low)), divisor);
        long dividend = (Wide.Sign(high) << (sizeof(T) * 8)) | (long)Wide.Zero(low);
        // The one quotient that does not even fit 64 bits, and that the host would trap on.
        if (dividend == long.MinValue && divisor == -1)
            return Fault.Raise(c, Vector.De);
        (long quotient, long remainder) = Math.DivRem(dividend, divisor);
        if (Wide.Sign(Wide.Cut<T>((ulong)quotient)) != quotient)
            return Fault.Raise(c, Vector.De);
        Product.Store(c, Wide.Cut<T>((ulong)quotient), Wide.Cut<T>((ulong)remainder));
        return Outcome.Next;
    }

    private static Outcome Wide128(Core* c, Int128 dividend, long divisor)
    {
        if (dividend == Int128.MinValue && divisor == -1)
            return Fault.Raise(c, Vector.De);
        (Int128 quotient, Int128 remainder) = Int128.DivRem(dividend, divisor);
        if (quotient < long.MinValue || quotient > long.MaxValue)
            return Fault.Raise(c, Vector.De);
        Product.Store(c, (ulong)(long)quotient, (ulong)(long)remainder);
        return Outcome.Next;
    }
}
