namespace ReplayVmm.Processor;

/// <summary>F2XM1 FYL2X FYL2XP1 FPATAN FSIN FCOS FSINCOS FPTAN (SDM volume 2; volume 1, 8.3.7 to 8.3.10).</summary>
internal static unsafe class X87Functions
{
    private const int PowerLessOne = 0, Logarithm = 1, LogarithmOfOnePlus = 2, Arctangent = 3, Sine = 4, Cosine = 5, SineAndCosine = 6, Tangent = 7;
    private const ushort C2 = 0x400;

    public static bool BindPowerLessOne(ref BindContext b) => Bind(ref b, &Power, PowerLessOne);
    public static bool BindLogarithm(ref BindContext b) => Bind(ref b, &OfTwo, Logarithm);
    public static bool BindLogarithmOfOnePlus(ref BindContext b) => Bind(ref b, &OfTwo, LogarithmOfOnePlus);
    public static bool BindArctangent(ref BindContext b) => Bind(ref b, &OfTwo, Arctangent);
    public static bool BindSine(ref BindContext b) => Bind(ref b, &OfAngle, Sine);
    public static bool BindCosine(ref BindContext b) => Bind(ref b, &OfAngle, Cosine);
    public static bool BindSineAndCosine(ref BindContext b) => Bind(ref b, &OfAngle, SineAndCosine);
    public static bool BindTangent(ref BindContext b) => Bind(ref b, &OfAngle, Tangent);

    private static bool Bind(ref BindContext b, delegate*<Core*, DecodedInstruction*, Outcome> handler, int operation)
    {
        X87Operand.Bind(ref b, operation, pops: false);
        b.Target->Handler = handler;
        return true;
    }

    private static Outcome Power(Core* c, DecodedInstruction* i)
    {
        if (!X87.IsReady(c))
            return Outcome.Stop;
        var x = new FloatContext(c->State.FpControl);
        X87.Note(c, i);
        Float80 result = X87.TryGet(c, ref x, 0, out Float80 a) ? FloatFunctions.PowerLessOne(ref x, a) : Float80.Indefinite;
        if (X87.Commit(c, x))
            X87.Set(c, 0, result);
        return Outcome.Next;
    }

    private static Outcome OfTwo(Core* c, DecodedInstruction* i)
    {
        if (!X87.IsReady(c))
            return Outcome.Stop;
        var x = new FloatContext(c->State.FpControl);
        X87.Note(c, i);
        Float80 result = Float80.Indefinite;
        if (X87.TryGet(c, ref x, 0, out Float80 a) & X87.TryGet(c, ref x, 1, out Float80 y))
        {
            result = X87Operand.Operation(i) switch
            {
                Logarithm => FloatFunctions.Logarithm(ref x, y, a),
                LogarithmOfOnePlus => FloatFunctions.LogarithmOfOnePlus(ref x, y, a),
                _ => FloatFunctions.Arctangent(ref x, y, a),
            };
        }
        if (!X87.Commit(c, x))
            return Outcome.Next;
        X87.Set(c, 1, result);
        X87.Pop(c);
        return Outcome.Next;
    }

    private static Outcome OfAngle(Core* c, DecodedInstruction* i)
    {
        if (!X87.IsReady(c))
            return Outcome.Stop;
        var x = new FloatContext(c->State.FpControl);
        X87.Note(c, i);
        int operation = X87Operand.Operation(i);
        bool pushes = operation >= SineAndCosine;
        Float80 result = Float80.Indefinite, pushed = Float80.Indefinite;
        c->State.FpStatus &= unchecked((ushort)~C2);
        if (X87.TryGet(c, ref x, 0, out Float80 a) && (!pushes || X87.CheckRoom(c, ref x)))
        {
            if (a.Exponent is >= Float80.Bias + Trigonometry.OutOfRange and < Float80.Special && !a.IsUnsupported)
            {
                X87.Commit(c, x);
                c->State.FpStatus |= C2;
                return Outcome.Next;
            }
            switch (operation)
            {
                case Sine:
                    result = FloatFunctions.Sine(ref x, a);
                    break;
                case Cosine:
                    result = FloatFunctions.Cosine(ref x, a);
                    break;
                case SineAndCosine:
                    pushed = FloatFunctions.Cosine(ref x, a);
                    result = FloatFunctions.Sine(ref x, a);
                    break;
                default:
                    (result, pushed) = FloatFunctions.Tangent(ref x, a);
                    break;
            }
        }
        if (!X87.Commit(c, x))
            return Outcome.Next;
        X87.Set(c, 0, result);
        if (!pushes)
            return Outcome.Next;
        X87.Rotate(c, -1);
        X87.Set(c, 0, pushed);
        return Outcome.Next;
    }
}
