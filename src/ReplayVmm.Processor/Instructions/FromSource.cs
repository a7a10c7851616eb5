using System.Numerics;

namespace ReplayVmm.Processor;

/// <summary>An operation that reads one register-or-memory operand and leaves its results in registers and flags.</summary>
internal unsafe interface ISourceOperation
{
    /// <summary>Number of the register-or-memory operand.</summary>
    static abstract int Operand { get; }

    /// <summary>Carries it out. The first other register operand stands in Destination, a second one or the immediate in Immediate.</summary>
    static abstract Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T>;
}

/// <summary>Handlers of all instructions that only read their register-or-memory operand: one per operation, width and operand form.</summary>
internal static unsafe class FromSource<TOp> where TOp : struct, ISourceOperation
{
    /// <summary>Chooses width and form.</summary>
    public static bool Bind(ref BindContext b)
    {
        BindOthers(ref b);
        switch (OperandWidth.Of(ref b, TOp.Operand))
        {
            case 1: BindForm<byte>(ref b); break;
            case 2: BindForm<ushort>(ref b); break;
            case 4: BindForm<uint>(ref b); break;
            case 8: BindForm<ulong>(ref b); break;
            default: return false;
        }
        return true;
    }

    private static void BindOthers(ref BindContext b)
    {
        bool first = true;
        for (int operand = 0; operand < b.Source.OpCount; operand++)
        {
            if (operand == TOp.Operand)
                continue;
            if (!b.IsRegister(operand))
                b.Target->Immediate = (long)b.Source.GetImmediate(operand);
            else if (first)
                b.Target->Destination = b.RegisterSlot(operand);
            else
                b.Target->Immediate = b.RegisterSlot(operand);
            first = false;
        }
    }

    private static void BindForm<T>(ref BindContext b) where T : unmanaged, IBinaryInteger<T>
    {
        DecodedInstruction* i = b.Target;
        if (b.IsRegister(TOp.Operand))
        {
            i->Source = b.RegisterSlot(TOp.Operand);
            i->Handler = &FromRegister<T>;
            return;
        }
        i->Handler = b.BindMemory() switch
        {
            AddressForm.Long => &FromMemory<T, Address64>,
            AddressForm.Flat => &FromMemory<T, AddressFlat>,
            _ => &FromMemory<T, AddressChecked>,
        };
    }

    private static Outcome FromRegister<T>(Core* c, DecodedInstruction* i) where T : unmanaged, IBinaryInteger<T> =>
        TOp.Execute(c, i, Reg.Get<T>(c, i->Source));

    private static Outcome FromMemory<T, TAddress>(Core* c, DecodedInstruction* i)
        where T : unmanaged, IBinaryInteger<T> where TAddress : struct, IAddress
    {
        if (!TAddress.TryLinear(c, i, sizeof(T), write: false, out ulong linear) || !GuestAccess.Read(c, linear, out T source))
            return Outcome.Stop;
        return TOp.Execute(c, i, source);
    }
}
