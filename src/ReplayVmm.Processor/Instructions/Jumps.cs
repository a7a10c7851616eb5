using System.Numerics;
using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>Jcc, JCXZ and LOOP: relative branches on a condition (SDM volume 2, Jcc, LOOP). Near JMP stands in <see cref="NearJump"/>.</summary>
internal static unsafe class ConditionalJump<TCondition> where TCondition : struct, ICondition
{
    /// <summary>Chooses the width.</summary>
    public static bool Bind(ref BindContext b)
    {
        b.Target->Immediate = (long)b.Source.NearBranchTarget;
        b.Target->Handler = b.Source.Op0Kind switch
        {
            OpKind.NearBranch64 => &Jump<Branch64>,
            OpKind.NearBranch32 => &Jump<Branch32>,
            _ => &Jump<Branch16>,
        };
        return true;
    }

    private static Outcome Jump<TWidth>(Core* c, DecodedInstruction* i) where TWidth : struct, IBranchWidth =>
        Branch.If<TWidth>(c, i, TCondition.Holds(c));
}

/// <summary>Which flag a LOOP looks at beside the counter.</summary>
internal enum LoopCondition
{
    /// <summary>JCXZ family: the counter is only looked at.</summary>
    CounterIsZero,
    /// <summary>LOOP.</summary>
    Always,
    /// <summary>LOOPE.</summary>
    Equal,
    /// <summary>LOOPNE.</summary>
    NotEqual,
}

/// <summary>JCXZ, JECXZ, JRCXZ, LOOP, LOOPE, LOOPNE: the counter's width is the address size (SDM volume 2, LOOP, Jcc).</summary>
internal static unsafe class CounterJump
{
    public static bool BindIfZero(ref BindContext b) => Bind(ref b, LoopCondition.CounterIsZero);
    public static bool BindLoop(ref BindContext b) => Bind(ref b, LoopCondition.Always);
    public static bool BindLoopEqual(ref BindContext b) => Bind(ref b, LoopCondition.Equal);
    public static bool BindLoopNotEqual(ref BindContext b) => Bind(ref b, LoopCondition.NotEqual);

    private static bool Bind(ref BindContext b, LoopCondition condition)
    {
        DecodedInstruction* i = b.Target;
        i->Immediate = (long)b.Source.NearBranchTarget;
        i->Source = (byte)condition;
        i->Handler = (b.Source.Op0Kind, i->Flags & InstructionFlags.AddressMask) switch
        {
            (OpKind.NearBranch64, InstructionFlags.Address64) => &Jump<Branch64, ulong>,
            (OpKind.NearBranch64, _) => &Jump<Branch64, uint>,
            (OpKind.NearBranch32, InstructionFlags.Address32) => &Jump<Branch32, uint>,
            (OpKind.NearBranch32, _) => &Jump<Branch32, ushort>,
            (_, InstructionFlags.Address32) => &Jump<Branch16, uint>,
            _ => &Jump<Branch16, ushort>,
        };
        return true;
    }

    private static Outcome Jump<TWidth, TCounter>(Core* c, DecodedInstruction* i)
        where TWidth : struct, IBranchWidth where TCounter : unmanaged, IBinaryInteger<TCounter>
    {
        var counter = Reg.Get<TCounter>(c, GprSlot.Rcx);
        var condition = (LoopCondition)i->Source;
        if (condition == LoopCondition.CounterIsZero)
            return Branch.If<TWidth>(c, i, counter == TCounter.Zero);
        counter--;
        bool taken = counter != TCounter.Zero && condition switch
        {
            LoopCondition.Equal => Flags.Zero(c),
            LoopCondition.NotEqual => !Flags.Zero(c),
            _ => true,
        };
        Outcome outcome = Branch.If<TWidth>(c, i, taken);
        if (outcome == Outcome.Jump)
            Reg.Set(c, GprSlot.Rcx, counter);
        return outcome;
    }
}

/// <summary>Near JMP, relative and indirect (SDM volume 2, JMP).</summary>
internal static unsafe class NearJump
{
    /// <summary>Chooses width and form.</summary>
    public static bool Bind(ref BindContext b)
    {
        if (SystemForms.Matches(ref b))
            return false;
        switch (b.Source.Op0Kind)
        {
            case OpKind.NearBranch64: b.Target->Handler = &Relative<Branch64>; break;
            case OpKind.NearBranch32: b.Target->Handler = &Relative<Branch32>; break;
            case OpKind.NearBranch16: b.Target->Handler = &Relative<Branch16>; break;
            default: return FromSource<JumpOperation>.Bind(ref b);
        }
        b.Target->Immediate = (long)b.Source.NearBranchTarget;
        return true;
    }

    private static Outcome Relative<TWidth>(Core* c, DecodedInstruction* i) where TWidth : struct, IBranchWidth =>
        Branch.To<TWidth>(c, c->State.Rip + (ulong)i->Immediate);

    private readonly struct JumpOperation : ISourceOperation
    {
        public static int Operand => 0;

        public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T> => sizeof(T) switch
        {
            8 => Branch.To<Branch64>(c, Wide.Zero(source)),
            4 => Branch.To<Branch32>(c, Wide.Zero(source)),
            _ => Branch.To<Branch16>(c, Wide.Zero(source)),
        };
    }
}
