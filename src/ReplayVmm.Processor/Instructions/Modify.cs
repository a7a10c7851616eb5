using System.Numerics;

namespace ReplayVmm.Processor;

/// <summary>An operation that replaces its first operand by a function of it and sets flags.</summary>
internal unsafe interface IModifyOperation
{
    /// <summary>Computes the result and sets the flags. A register operand beside stands in Source, an immediate in Immediate.</summary>
    static abstract T Execute<T>(Core* c, DecodedInstruction* i, T destination) where T : unmanaged, IBinaryInteger<T>;
}

/// <summary>Handlers of all instructions that read and write their first operand: one per operation, width and operand form.</summary>
internal static unsafe class Modify<TOp> where TOp : struct, IModifyOperation
{
    /// <summary>Chooses width and form.</summary>
    public static bool Bind(ref BindContext b)
    {
        for (int operand = b.Source.OpCount - 1; operand > 0; operand--)
        {
            if (b.IsRegister(operand))
                b.Target->Source = b.RegisterSlot(operand);
            else
                b.Target->Immediate = (long)b.Source.GetImmediate(operand);
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
            i->Handler = &ModifyRegister<T>;
            return;
        }
        i->Handler = b.BindMemory() switch
        {
            AddressForm.Long => &ModifyMemory<T, Address64>,
            AddressForm.Flat => &ModifyMemory<T, AddressFlat>,
            _ => &ModifyMemory<T, AddressChecked>,
        };
    }

    private static Outcome ModifyRegister<T>(Core* c, DecodedInstruction* i) where T : unmanaged, IBinaryInteger<T>
    {
        Reg.Set(c, i->Destination, TOp.Execute(c, i, Reg.Get<T>(c, i->Destination)));
        return Outcome.Next;
    }

    private static Outcome ModifyMemory<T, TAddress>(Core* c, DecodedInstruction* i)
        where T : unmanaged, IBinaryInteger<T> where TAddress : struct, IAddress
    {
        if (!TAddress.TryLinear(c, i, sizeof(T), write: true, out ulong linear) || !GuestAccess.ReadForWrite(c, linear, out T destination))
            return Outcome.Stop;
        // A store to a device exits here, after the load: flags must not change before it has succeeded.
        ulong result = c->FlagResult, carries = c->FlagCarries;
        if (GuestAccess.Write(c, linear, TOp.Execute(c, i, destination)))
            return Outcome.Next;
        (c->FlagResult, c->FlagCarries) = (result, carries);
        return Outcome.Stop;
    }
}
