namespace ReplayVmm.Processor;

/// <summary>XLAT (SDM volume 2, XLAT): AL from the table at RBX, AL zero-extended as the index.</summary>
internal static unsafe class TableLookup
{
    public static bool Bind(ref BindContext b)
    {
        b.BindMemory();
        // The decoder names AL as the index, but a slot names whole registers: the handler adds it.
        b.Target->Index = Slot.Zero;
        return Handlers.Bind(ref b, &Lookup);
    }

    private static Outcome Lookup(Core* c, DecodedInstruction* i)
    {
        ulong effective = AddressChecked.Cut(i, AddressChecked.Effective(c, i) + Reg.Get<byte>(c, GprSlot.Rax));
        if (!Segmentation.TryLinear(c, i, effective, 1, write: false, out ulong linear) || !GuestAccess.Read(c, linear, out byte value))
            return Outcome.Stop;
        Reg.Set(c, GprSlot.Rax, value);
        return Outcome.Next;
    }
}
