namespace ReplayVmm.Processor;

/// <summary>FADD FSUB FSUBR FMUL FDIV FDIVR with their popping and integer forms, FCHS FABS FSQRT FRNDINT (SDM volume 2).</summary>
internal static unsafe class X87Arithmetic
{
    private const int Add = 0, Multiply = 1, Subtract = 2, SubtractReversed = 3, Divide = 4, DivideReversed = 5;
    private const int ChangeSign = 0, Absolute = 1, SquareRoot = 2, RoundToInteger = 3;

    public static bool BindAdd(ref BindContext b) => Bind(ref b, Add, pops: false);
    public static bool BindAddPop(ref BindContext b) => Bind(ref b, Add, pops: true);
    public static bool BindMultiply(ref BindContext b) => Bind(ref b, Multiply, pops: false);
    public static bool BindMultiplyPop(ref BindContext b) => Bind(ref b, Multiply, pops: true);
    public static bool BindSubtract(ref BindContext b) => Bind(ref b, Subtract, pops: false);
    public static bool BindSubtractPop(ref BindContext b) => Bind(ref b, Subtract, pops: true);
    public static bool BindSubtractReversed(ref BindContext b) => Bind(ref b, SubtractReversed, pops: false);
    public static bool BindSubtractReversedPop(ref BindContext b) => Bind(ref b, SubtractReversed, pops: true);
    public static bool BindDivide(ref BindContext b) => Bind(ref b, Divide, pops: false);
    public static bool BindDividePop(ref BindContext b) => Bind(ref b, Divide, pops: true);
    public static bool BindDivideReversed(ref BindContext b) => Bind(ref b, DivideReversed, pops: false);
    public static bool BindDivideReversedPop(ref BindContext b) => Bind(ref b, DivideReversed, pops: true);
    public static bool BindChangeSign(ref BindContext b) => BindUnary(ref b, ChangeSign);
    public static bool BindAbsolute(ref BindContext b) => BindUnary(ref b, Absolute);
    public static bool BindSquareRoot(ref BindContext b) => BindUnary(ref b, SquareRoot);
    public static bool BindRoundToInteger(ref BindContext b) => BindUnary(ref b, RoundToInteger);

    private static bool Bind(ref BindContext b, int operation, bool pops)
    {
        X87Operand.Bind(ref b, operation, pops);
        b.Target->Handler = X87Operand.Format(b.Target) == X87Format.None ? &WithRegister : &WithMemory;
        return true;
    }

    private static bool BindUnary(ref BindContext b, int operation)
    {
        X87Operand.Bind(ref b, operation, pops: false);
        b.Target->Handler = &Unary;
        return true;
    }

    private static Outcome WithRegister(Core* c, DecodedInstruction* i)
    {
        if (!X87.IsReady(c))
            return Outcome.Stop;
        var x = new FloatContext(c->State.FpControl);
        X87.Note(c, i);
        bool both = X87.TryGet(c, ref x, X87Operand.First(i), out Float80 a) & X87.TryGet(c, ref x, X87Operand.Second(i), out Float80 b);
        Float80 result = both ? Compute(ref x, X87Operand.Operation(i), a, b) : Float80.Indefinite;
        if (!X87.Commit(c, x))
            return Outcome.Next;
        X87.Set(c, X87Operand.First(i), result);
        if (X87Operand.Pops(i))
            X87.Pop(c);
        return Outcome.Next;
    }

    private static Outcome WithMemory(Core* c, DecodedInstruction* i)
    {
        if (!X87.IsReady(c))
            return Outcome.Stop;
        var x = new FloatContext(c->State.FpControl);
        if (!X87Operand.TryLoad(c, i, ref x, out Float80 b))
            return Outcome.Stop;
        Float80 result = X87.TryGet(c, ref x, 0, out Float80 a) ? Compute(ref x, X87Operand.Operation(i), a, b) : Float80.Indefinite;
        if (X87.Commit(c, x))
            X87.Set(c, 0, result);
        return Outcome.Next;
    }

    private static Outcome Unary(Core* c, DecodedInstruction* i)
    {
        if (!X87.IsReady(c))
            return Outcome.Stop;
        var x = new FloatContext(c->State.FpControl);
        X87.Note(c, i);
        Float80 result = Float80.Indefinite;
        if (X87.TryGet(c, ref x, 0, out Float80 a))
        {
            result = X87Operand.Operation(i) switch
            {
                ChangeSign => a.Negated,
                Absolute => a.Absolute,
                SquareRoot => FloatArithmetic.SquareRoot(ref x, a),
                _ => FloatConversions.ToIntegral(ref x, a),
            };
        }
        if (X87.Commit(c, x))
            X87.Set(c, 0, result);
        return Outcome.Next;
    }

    private static Float80 Compute(ref FloatContext x, int operation, Float80 a, Float80 b) => operation switch
    {
        Add => FloatArithmetic.Add(ref x, a, b),
        Multiply => FloatArithmetic.Multiply(ref x, a, b),
        Subtract => FloatArithmetic.Subtract(ref x, a, b),
        SubtractReversed => FloatArithmetic.Subtract(ref x, b, a),
        Divide => FloatArithmetic.Divide(ref x, a, b),
        _ => FloatArithmetic.Divide(ref x, b, a),
    };
}
