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
        if (!TryReadPair<TAddress, int>(c, i, out int lower, out int upper))
            return Outcome.Stop;
        int index = Reg.Get<int>(c, i->Source);
        return index < lower || index > upper ? Fault.Raise(c, Vector.Br) : Outcome.Next;
    }

    private static Outcome Check16<TAddress>(Core* c, DecodedInstruction* i) where TAddress : struct, IAddress
    {
        if (!TryReadPair<TAddress, short>(c, i, out short lower, out short upper))
            return Outcome.Stop;
        short index = Reg.Get<short>(c, i->Source);
        return index < lower || index > upper ? Fault.Raise(c, Vector.Br) : Outcome.Next;
    }

    /// <summary>Two accesses: limits and alignment are those of one bound, and then of the other.</summary>
    private static bool TryReadPair<TAddress, T>(Core* c, DecodedInstruction* i, out T lower, out T upper) where TAddress : struct, IAddress where T : unmanaged
    {
        (lower, upper) = (default, default);
        return TAddress.TryLinear(c, i, sizeof(T), write: false, out ulong first) && GuestAccess.Read(c, first, out lower)
            && Segmentation.TryLinear(c, i, AddressChecked.Cut(i, TAddress.Effective(c, i) + (uint)sizeof(T)), sizeof(T), write: false, out ulong second)
            && GuestAccess.Read(c, second, out upper);
    }
}
