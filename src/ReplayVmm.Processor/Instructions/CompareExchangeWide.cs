namespace ReplayVmm.Processor;

/// <summary>CMPXCHG8B and CMPXCHG16B (SDM volume 2, CMPXCHG8B): ZF alone changes; the destination is written either way.</summary>
internal static unsafe class CompareExchangeWide
{
    public static bool Bind8(ref BindContext b)
    {
        b.Target->Handler = b.BindMemory() switch
        {
            AddressForm.Long => &Exchange8<Address64>,
            AddressForm.Flat => &Exchange8<AddressFlat>,
            _ => &Exchange8<AddressChecked>,
        };
        return true;
    }

    public static bool Bind16(ref BindContext b)
    {
        b.Target->Handler = b.BindMemory() == AddressForm.Long ? &Exchange16<Address64> : &Exchange16<AddressChecked>;
        return true;
    }

    private static Outcome Exchange8<TAddress>(Core* c, DecodedInstruction* i) where TAddress : struct, IAddress
    {
        if (!TAddress.TryLinear(c, i, 8, write: true, out ulong linear) || !GuestAccess.ReadForWrite(c, linear, out ulong destination))
            return Outcome.Stop;
        bool equal = destination == Pair(c, GprSlot.Rdx, GprSlot.Rax);
        if (!GuestAccess.Write(c, linear, equal ? Pair(c, GprSlot.Rcx, GprSlot.Rbx) : destination))
            return Outcome.Stop;
        if (!equal)
        {
            Reg.Set(c, GprSlot.Rax, (uint)destination);
            Reg.Set(c, GprSlot.Rdx, (uint)(destination >> 32));
        }
        return SetZero(c, equal);
    }

    private static ulong Pair(Core* c, byte high, byte low) => ((ulong)Reg.Get<uint>(c, high) << 32) | Reg.Get<uint>(c, low);

    private static Outcome Exchange16<TAddress>(Core* c, DecodedInstruction* i) where TAddress : struct, IAddress
    {
        if (!TAddress.TryLinear(c, i, 16, write: true, out ulong linear))
            return Outcome.Stop;
        if ((linear & 15) != 0)
            return Fault.GeneralProtection(c);
        if (!GuestAccess.ReadForWrite(c, linear, out UInt128 destination))
            return Outcome.Stop;
        bool equal = destination == new UInt128(c->State.Gpr[2], c->State.Gpr[0]);
        if (!GuestAccess.Write(c, linear, equal ? new UInt128(c->State.Gpr[1], c->State.Gpr[3]) : destination))
            return Outcome.Stop;
        if (!equal)
        {
            c->State.Gpr[0] = (ulong)destination;
            c->State.Gpr[2] = (ulong)(destination >> 64);
        }
        return SetZero(c, equal);
    }

    private static Outcome SetZero(Core* c, bool zero)
    {
        Flags.Load(c, (Flags.Materialize(c) & ~Rflags.Zf) | (zero ? Rflags.Zf : 0));
        return Outcome.Next;
    }
}
