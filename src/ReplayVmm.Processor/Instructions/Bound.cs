namespace ReplayVmm.Processor;

/// <summary>BOUND (SDM volume 2, BOUND): #BR where the signed index is outside the pair of bounds in memory. Not in 64-bit mode.</summary>
internal static unsafe class Bound
{
    public static bool Bind(ref BindContext b)
    {
        b.Target->Source = b.RegisterSlot(0);
        bool wide = OperandWidth.Of(ref b, 0) == 4;
        b.Target->Handler = b.BindMemory() switch
        {
            AddressForm.Flat => wide ? &Check32<AddressFlat> : &Check16<AddressFlat>,
            _ => wide ? &Check32<AddressChecked> : &Check16<AddressChecked>,
        };
        return true;
    }

    private static Outcome Check32<TAddress>(Core* c, DecodedInstruction* i) where TAddress : struct, IAddress
    {
        if (!TAddress.TryLinear(c, i, 8, write: false, out ulong linear) || !GuestAccess.Read(c, linear, out ulong bounds))
            return Outcome.Stop;
        int index = Reg.Get<int>(c, i->Source);
        return index < (int)bounds || index > (int)(bounds >> 32) ? Fault.Raise(c, Vector.Br) : Outcome.Next;
    }

    private static Outcome Check16<TAddress>(Core* c, DecodedInstruction* i) where TAddress : struct, IAddress
    {
        if (!TAddress.TryLinear(c, i, 4, write: false, out ulong linear) || !GuestAccess.Read(c, linear, out uint bounds))
            return Outcome.Stop;
        short index = Reg.Get<short>(c, i->Source);
        return index < (short)bounds || index > (short)(bounds >> 16) ? Fault.Raise(c, Vector.Br) : Outcome.Next;
    }
}
