using System.Numerics;

namespace ReplayVmm.Processor;

/// <summary>An operation that computes a value and writes it to its first operand without reading it first.</summary>
internal unsafe interface IDestinationOperation
{
    /// <summary>The value to write. A register operand beside stands in Source, an immediate in Immediate.</summary>
    static abstract T Execute<T>(Core* c, DecodedInstruction* i) where T : unmanaged, IBinaryInteger<T>;
}

/// <summary>Handlers of all instructions that only write their register-or-memory operand: one per operation, width and operand form.</summary>
internal static unsafe class IntoDestination<TOp> where TOp : struct, IDestinationOperation
{
    /// <summary>Chooses width and form.</summary>
    public static bool Bind(ref BindContext b)
    {
        if (b.Source.OpCount > 1)
        {
            if (b.IsRegister(1))
                b.Target->Source = b.RegisterSlot(1);
            else
                b.Target->Immediate = (long)b.Source.GetImmediate(1);
        }
        switch (OperandWidth.Of(ref b, 0))
        {
            case 1: BindForm<byte>(ref b); break;
            case 2: BindForm<ushort>(ref b); break;
            case 4: BindForm<uint>(ref b); break;
            case 8: BindForm<ulong>(ref b); break;
            default: return false;
        }
        return true;
    }

    private static void BindForm<T>(ref BindContext b) where T : unmanaged, IBinaryInteger<T>
    {
        DecodedInstruction* i = b.Target;
        if (b.IsRegister(0))
        {
            i->Destination = b.RegisterSlot(0);
            i->Handler = &IntoRegister<T>;
            return;
        }
        i->Handler = b.BindMemory() switch
        {
            AddressForm.Long => &IntoMemory<T, Address64>,
            AddressForm.Flat => &IntoMemory<T, AddressFlat>,
            _ => &IntoMemory<T, AddressChecked>,
        };
    }

    private static Outcome IntoRegister<T>(Core* c, DecodedInstruction* i) where T : unmanaged, IBinaryInteger<T>
    {
        Reg.Set(c, i->Destination, TOp.Execute<T>(c, i));
        return Outcome.Next;
    }

    private static Outcome IntoMemory<T, TAddress>(Core* c, DecodedInstruction* i)
        where T : unmanaged, IBinaryInteger<T> where TAddress : struct, IAddress
    {
        if (!TAddress.TryLinear(c, i, sizeof(T), write: true, out ulong linear) || !GuestAccess.Write(c, linear, TOp.Execute<T>(c, i)))
            return Outcome.Stop;
        return Outcome.Next;
    }
}
