namespace ReplayVmm.Processor;

/// <summary>LEA (SDM volume 2, LEA): the effective address, cut to the address size, then to the operand size.</summary>
internal static unsafe class LoadEffectiveAddress
{
    /// <summary>Chooses width and form.</summary>
    public static bool Bind(ref BindContext b)
    {
        b.Target->Destination = b.RegisterSlot(0);
        switch (OperandWidth.Of(ref b, 0))
        {
            case 2: BindForm<ushort>(ref b); break;
            case 4: BindForm<uint>(ref b); break;
            default: BindForm<ulong>(ref b); break;
        }
        return true;
    }

    private static void BindForm<T>(ref BindContext b) where T : unmanaged =>
        b.Target->Handler = b.BindMemory() switch
        {
            AddressForm.Long => &Load<T, Address64>,
            AddressForm.Flat => &Load<T, AddressFlat>,
            _ => &Load<T, AddressChecked>,
        };

    private static Outcome Load<T, TAddress>(Core* c, DecodedInstruction* i) where T : unmanaged where TAddress : struct, IAddress
    {
        Reg.Set(c, i->Destination, Wide.Cut<T>(TAddress.Effective(c, i)));
        return Outcome.Next;
    }
}
