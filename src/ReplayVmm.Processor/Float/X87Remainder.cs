namespace ReplayVmm.Processor;

/// <summary>FPREM FPREM1 FSCALE FXTRACT FBLD FBSTP (SDM volume 2).</summary>
internal static unsafe class X87Remainder
{
    private const int Truncated = 0, Nearest = 1;
    private const int C0 = 0x100, C1 = 0x200, C2 = 0x400, C3 = 0x4000;
    private const int DecimalBytes = 10;

    public static bool BindRemainder(ref BindContext b) => Bind(ref b, &Remainder, Truncated);
    public static bool BindRemainderNearest(ref BindContext b) => Bind(ref b, &Remainder, Nearest);
    public static bool BindScale(ref BindContext b) => Bind(ref b, &Scale, 0);
    public static bool BindExtract(ref BindContext b) => Bind(ref b, &Extract, 0);
    public static bool BindLoadDecimal(ref BindContext b) => Bind(ref b, &LoadDecimal, 0);
    public static bool BindStoreDecimal(ref BindContext b) => Bind(ref b, &StoreDecimal, 0);

    private static bool Bind(ref BindContext b, delegate*<Core*, DecodedInstruction*, Outcome> handler, int operation)
    {
        X87Operand.Bind(ref b, operation, pops: false);
        b.Target->Handler = handler;
        return true;
    }

    private static Outcome Remainder(Core* c, DecodedInstruction* i)
    {
        if (!X87.IsReady(c))
            return Outcome.Stop;
        var x = new FloatContext(c->State.FpControl);
        X87.Note(c, i);
        Float80 result = Float80.Indefinite;
        FloatRemainder.Progress progress = default;
        if (X87.TryGet(c, ref x, 0, out Float80 a) & X87.TryGet(c, ref x, 1, out Float80 b))
            result = FloatRemainder.Remainder(ref x, a, b, X87Operand.Operation(i) == Nearest, out progress);
        bool done = X87.Commit(c, x);
        c->State.FpStatus &= unchecked((ushort)~C2);
        if (done)
            X87.Set(c, 0, result);
        if (!done || !progress.Meaningful)
            return Outcome.Next;
        ulong q = progress.Quotient;
        int conditions = ((q & 4) != 0 ? C0 : 0) | ((q & 2) != 0 ? C3 : 0) | ((q & 1) != 0 ? C1 : 0) | (progress.Complete ? 0 : C2);
        X87.SetConditions(c, conditions);
        return Outcome.Next;
    }

    private static Outcome Scale(Core* c, DecodedInstruction* i)
    {
        if (!X87.IsReady(c))
            return Outcome.Stop;
        var x = new FloatContext(c->State.FpControl);
        X87.Note(c, i);
        bool both = X87.TryGet(c, ref x, 0, out Float80 a) & X87.TryGet(c, ref x, 1, out Float80 b);
        Float80 result = both ? FloatRemainder.Scale(ref x, a, b) : Float80.Indefinite;
        if (X87.Commit(c, x))
            X87.Set(c, 0, result);
        return Outcome.Next;
    }

    private static Outcome Extract(Core* c, DecodedInstruction* i)
    {
        if (!X87.IsReady(c))
            return Outcome.Stop;
        var x = new FloatContext(c->State.FpControl);
        X87.Note(c, i);
        (Float80 Exponent, Float80 Significand) parts = (Float80.Indefinite, Float80.Indefinite);
        if (X87.TryGet(c, ref x, 0, out Float80 a) && X87.CheckRoom(c, ref x))
            parts = FloatRemainder.Extract(ref x, a);
        if (!X87.Commit(c, x))
            return Outcome.Next;
        X87.Set(c, 0, parts.Exponent);
        X87.Rotate(c, -1);
        X87.Set(c, 0, parts.Significand);
        return Outcome.Next;
    }

    private static Outcome LoadDecimal(Core* c, DecodedInstruction* i)
    {
        if (!X87.IsReady(c) || !AddressChecked.TryLinear(c, i, DecimalBytes, write: false, out ulong linear)
            || !GuestAccess.Read(c, linear, out ulong low) || !GuestAccess.Read(c, linear + 8, out ushort high))
            return Outcome.Stop;
        var x = new FloatContext(c->State.FpControl);
        X87.NoteMemory(c, i);
        X87.Push(c, ref x, PackedDecimal.Load(low, high));
        return Outcome.Next;
    }

    private static Outcome StoreDecimal(Core* c, DecodedInstruction* i)
    {
        if (!X87.IsReady(c) || !X87Operand.TryProbe(c, i, DecimalBytes, out ulong linear))
            return Outcome.Stop;
        var x = new FloatContext(c->State.FpControl);
        (ulong Low, ushort High) image = PackedDecimal.Indefinite;
        if (X87.TryGet(c, ref x, 0, out Float80 value))
            image = PackedDecimal.Store(ref x, value);
        if (X87.MayStore(x) && !(GuestAccess.Write(c, linear, image.Low) && GuestAccess.Write(c, linear + 8, image.High)))
            return Outcome.Stop;
        X87.NoteMemory(c, i);
        X87.Commit(c, x);
        if (X87.MayStore(x))
            X87.Pop(c);
        return Outcome.Next;
    }
}
