namespace ReplayVmm.Processor;

/// <summary>FCOM FUCOM FICOM FTST FCOMI FUCOMI with their popping forms, FXAM (SDM volume 2).</summary>
internal static unsafe class X87Compare
{
    private const int Strict = 1, PopsTwice = 2, IntoFlags = 4;
    private const int C0 = 0x100, C1 = 0x200, C2 = 0x400, C3 = 0x4000;

    public static bool BindCompare(ref BindContext b) => Bind(ref b, Strict, pops: false);
    public static bool BindComparePop(ref BindContext b) => Bind(ref b, Strict, pops: true);
    public static bool BindComparePopTwice(ref BindContext b) => Bind(ref b, Strict | PopsTwice, pops: true);
    public static bool BindUnordered(ref BindContext b) => Bind(ref b, 0, pops: false);
    public static bool BindUnorderedPop(ref BindContext b) => Bind(ref b, 0, pops: true);
    public static bool BindUnorderedPopTwice(ref BindContext b) => Bind(ref b, PopsTwice, pops: true);
    public static bool BindFlags(ref BindContext b) => Bind(ref b, Strict | IntoFlags, pops: false);
    public static bool BindFlagsPop(ref BindContext b) => Bind(ref b, Strict | IntoFlags, pops: true);
    public static bool BindUnorderedFlags(ref BindContext b) => Bind(ref b, IntoFlags, pops: false);
    public static bool BindUnorderedFlagsPop(ref BindContext b) => Bind(ref b, IntoFlags, pops: true);

    public static bool BindTest(ref BindContext b)
    {
        X87Operand.Bind(ref b, Strict, pops: false);
        b.Target->Handler = &Test;
        return true;
    }

    public static bool BindExamine(ref BindContext b)
    {
        X87Operand.Bind(ref b, 0, pops: false);
        b.Target->Handler = &Examine;
        return true;
    }

    private static bool Bind(ref BindContext b, int operation, bool pops)
    {
        X87Operand.Bind(ref b, operation, pops);
        b.Target->Handler = &Compare;
        return true;
    }

    private static Outcome Compare(Core* c, DecodedInstruction* i)
    {
        if (!X87.IsReady(c))
            return Outcome.Stop;
        var x = new FloatContext(c->State.FpControl);
        int operation = X87Operand.Operation(i);
        bool present = true;
        Float80 b;
        if (X87Operand.Format(i) != X87Format.None)
        {
            if (!X87Operand.TryLoad(c, i, ref x, out b))
                return Outcome.Stop;
        }
        else
        {
            X87.Note(c, i);
            int other = (operation & PopsTwice) != 0 ? 1 : Math.Max(X87Operand.First(i), X87Operand.Second(i));
            present = X87.TryGet(c, ref x, other, out b);
        }
        present &= X87.TryGet(c, ref x, 0, out Float80 a);
        int? order = present ? FloatArithmetic.Compare(ref x, a, b, (operation & Strict) != 0) : null;
        bool intoFlags = (operation & IntoFlags) != 0;
        bool done = intoFlags ? X87.CommitKeepingC1(c, x) : X87.Commit(c, x);
        Report(c, order, intoFlags);
        if (done && X87Operand.Pops(i))
            X87.Pop(c);
        if (done && (operation & PopsTwice) != 0)
            X87.Pop(c);
        return Outcome.Next;
    }

    private static Outcome Test(Core* c, DecodedInstruction* i)
    {
        if (!X87.IsReady(c))
            return Outcome.Stop;
        var x = new FloatContext(c->State.FpControl);
        X87.Note(c, i);
        int? order = X87.TryGet(c, ref x, 0, out Float80 a) ? FloatArithmetic.Compare(ref x, a, Float80.Zero(false), strict: true) : null;
        X87.Commit(c, x);
        Report(c, order, intoFlags: false);
        return Outcome.Next;
    }

    private static Outcome Examine(Core* c, DecodedInstruction* i)
    {
        if (!X87.IsReady(c))
            return Outcome.Stop;
        X87.Note(c, i);
        Float80 a = X87.Raw(c, 0);
        int kind = X87.IsEmpty(c, 0) ? C3 | C0
            : a.IsUnsupported ? 0
            : a.IsNaN ? C0
            : a.IsInfinity ? C2 | C0
            : a.IsZero ? C3
            : a.IsDenormal ? C3 | C2
            : C2;
        X87.SetConditions(c, kind | (a.Sign ? C1 : 0));
        return Outcome.Next;
    }

    private static void Report(Core* c, int? order, bool intoFlags)
    {
        if (!intoFlags)
        {
            X87.SetConditions(c, order switch { null => C3 | C2 | C0, 0 => C3, < 0 => C0, _ => 0 });
            return;
        }
        ulong flags = order switch { null => Rflags.Zf | Rflags.Pf | Rflags.Cf, 0 => Rflags.Zf, < 0 => Rflags.Cf, _ => 0 };
        Flags.Load(c, (c->State.Rflags & ~Rflags.Arithmetic) | flags);
    }
}
