namespace ReplayVmm.Processor;

/// <summary>DAA, DAS, AAA, AAS, AAM, AAD (SDM volume 2 under each name): not in 64-bit mode.</summary>
internal static unsafe class Decimal
{
    public static bool BindDaa(ref BindContext b) => Handlers.Bind(ref b, &Daa);
    public static bool BindDas(ref BindContext b) => Handlers.Bind(ref b, &Das);
    public static bool BindAaa(ref BindContext b) => Handlers.Bind(ref b, &Aaa);
    public static bool BindAas(ref BindContext b) => Handlers.Bind(ref b, &Aas);

    public static bool BindAam(ref BindContext b)
    {
        b.Target->Immediate = b.Source.Immediate8;
        return Handlers.Bind(ref b, &Aam);
    }

    public static bool BindAad(ref BindContext b)
    {
        b.Target->Immediate = b.Source.Immediate8;
        return Handlers.Bind(ref b, &Aad);
    }

    private static Outcome Daa(Core* c, DecodedInstruction* i)
    {
        byte old = Reg.Get<byte>(c, GprSlot.Rax), result = old;
        bool adjust = (old & 0xF) > 9 || Flags.Adjust(c), carry = old > 0x99 || Flags.Carry(c);
        if (adjust)
            result += 6;
        if (carry)
            result += 0x60;
        Reg.Set(c, GprSlot.Rax, result);
        Flags.Result(c, result, carry, overflow: false, adjust);
        return Outcome.Next;
    }

    private static Outcome Das(Core* c, DecodedInstruction* i)
    {
        byte old = Reg.Get<byte>(c, GprSlot.Rax), result = old;
        bool adjust = (old & 0xF) > 9 || Flags.Adjust(c), high = old > 0x99 || Flags.Carry(c);
        if (adjust)
            result -= 6;
        if (high)
            result -= 0x60;
        // Below 6 the first subtraction borrows, and that borrow stays.
        Reg.Set(c, GprSlot.Rax, result);
        Flags.Result(c, result, high || (adjust && old < 6), overflow: false, adjust);
        return Outcome.Next;
    }

    private static Outcome Aaa(Core* c, DecodedInstruction* i) => Adjust(c, 0x106);

    private static Outcome Aas(Core* c, DecodedInstruction* i) => Adjust(c, -0x106);

    private static Outcome Adjust(Core* c, int by)
    {
        ushort ax = Reg.Get<ushort>(c, GprSlot.Rax);
        bool adjust = (ax & 0xF) > 9 || Flags.Adjust(c);
        if (adjust)
            ax = (ushort)(ax + by);
        Reg.Set(c, GprSlot.Rax, (ushort)(ax & 0xFF0F));
        Flags.Result(c, (byte)(ax & 0xF), adjust, overflow: false, adjust);
        return Outcome.Next;
    }

    private static Outcome Aam(Core* c, DecodedInstruction* i)
    {
        byte divisor = (byte)i->Immediate, al = Reg.Get<byte>(c, GprSlot.Rax);
        if (divisor == 0)
            return Fault.Raise(c, Vector.De);
        byte rest = (byte)(al % divisor);
        Reg.Set(c, GprSlot.Rax, (ushort)(((al / divisor) << 8) | rest));
        Flags.Logic(c, rest);
        return Outcome.Next;
    }

    private static Outcome Aad(Core* c, DecodedInstruction* i)
    {
        ushort ax = Reg.Get<ushort>(c, GprSlot.Rax);
        byte result = (byte)((byte)ax + ((ax >> 8) * (byte)i->Immediate));
        Reg.Set(c, GprSlot.Rax, (ushort)result);
        Flags.Logic(c, result);
        return Outcome.Next;
    }
}
