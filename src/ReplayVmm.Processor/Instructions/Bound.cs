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
        if (!TAddress.TryLinear(c, i, 8, write: false, out ulong linear) || !TryReadPair(c, linear, out int lower, out int upper))
            return Outcome.Stop;
        int index = Reg.Get<int>(c, i->Source);
        return index < lower || index > upper ? Fault.Raise(c, Vector.Br) : Outcome.Next;
    }

    private static Outcome Check16<TAddress>(Core* c, DecodedInstruction* i) where TAddress : struct, IAddress
    {
        if (!TAddress.TryLinear(c, i, 4, write: false, out ulong linear) || !TryReadPair(c, linear, out short lower, out short upper))
            return Outcome.Stop;
        short index = Reg.Get<short>(c, i->Source);
        return index < lower || index > upper ? Fault.Raise(c, Vector.Br) : Outcome.Next;
    }

    /// <summary>Two accesses: alignment is that of one bound.</summary>
    private static bool TryReadPair<T>(Core* c, ulong linear, out T lower, out T upper) where T : unmanaged
    {
        upper = default;
        return GuestAccess.Read(c, linear, out lower) && GuestAccess.Read(c, linear + (uint)sizeof(T), out upper);
    }
}
