namespace ReplayVmm.Processor;

/// <summary>
/// FNINIT FNCLEX FLDCW FNSTCW FNSTSW FLDENV FNSTENV FRSTOR FNSAVE FFREE FINCSTP FDECSTP FNOP FWAIT (SDM volume 2; images: volume 1,
/// 8.1.10). Code and data selectors are
/// stored as 0, as processors do that deprecate them (CPUID.7.0:EBX bit 13); the images are those of protected mode in every mode.
/// </summary>
internal static unsafe class X87Control
{
    private const ushort Initial = 0x37F, Busy = 0x8000;
    private const int WideEnvironment = 28, NarrowEnvironment = 14, RegisterBytes = 10;

    public static bool BindInitialize(ref BindContext b) => Handlers.Bind(ref b, &Initialize);
    public static bool BindClear(ref BindContext b) => Handlers.Bind(ref b, &Clear);
    public static bool BindNothing(ref BindContext b) => Handlers.Bind(ref b, &Nothing);
    public static bool BindWait(ref BindContext b) => Handlers.Bind(ref b, &Wait);
    public static bool BindIncrement(ref BindContext b) => Handlers.Bind(ref b, &Increment);
    public static bool BindDecrement(ref BindContext b) => Handlers.Bind(ref b, &Decrement);
    public static bool BindLoadControl(ref BindContext b) => BindMemory(ref b, &LoadControl);
    public static bool BindStoreControl(ref BindContext b) => BindMemory(ref b, &StoreControl);
    public static bool BindLoadEnvironment(ref BindContext b) => BindMemory(ref b, &LoadEnvironment);
    public static bool BindStoreEnvironment(ref BindContext b) => BindMemory(ref b, &StoreEnvironment);
    public static bool BindRestore(ref BindContext b) => BindMemory(ref b, &Restore);
    public static bool BindSave(ref BindContext b) => BindMemory(ref b, &Save);

    public static bool BindFree(ref BindContext b)
    {
        X87Operand.Bind(ref b, 0, pops: false);
        b.Target->Handler = &Free;
        return true;
    }

    public static bool BindStoreStatus(ref BindContext b) =>
        b.IsMemory(0) ? BindMemory(ref b, &StoreStatus) : Handlers.Bind(ref b, &StatusToAx);

    private static bool BindMemory(ref BindContext b, delegate*<Core*, DecodedInstruction*, Outcome> handler)
    {
        b.Target->Immediate = b.OperandSize == 2 ? NarrowEnvironment : WideEnvironment;
        b.BindMemory();
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

    private static void Initialize(Core* c)
    {
        ref CpuState s = ref c->State;
        (s.FpControl, s.FpStatus, s.FpTags, s.FpOpcode, s.FpInstruction, s.FpData) = (Initial, 0, 0, 0, 0, 0);
    }

    private static Outcome Clear(Core* c, DecodedInstruction* i)
    {
        if (!X87.IsReady(c, waits: false))
            return Outcome.Stop;
        c->State.FpStatus &= 0x7F00;
        return Outcome.Next;
    }

    private static Outcome Nothing(Core* c, DecodedInstruction* i) => X87.IsReady(c) ? Outcome.Next : Outcome.Stop;

    /// <summary>FWAIT looks at MP and TS together, not at EM.</summary>
    private static Outcome Wait(Core* c, DecodedInstruction* i)
    {
        if ((c->State.Cr0 & (Cr0.Mp | Cr0.Ts)) == (Cr0.Mp | Cr0.Ts))
            return Fault.Raise(c, Vector.Nm);
        return (c->State.FpStatus & 0x80) != 0 ? Fault.Raise(c, Vector.Mf) : Outcome.Next;
    }

    private static Outcome Increment(Core* c, DecodedInstruction* i) => Turn(c, 1);

    private static Outcome Decrement(Core* c, DecodedInstruction* i) => Turn(c, -1);

    private static Outcome Turn(Core* c, int by)
    {
        if (!X87.IsReady(c))
            return Outcome.Stop;
        X87.Rotate(c, by);
        c->State.FpStatus &= 0xFDFF;
        return Outcome.Next;
    }

    private static Outcome Free(Core* c, DecodedInstruction* i)
    {
        if (!X87.IsReady(c))
            return Outcome.Stop;
        c->State.FpTags &= (ushort)~(1 << X87.Physical(c, X87Operand.First(i)));
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
    private static ushort EffectiveControl(ushort control) => (ushort)((control & 0x1F3F) | 0x40);

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

    private static Outcome StoreEnvironment(Core* c, DecodedInstruction* i)
    {
        int size = (int)i->Immediate;
        if (!X87.IsReady(c, waits: false) || !X87Operand.TryProbe(c, i, size, out ulong linear) || !TryWriteEnvironment(c, linear, size))
            return Outcome.Stop;
        // Exceptions are masked after the store, so that a handler can work.
        c->State.FpControl |= 0x3F;
        X87.UpdateSummary(c);
        return Outcome.Next;
    }

    private static Outcome LoadEnvironment(Core* c, DecodedInstruction* i)
    {
        int size = (int)i->Immediate;
        bool done = X87.IsReady(c) && AddressChecked.TryLinear(c, i, size, write: false, out ulong linear) && TryReadEnvironment(c, linear, size);
        return done ? Outcome.Next : Outcome.Stop;
    }

    private static Outcome Save(Core* c, DecodedInstruction* i)
    {
        int size = (int)i->Immediate;
        if (!X87.IsReady(c, waits: false) || !X87Operand.TryProbe(c, i, size + (8 * RegisterBytes), out ulong linear)
            || !TryWriteEnvironment(c, linear, size))
            return Outcome.Stop;
        for (int n = 0; n < 8; n++)
        {
            Float80 value = X87.Raw(c, n);
            ulong at = linear + (ulong)(size + (n * RegisterBytes));
            if (!GuestAccess.Write(c, at, value.Significand) || !GuestAccess.Write(c, at + 8, value.SignExponent))
                return Outcome.Stop;
        }
        Initialize(c);
        return Outcome.Next;
    }

    private static Outcome Restore(Core* c, DecodedInstruction* i)
    {
        int size = (int)i->Immediate;
        if (!X87.IsReady(c) || !AddressChecked.TryLinear(c, i, size + (8 * RegisterBytes), write: false, out ulong linear))
            return Outcome.Stop;
        Span<ulong> significands = stackalloc ulong[8];
        Span<ushort> exponents = stackalloc ushort[8];
        for (int n = 0; n < 8; n++)
        {
            ulong at = linear + (ulong)(size + (n * RegisterBytes));
            if (!GuestAccess.Read(c, at, out significands[n]) || !GuestAccess.Read(c, at + 8, out exponents[n]))
                return Outcome.Stop;
        }
        if (!TryReadEnvironment(c, linear, size))
            return Outcome.Stop;
        ushort tags = c->State.FpTags;
        for (int n = 0; n < 8; n++)
            X87.Set(c, n, new Float80(exponents[n], significands[n]));
        c->State.FpTags = tags;
        return Outcome.Next;
    }

    private static bool TryWriteEnvironment(Core* c, ulong linear, int size)
    {
        ref CpuState s = ref c->State;
        Span<uint> words = [s.FpControl, s.FpStatus, FullTags(c), (uint)s.FpInstruction, 0, (uint)s.FpData, 0];
        bool wide = size == WideEnvironment;
        for (int n = 0; n < words.Length; n++)
        {
            // Unused upper halves of the first three read as ones.
            bool done = wide
                ? GuestAccess.Write(c, linear + (4 * (uint)n), n < 3 || n == 6 ? words[n] | 0xFFFF_0000 : words[n])
                : GuestAccess.Write(c, linear + (2 * (uint)n), (ushort)words[n]);
            if (!done)
                return false;
        }
        return true;
    }

    private static bool TryReadEnvironment(Core* c, ulong linear, int size)
    {
        Span<uint> words = stackalloc uint[7];
        bool wide = size == WideEnvironment;
        for (int n = 0; n < words.Length; n++)
        {
            ushort narrow = 0;
            bool done = wide ? GuestAccess.Read(c, linear + (4 * (uint)n), out words[n]) : GuestAccess.Read(c, linear + (2 * (uint)n), out narrow);
            if (!done)
                return false;
            words[n] = wide ? words[n] : narrow;
        }
        ref CpuState s = ref c->State;
        (s.FpControl, s.FpStatus) = (EffectiveControl((ushort)words[0]), (ushort)(words[1] & ~Busy));
        (s.FpInstruction, s.FpData) = (words[3], words[5]);
        s.FpTags = 0;
        for (int n = 0; n < 8; n++)
        {
            if (((words[2] >> (2 * n)) & 3) != 3)
                s.FpTags |= (ushort)(1 << n);
        }
        X87.UpdateSummary(c);
        return true;
    }

    /// <summary>Two bits a register: 0 valid, 1 zero, 2 special, 3 empty.</summary>
    private static ushort FullTags(Core* c)
    {
        int tags = 0;
        for (int n = 0; n < 8; n++)
        {
            var value = new Float80(c->State.FpSignExponent[n], c->State.FpSignificand[n]);
            bool occupied = (c->State.FpTags & (1 << n)) != 0;
            int tag = !occupied ? 3 : value.IsZero ? 1 : value.Exponent is 0 or Float80.Special || value.IsUnsupported ? 2 : 0;
            tags |= tag << (2 * n);
        }
        return (ushort)tags;
    }
}
