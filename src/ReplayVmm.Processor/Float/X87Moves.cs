namespace ReplayVmm.Processor;

/// <summary>FLD FILD FST FSTP FIST FISTP FISTTP FXCH FCMOVcc and the constants (SDM volume 2).</summary>
internal static unsafe class X87Moves
{
    private const int Rounds = 0, Truncates = 1;

    /// <summary>
    /// 1, log2 10, log2 e, pi, log10 2, ln 2, 0, with their last bit to nearest and what was cut off: above or below (SDM volume 1,
    /// 8.3.8).
    /// </summary>
    private static readonly (Float80 Value, bool RoundedUpToNearest, bool Exact)[] ConstantTable =
    [
        (new(0x3FFF, 0x8000_0000_0000_0000), false, true),
        (new(0x4000, 0xD49A_784B_CD1B_8AFE), false, false),
        (new(0x3FFF, 0xB8AA_3B29_5C17_F0BC), true, false),
        (new(0x4000, 0xC90F_DAA2_2168_C235), true, false),
        (new(0x3FFD, 0x9A20_9A84_FBCF_F799), true, false),
        (new(0x3FFE, 0xB172_17F7_D1CF_79AC), true, false),
        (new(0, 0), false, true),
    ];

    public static bool BindLoad(ref BindContext b) => Bind(ref b, &Load, Rounds, pops: false);
    public static bool BindStore(ref BindContext b) => Bind(ref b, b.IsMemory(0) ? &StoreMemory : &StoreRegister, Rounds, pops: false);
    public static bool BindStorePop(ref BindContext b) => Bind(ref b, b.IsMemory(0) ? &StoreMemory : &StoreRegister, Rounds, pops: true);
    public static bool BindStorePopUnchecked(ref BindContext b) => Bind(ref b, &StoreRegisterUnchecked, 0, pops: true);
    public static bool BindTruncatePop(ref BindContext b) => Bind(ref b, &StoreMemory, Truncates, pops: true);
    public static bool BindExchange(ref BindContext b) => Bind(ref b, &Exchange, 0, pops: false);
    public static bool BindOne(ref BindContext b) => Bind(ref b, &Constant, 0, pops: false);
    public static bool BindLog2Of10(ref BindContext b) => Bind(ref b, &Constant, 1, pops: false);
    public static bool BindLog2OfE(ref BindContext b) => Bind(ref b, &Constant, 2, pops: false);
    public static bool BindPi(ref BindContext b) => Bind(ref b, &Constant, 3, pops: false);
    public static bool BindLog10Of2(ref BindContext b) => Bind(ref b, &Constant, 4, pops: false);
    public static bool BindLnOf2(ref BindContext b) => Bind(ref b, &Constant, 5, pops: false);
    public static bool BindZero(ref BindContext b) => Bind(ref b, &Constant, 6, pops: false);
    public static bool BindConditional<TCondition>(ref BindContext b) where TCondition : struct, ICondition =>
        Bind(ref b, &Conditional<TCondition>, 0, pops: false);

    private static bool Bind(ref BindContext b, delegate*<Core*, DecodedInstruction*, Outcome> handler, int operation, bool pops)
    {
        X87Operand.Bind(ref b, operation, pops);
        b.Target->Handler = handler;
        return true;
    }

    private static Outcome Load(Core* c, DecodedInstruction* i)
    {
        if (!X87.IsReady(c))
            return Outcome.Stop;
        var x = new FloatContext(c->State.FpControl);
        Float80 value;
        if (X87Operand.Format(i) != X87Format.None)
        {
            if (!X87Operand.TryLoad(c, i, ref x, out value))
                return Outcome.Stop;
            // Only a load of 80 bits is no conversion.
            if (value.IsSignaling && X87Operand.Format(i) != X87Format.Extended)
            {
                x.Invalidate();
                value = value.Quieted;
            }
            X87.Push(c, ref x, value);
            return Outcome.Next;
        }
        X87.Note(c, i);
        // An empty source goes before a full stack.
        if (X87.TryGet(c, ref x, X87Operand.First(i), out value))
            X87.Push(c, ref x, value);
        else
            X87.PushUnchecked(c, x, value);
        return Outcome.Next;
    }

    private static Outcome Constant(Core* c, DecodedInstruction* i)
    {
        if (!X87.IsReady(c))
            return Outcome.Stop;
        var x = new FloatContext(c->State.FpControl);
        X87.Note(c, i);
        (Float80 value, bool up, bool exact) = ConstantTable[X87Operand.Operation(i)];
        if (!exact && x.Rounding != 0)
        {
            // The table holds the nearest; the other directions may want its neighbour.
            if (x.Rounding == 2 && !up)
                value = value with { Significand = value.Significand + 1 };
            else if (x.Rounding != 2 && up)
                value = value with { Significand = value.Significand - 1 };
        }
        X87.Push(c, ref x, value);
        return Outcome.Next;
    }

    private static Outcome StoreRegister(Core* c, DecodedInstruction* i)
    {
        if (!X87.IsReady(c))
            return Outcome.Stop;
        var x = new FloatContext(c->State.FpControl);
        X87.Note(c, i);
        X87.TryGet(c, ref x, 0, out Float80 value);
        if (!X87.Commit(c, x))
            return Outcome.Next;
        X87.Set(c, X87Operand.First(i), value);
        if (X87Operand.Pops(i))
            X87.Pop(c);
        return Outcome.Next;
    }

    /// <summary>An old alias of FSTP that is content with an empty ST(0): it only pops it.</summary>
    private static Outcome StoreRegisterUnchecked(Core* c, DecodedInstruction* i)
    {
        if (!X87.IsReady(c))
            return Outcome.Stop;
        X87.Note(c, i);
        if (!X87.IsEmpty(c, 0))
            X87.Set(c, X87Operand.First(i), X87.Raw(c, 0));
        X87.Commit(c, new FloatContext(c->State.FpControl));
        X87.Pop(c);
        return Outcome.Next;
    }

    private static Outcome StoreMemory(Core* c, DecodedInstruction* i)
    {
        if (!X87.IsReady(c))
            return Outcome.Stop;
        X87Format format = X87Operand.Format(i);
        if (!X87Operand.TryProbe(c, i, X87Operand.SizeOf(format), out ulong linear))
            return Outcome.Stop;
        var x = new FloatContext(c->State.FpControl);
        X87.TryGet(c, ref x, 0, out Float80 value);
        bool truncate = X87Operand.Operation(i) == Truncates;
        ulong low = format switch
        {
            X87Format.Single => FloatConversions.ToSingle(ref x, value),
            X87Format.Double => FloatConversions.ToDouble(ref x, value),
            X87Format.Extended => value.Significand,
            X87Format.Int16 => (ulong)FloatConversions.ToInteger(ref x, value, 16, truncate),
            X87Format.Int32 => (ulong)FloatConversions.ToInteger(ref x, value, 32, truncate),
            _ => (ulong)FloatConversions.ToInteger(ref x, value, 64, truncate),
        };
        if (X87.MayStore(x) && !TryStore(c, linear, format, low, value.SignExponent))
            return Outcome.Stop;
        X87.NoteMemory(c, i);
        X87.Commit(c, x);
        if (X87.MayStore(x) && X87Operand.Pops(i))
            X87.Pop(c);
        return Outcome.Next;
    }

    private static bool TryStore(Core* c, ulong linear, X87Format format, ulong low, ushort high) => format switch
    {
        X87Format.Int16 => GuestAccess.Write(c, linear, (ushort)low),
        X87Format.Single or X87Format.Int32 => GuestAccess.Write(c, linear, (uint)low),
        X87Format.Extended => GuestAccess.Write(c, linear, low) && GuestAccess.Write(c, linear + 8, high),
        _ => GuestAccess.Write(c, linear, low),
    };

    private static Outcome Exchange(Core* c, DecodedInstruction* i)
    {
        if (!X87.IsReady(c))
            return Outcome.Stop;
        var x = new FloatContext(c->State.FpControl);
        X87.Note(c, i);
        int other = Math.Max(X87Operand.First(i), X87Operand.Second(i));
        X87.TryGet(c, ref x, 0, out Float80 a);
        X87.TryGet(c, ref x, other, out Float80 b);
        if (!X87.Commit(c, x))
            return Outcome.Next;
        X87.Set(c, 0, b);
        X87.Set(c, other, a);
        return Outcome.Next;
    }

    private static Outcome Conditional<TCondition>(Core* c, DecodedInstruction* i) where TCondition : struct, ICondition
    {
        if (!X87.IsReady(c))
            return Outcome.Stop;
        var x = new FloatContext(c->State.FpControl);
        X87.Note(c, i);
        bool both = X87.TryGet(c, ref x, 0, out _) & X87.TryGet(c, ref x, X87Operand.Second(i), out Float80 value);
        // Where nothing is wrong C1 stays as it was.
        if ((both || X87.Commit(c, x)) && (!both || TCondition.Holds(c)))
            X87.Set(c, 0, both ? value : Float80.Indefinite);
        return Outcome.Next;
    }
}
