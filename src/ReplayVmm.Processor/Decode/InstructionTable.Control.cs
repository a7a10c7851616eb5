using Iced.Intel;

namespace ReplayVmm.Processor;

internal static unsafe partial class InstructionTable
{
    private static void AddControl()
    {
        Add(Mnemonic.Jmp, &NearJump.Bind, endsBlock: true);
        Add(Mnemonic.Call, &NearCall.Bind, endsBlock: true);
        Add(Mnemonic.Ret, &NearReturn.Bind, endsBlock: true);
        Add(Mnemonic.Jcxz, &CounterJump.BindIfZero, endsBlock: true);
        Add(Mnemonic.Jecxz, &CounterJump.BindIfZero, endsBlock: true);
        Add(Mnemonic.Jrcxz, &CounterJump.BindIfZero, endsBlock: true);
        Add(Mnemonic.Loop, &CounterJump.BindLoop, endsBlock: true);
        Add(Mnemonic.Loope, &CounterJump.BindLoopEqual, endsBlock: true);
        Add(Mnemonic.Loopne, &CounterJump.BindLoopNotEqual, endsBlock: true);

        Add(Mnemonic.Jo, &ConditionalJump<OverflowCondition>.Bind, endsBlock: true);
        Add(Mnemonic.Jno, &ConditionalJump<NotOverflowCondition>.Bind, endsBlock: true);
        Add(Mnemonic.Jb, &ConditionalJump<BelowCondition>.Bind, endsBlock: true);
        Add(Mnemonic.Jae, &ConditionalJump<AboveOrEqualCondition>.Bind, endsBlock: true);
        Add(Mnemonic.Je, &ConditionalJump<EqualCondition>.Bind, endsBlock: true);
        Add(Mnemonic.Jne, &ConditionalJump<NotEqualCondition>.Bind, endsBlock: true);
        Add(Mnemonic.Jbe, &ConditionalJump<BelowOrEqualCondition>.Bind, endsBlock: true);
        Add(Mnemonic.Ja, &ConditionalJump<AboveCondition>.Bind, endsBlock: true);
        Add(Mnemonic.Js, &ConditionalJump<SignCondition>.Bind, endsBlock: true);
        Add(Mnemonic.Jns, &ConditionalJump<NotSignCondition>.Bind, endsBlock: true);
        Add(Mnemonic.Jp, &ConditionalJump<ParityCondition>.Bind, endsBlock: true);
        Add(Mnemonic.Jnp, &ConditionalJump<NotParityCondition>.Bind, endsBlock: true);
        Add(Mnemonic.Jl, &ConditionalJump<LessCondition>.Bind, endsBlock: true);
        Add(Mnemonic.Jge, &ConditionalJump<GreaterOrEqualCondition>.Bind, endsBlock: true);
        Add(Mnemonic.Jle, &ConditionalJump<LessOrEqualCondition>.Bind, endsBlock: true);
        Add(Mnemonic.Jg, &ConditionalJump<GreaterCondition>.Bind, endsBlock: true);

        Add(Mnemonic.Cmovo, &FromSource<MoveIfOperation<OverflowCondition>>.Bind, CpuFeature.Cmov);
        Add(Mnemonic.Cmovno, &FromSource<MoveIfOperation<NotOverflowCondition>>.Bind, CpuFeature.Cmov);
        Add(Mnemonic.Cmovb, &FromSource<MoveIfOperation<BelowCondition>>.Bind, CpuFeature.Cmov);
        Add(Mnemonic.Cmovae, &FromSource<MoveIfOperation<AboveOrEqualCondition>>.Bind, CpuFeature.Cmov);
        Add(Mnemonic.Cmove, &FromSource<MoveIfOperation<EqualCondition>>.Bind, CpuFeature.Cmov);
        Add(Mnemonic.Cmovne, &FromSource<MoveIfOperation<NotEqualCondition>>.Bind, CpuFeature.Cmov);
        Add(Mnemonic.Cmovbe, &FromSource<MoveIfOperation<BelowOrEqualCondition>>.Bind, CpuFeature.Cmov);
        Add(Mnemonic.Cmova, &FromSource<MoveIfOperation<AboveCondition>>.Bind, CpuFeature.Cmov);
        Add(Mnemonic.Cmovs, &FromSource<MoveIfOperation<SignCondition>>.Bind, CpuFeature.Cmov);
        Add(Mnemonic.Cmovns, &FromSource<MoveIfOperation<NotSignCondition>>.Bind, CpuFeature.Cmov);
        Add(Mnemonic.Cmovp, &FromSource<MoveIfOperation<ParityCondition>>.Bind, CpuFeature.Cmov);
        Add(Mnemonic.Cmovnp, &FromSource<MoveIfOperation<NotParityCondition>>.Bind, CpuFeature.Cmov);
        Add(Mnemonic.Cmovl, &FromSource<MoveIfOperation<LessCondition>>.Bind, CpuFeature.Cmov);
        Add(Mnemonic.Cmovge, &FromSource<MoveIfOperation<GreaterOrEqualCondition>>.Bind, CpuFeature.Cmov);
        Add(Mnemonic.Cmovle, &FromSource<MoveIfOperation<LessOrEqualCondition>>.Bind, CpuFeature.Cmov);
        Add(Mnemonic.Cmovg, &FromSource<MoveIfOperation<GreaterCondition>>.Bind, CpuFeature.Cmov);

        Add(Mnemonic.Seto, &IntoDestination<SetIfOperation<OverflowCondition>>.Bind);
        Add(Mnemonic.Setno, &IntoDestination<SetIfOperation<NotOverflowCondition>>.Bind);
        Add(Mnemonic.Setb, &IntoDestination<SetIfOperation<BelowCondition>>.Bind);
        Add(Mnemonic.Setae, &IntoDestination<SetIfOperation<AboveOrEqualCondition>>.Bind);
        Add(Mnemonic.Sete, &IntoDestination<SetIfOperation<EqualCondition>>.Bind);
        Add(Mnemonic.Setne, &IntoDestination<SetIfOperation<NotEqualCondition>>.Bind);
        Add(Mnemonic.Setbe, &IntoDestination<SetIfOperation<BelowOrEqualCondition>>.Bind);
        Add(Mnemonic.Seta, &IntoDestination<SetIfOperation<AboveCondition>>.Bind);
        Add(Mnemonic.Sets, &IntoDestination<SetIfOperation<SignCondition>>.Bind);
        Add(Mnemonic.Setns, &IntoDestination<SetIfOperation<NotSignCondition>>.Bind);
        Add(Mnemonic.Setp, &IntoDestination<SetIfOperation<ParityCondition>>.Bind);
        Add(Mnemonic.Setnp, &IntoDestination<SetIfOperation<NotParityCondition>>.Bind);
        Add(Mnemonic.Setl, &IntoDestination<SetIfOperation<LessCondition>>.Bind);
        Add(Mnemonic.Setge, &IntoDestination<SetIfOperation<GreaterOrEqualCondition>>.Bind);
        Add(Mnemonic.Setle, &IntoDestination<SetIfOperation<LessOrEqualCondition>>.Bind);
        Add(Mnemonic.Setg, &IntoDestination<SetIfOperation<GreaterCondition>>.Bind);
    }
}
