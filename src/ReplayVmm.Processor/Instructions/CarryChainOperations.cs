using System.Numerics;

namespace ReplayVmm.Processor;

/// <summary>ADCX (SDM volume 2, ADCX): addition through CF alone.</summary>
internal readonly unsafe struct AddThroughCarryOperation : ISourceOperation
{
    public static int Operand => 1;

    public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T>
    {
        T result = CarryChain.Add(Reg.Get<T>(c, i->Destination), source, Flags.Carry(c), out bool carry);
        Flags.SetCarry(c, carry);
        Reg.Set(c, i->Destination, result);
        return Outcome.Next;
    }
}

/// <summary>ADOX (SDM volume 2, ADOX): addition through OF alone.</summary>
internal readonly unsafe struct AddThroughOverflowOperation : ISourceOperation
{
    public static int Operand => 1;

    public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T>
    {
        T result = CarryChain.Add(Reg.Get<T>(c, i->Destination), source, Flags.Overflow(c), out bool carry);
        Flags.SetCarryOverflow(c, Flags.Carry(c), carry);
        Reg.Set(c, i->Destination, result);
        return Outcome.Next;
    }
}

/// <summary>Addition with a carry in and out.</summary>
internal static class CarryChain
{
    public static T Add<T>(T a, T b, bool carryIn, out bool carry) where T : unmanaged, IBinaryInteger<T>
    {
        T sum = a + b, result = carryIn ? sum + T.One : sum;
        carry = sum < a || (carryIn && result == T.Zero);
        return result;
    }
}
