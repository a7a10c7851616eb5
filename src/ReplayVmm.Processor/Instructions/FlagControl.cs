namespace ReplayVmm.Processor;

/// <summary>CLC, STC, CMC, CLD, STD, LAHF, SAHF, SALC (SDM volume 2 under each name; SALC: APM volume 3, appendix A).</summary>
internal static unsafe class FlagControl
{
    private const ulong LahfFlags = Rflags.Cf | Rflags.Pf | Rflags.Af | Rflags.Zf | Rflags.Sf;

    public static bool BindClc(ref BindContext b) => Handlers.Bind(ref b, &Clc);
    public static bool BindStc(ref BindContext b) => Handlers.Bind(ref b, &Stc);
    public static bool BindCmc(ref BindContext b) => Handlers.Bind(ref b, &Cmc);
    public static bool BindCld(ref BindContext b) => Handlers.Bind(ref b, &Cld);
    public static bool BindStd(ref BindContext b) => Handlers.Bind(ref b, &Std);
    public static bool BindLahf(ref BindContext b) => Handlers.Bind(ref b, &Lahf);
    public static bool BindSahf(ref BindContext b) => Handlers.Bind(ref b, &Sahf);
    public static bool BindSalc(ref BindContext b) => Handlers.Bind(ref b, &Salc);

    private static Outcome Clc(Core* c, DecodedInstruction* i)
    {
        Flags.SetCarry(c, false);
        return Outcome.Next;
    }

    private static Outcome Stc(Core* c, DecodedInstruction* i)
    {
        Flags.SetCarry(c, true);
        return Outcome.Next;
    }

    private static Outcome Cmc(Core* c, DecodedInstruction* i)
    {
        Flags.SetCarry(c, !Flags.Carry(c));
        return Outcome.Next;
    }

    private static Outcome Cld(Core* c, DecodedInstruction* i)
    {
        c->State.Rflags &= ~Rflags.Df;
        return Outcome.Next;
    }

    private static Outcome Std(Core* c, DecodedInstruction* i)
    {
        c->State.Rflags |= Rflags.Df;
        return Outcome.Next;
    }

    private static Outcome Lahf(Core* c, DecodedInstruction* i)
    {
        Reg.Set(c, GprSlot.Ah, (byte)((Flags.Materialize(c) & LahfFlags) | Rflags.Fixed1));
        return Outcome.Next;
    }

    private static Outcome Sahf(Core* c, DecodedInstruction* i)
    {
        Flags.Load(c, (Flags.Materialize(c) & ~LahfFlags) | (Reg.Get<byte>(c, GprSlot.Ah) & LahfFlags));
        return Outcome.Next;
    }

    private static Outcome Salc(Core* c, DecodedInstruction* i)
    {
        Reg.Set(c, GprSlot.Rax, (byte)(Flags.Carry(c) ? 0xFF : 0));
        return Outcome.Next;
    }
}
