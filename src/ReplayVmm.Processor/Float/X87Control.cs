namespace ReplayVmm.Processor;

/// <summary>
/// FNINIT FNCLEX FLDCW FNSTCW FNSTSW FFREE FFREEP FINCSTP FDECSTP FNOP FWAIT, and FNENI FNDISI FNSETPM, which do nothing since the 80387 (SDM volume 2).
/// </summary>
internal static unsafe class X87Control
{
    /// <summary>The control word as FNINIT leaves it.</summary>
    public const ushort Initial = 0x37F;

    public static bool BindInitialize(ref BindContext b) => Handlers.Bind(ref b, &Initialize);
    public static bool BindClear(ref BindContext b) => Handlers.Bind(ref b, &Clear);
    public static bool BindWait(ref BindContext b) => Handlers.Bind(ref b, &Wait);
    public static bool BindLoadControl(ref BindContext b) => BindMemory(ref b, &LoadControl);
    public static bool BindStoreControl(ref BindContext b) => BindMemory(ref b, &StoreControl);
    public static bool BindObsolete(ref BindContext b) => Handlers.Bind(ref b, &Obsolete);
    public static bool BindNothing(ref BindContext b) => BindRegister(ref b, &Nothing, pops: false);
    public static bool BindIncrement(ref BindContext b) => BindRegister(ref b, &Increment, pops: false);
    public static bool BindDecrement(ref BindContext b) => BindRegister(ref b, &Decrement, pops: false);
    public static bool BindFree(ref BindContext b) => BindRegister(ref b, &Free, pops: false);
    public static bool BindFreePop(ref BindContext b) => BindRegister(ref b, &Free, pops: true);

    public static bool BindStoreStatus(ref BindContext b) =>
        b.IsMemory(0) ? BindMemory(ref b, &StoreStatus) : Handlers.Bind(ref b, &StatusToAx);

    private static bool BindMemory(ref BindContext b, delegate*<Core*, DecodedInstruction*, Outcome> handler)
    {
        b.BindMemory();
        b.Target->Handler = handler;
        return true;
    }

    private static bool BindRegister(ref BindContext b, delegate*<Core*, DecodedInstruction*, Outcome> handler, bool pops)
    {
        X87Operand.Bind(ref b, 0, pops);
        b.Target->Handler = handler;
        return true;
    }

    private static Outcome Initialize(Core* c, DecodedInstruction* i)
    {
        if (!X87.IsReady(c, waits: false))
            return Outcome.Stop;
        Initialize(c);
        return Outcome.Next;
    }

    /// <summary>What FNINIT and FNSAVE leave: everything but the registers' contents is as after reset.</summary>
    public static void Initialize(Core* c)
    {
        ref CpuState s = ref c->State;
        (s.FpControl, s.FpStatus, s.FpTags, s.FpOpcode) = (Initial, 0, 0, 0);
        (s.FpInstruction, s.FpCodeSelector, s.FpData, s.FpDataSelector) = (0, 0, 0, 0);
    }

    private static Outcome Clear(Core* c, DecodedInstruction* i)
    {
        if (!X87.IsReady(c, waits: false))
            return Outcome.Stop;
        c->State.FpStatus &= 0x7F00;
        return Outcome.Next;
    }

    private static Outcome Nothing(Core* c, DecodedInstruction* i)
    {
        if (!X87.IsReady(c))
            return Outcome.Stop;
        X87.Note(c, i);
        return Outcome.Next;
    }

    private static Outcome Obsolete(Core* c, DecodedInstruction* i) => X87.IsReady(c, waits: false) ? Outcome.Next : Outcome.Stop;

    /// <summary>FWAIT looks at MP and TS together, not at EM.</summary>
    private static Outcome Wait(Core* c, DecodedInstruction* i)
    {
        if ((c->State.Cr0 & (Cr0.Mp | Cr0.Ts)) == (Cr0.Mp | Cr0.Ts))
            return Fault.Raise(c, Vector.Nm);
        return (c->State.FpStatus & 0x80) != 0 ? Fault.Raise(c, Vector.Mf) : Outcome.Next;
    }

    private static Outcome Increment(Core* c, DecodedInstruction* i) => Turn(c, i, 1);

    private static Outcome Decrement(Core* c, DecodedInstruction* i) => Turn(c, i, -1);

    private static Outcome Turn(Core* c, DecodedInstruction* i, int by)
    {
        if (!X87.IsReady(c))
            return Outcome.Stop;
        X87.Note(c, i);
        X87.Rotate(c, by);
        c->State.FpStatus &= 0xFDFF;
        return Outcome.Next;
    }

    private static Outcome Free(Core* c, DecodedInstruction* i)
    {
        if (!X87.IsReady(c))
            return Outcome.Stop;
        X87.Note(c, i);
        c->State.FpTags &= (ushort)~(1 << X87.Physical(c, X87Operand.First(i)));
        c->State.FpStatus &= 0xFDFF;
        if (X87Operand.Pops(i))
            X87.Pop(c);
        return Outcome.Next;
    }

    private static Outcome LoadControl(Core* c, DecodedInstruction* i)
    {
        if (!X87.IsReady(c) || !AddressChecked.TryLinear(c, i, 2, write: false, out ulong linear) || !GuestAccess.Read(c, linear, out ushort control))
            return Outcome.Stop;
        c->State.FpControl = EffectiveControl(control);
        X87.UpdateSummary(c);
        return Outcome.Next;
    }

    /// <summary>Bit 6 is always 1; bits 7 and 13 to 15 always 0.</summary>
    public static ushort EffectiveControl(ushort control) => (ushort)((control & 0x1F3F) | 0x40);

    private static Outcome StoreControl(Core* c, DecodedInstruction* i) => StoreWord(c, i, c->State.FpControl);

    private static Outcome StoreStatus(Core* c, DecodedInstruction* i) => StoreWord(c, i, c->State.FpStatus);

    private static Outcome StoreWord(Core* c, DecodedInstruction* i, ushort value)
    {
        bool done = X87.IsReady(c, waits: false) && AddressChecked.TryLinear(c, i, 2, write: true, out ulong linear)
            && GuestAccess.Write(c, linear, value);
        return done ? Outcome.Next : Outcome.Stop;
    }

    private static Outcome StatusToAx(Core* c, DecodedInstruction* i)
    {
        if (!X87.IsReady(c, waits: false))
            return Outcome.Stop;
        Reg.Set(c, Slot.Gpr(0), c->State.FpStatus);
        return Outcome.Next;
    }
}
