using Iced.Intel;

namespace ReplayVmm.Processor;

/// <content>
/// The x87 instructions.
/// </content>
internal static unsafe partial class InstructionTable
{
    private static void AddX87()
    {
        AddFpu(Mnemonic.Fadd, &X87Arithmetic.BindAdd);
        AddFpu(Mnemonic.Faddp, &X87Arithmetic.BindAddPop);
        AddFpu(Mnemonic.Fiadd, &X87Arithmetic.BindAdd);
        AddFpu(Mnemonic.Fmul, &X87Arithmetic.BindMultiply);
        AddFpu(Mnemonic.Fmulp, &X87Arithmetic.BindMultiplyPop);
        AddFpu(Mnemonic.Fimul, &X87Arithmetic.BindMultiply);
        AddFpu(Mnemonic.Fsub, &X87Arithmetic.BindSubtract);
        AddFpu(Mnemonic.Fsubp, &X87Arithmetic.BindSubtractPop);
        AddFpu(Mnemonic.Fisub, &X87Arithmetic.BindSubtract);
        AddFpu(Mnemonic.Fsubr, &X87Arithmetic.BindSubtractReversed);
        AddFpu(Mnemonic.Fsubrp, &X87Arithmetic.BindSubtractReversedPop);
        AddFpu(Mnemonic.Fisubr, &X87Arithmetic.BindSubtractReversed);
        AddFpu(Mnemonic.Fdiv, &X87Arithmetic.BindDivide);
        AddFpu(Mnemonic.Fdivp, &X87Arithmetic.BindDividePop);
        AddFpu(Mnemonic.Fidiv, &X87Arithmetic.BindDivide);
        AddFpu(Mnemonic.Fdivr, &X87Arithmetic.BindDivideReversed);
        AddFpu(Mnemonic.Fdivrp, &X87Arithmetic.BindDivideReversedPop);
        AddFpu(Mnemonic.Fidivr, &X87Arithmetic.BindDivideReversed);
        AddFpu(Mnemonic.Fchs, &X87Arithmetic.BindChangeSign);
        AddFpu(Mnemonic.Fabs, &X87Arithmetic.BindAbsolute);
        AddFpu(Mnemonic.Fsqrt, &X87Arithmetic.BindSquareRoot);
        AddFpu(Mnemonic.Frndint, &X87Arithmetic.BindRoundToInteger);
        AddFpu(Mnemonic.Fprem, &X87Remainder.BindRemainder);
        AddFpu(Mnemonic.Fprem1, &X87Remainder.BindRemainderNearest);
        AddFpu(Mnemonic.Fscale, &X87Remainder.BindScale);
        AddFpu(Mnemonic.Fxtract, &X87Remainder.BindExtract);
        AddFpu(Mnemonic.F2xm1, &X87Functions.BindPowerLessOne);
        AddFpu(Mnemonic.Fyl2x, &X87Functions.BindLogarithm);
        AddFpu(Mnemonic.Fyl2xp1, &X87Functions.BindLogarithmOfOnePlus);
        AddFpu(Mnemonic.Fpatan, &X87Functions.BindArctangent);
        AddFpu(Mnemonic.Fsin, &X87Functions.BindSine);
        AddFpu(Mnemonic.Fcos, &X87Functions.BindCosine);
        AddFpu(Mnemonic.Fsincos, &X87Functions.BindSineAndCosine);
        AddFpu(Mnemonic.Fptan, &X87Functions.BindTangent);
        AddFpu(Mnemonic.Fbld, &X87Remainder.BindLoadDecimal);
        AddFpu(Mnemonic.Fbstp, &X87Remainder.BindStoreDecimal);

        AddFpu(Mnemonic.Fld, &X87Moves.BindLoad);
        AddFpu(Mnemonic.Fild, &X87Moves.BindLoad);
        AddFpu(Mnemonic.Fst, &X87Moves.BindStore);
        AddFpu(Mnemonic.Fstp, &X87Moves.BindStorePop);
        AddFpu(Mnemonic.Fstpnce, &X87Moves.BindStorePopUnchecked);
        AddFpu(Mnemonic.Fist, &X87Moves.BindStore);
        AddFpu(Mnemonic.Fistp, &X87Moves.BindStorePop);
        Add(Mnemonic.Fisttp, &X87Moves.BindTruncatePop, CpuFeature.Sse3);
        AddFpu(Mnemonic.Fxch, &X87Moves.BindExchange);
        AddFpu(Mnemonic.Fld1, &X87Moves.BindOne);
        AddFpu(Mnemonic.Fldl2t, &X87Moves.BindLog2Of10);
        AddFpu(Mnemonic.Fldl2e, &X87Moves.BindLog2OfE);
        AddFpu(Mnemonic.Fldpi, &X87Moves.BindPi);
        AddFpu(Mnemonic.Fldlg2, &X87Moves.BindLog10Of2);
        AddFpu(Mnemonic.Fldln2, &X87Moves.BindLnOf2);
        AddFpu(Mnemonic.Fldz, &X87Moves.BindZero);
        AddFpu(Mnemonic.Fcmovb, &X87Moves.BindConditional<BelowCondition>);
        AddFpu(Mnemonic.Fcmove, &X87Moves.BindConditional<EqualCondition>);
        AddFpu(Mnemonic.Fcmovbe, &X87Moves.BindConditional<BelowOrEqualCondition>);
        AddFpu(Mnemonic.Fcmovu, &X87Moves.BindConditional<ParityCondition>);
        AddFpu(Mnemonic.Fcmovnb, &X87Moves.BindConditional<AboveOrEqualCondition>);
        AddFpu(Mnemonic.Fcmovne, &X87Moves.BindConditional<NotEqualCondition>);
        AddFpu(Mnemonic.Fcmovnbe, &X87Moves.BindConditional<AboveCondition>);
        AddFpu(Mnemonic.Fcmovnu, &X87Moves.BindConditional<NotParityCondition>);

        AddFpu(Mnemonic.Fcom, &X87Compare.BindCompare);
        AddFpu(Mnemonic.Fcomp, &X87Compare.BindComparePop);
        AddFpu(Mnemonic.Fcompp, &X87Compare.BindComparePopTwice);
        AddFpu(Mnemonic.Ficom, &X87Compare.BindCompare);
        AddFpu(Mnemonic.Ficomp, &X87Compare.BindComparePop);
        AddFpu(Mnemonic.Fucom, &X87Compare.BindUnordered);
        AddFpu(Mnemonic.Fucomp, &X87Compare.BindUnorderedPop);
        AddFpu(Mnemonic.Fucompp, &X87Compare.BindUnorderedPopTwice);
        AddFpu(Mnemonic.Fcomi, &X87Compare.BindFlags);
        AddFpu(Mnemonic.Fcomip, &X87Compare.BindFlagsPop);
        AddFpu(Mnemonic.Fucomi, &X87Compare.BindUnorderedFlags);
        AddFpu(Mnemonic.Fucomip, &X87Compare.BindUnorderedFlagsPop);
        AddFpu(Mnemonic.Ftst, &X87Compare.BindTest);
        AddFpu(Mnemonic.Fxam, &X87Compare.BindExamine);

        AddFpu(Mnemonic.Fninit, &X87Control.BindInitialize);
        AddFpu(Mnemonic.Fnclex, &X87Control.BindClear);
        AddFpu(Mnemonic.Fnop, &X87Control.BindNothing);
        Add(Mnemonic.Wait, &X87Control.BindWait);
        AddFpu(Mnemonic.Fincstp, &X87Control.BindIncrement);
        AddFpu(Mnemonic.Fdecstp, &X87Control.BindDecrement);
        AddFpu(Mnemonic.Ffree, &X87Control.BindFree);
        AddFpu(Mnemonic.Ffreep, &X87Control.BindFreePop);
        AddFpu(Mnemonic.Fneni, &X87Control.BindObsolete);
        AddFpu(Mnemonic.Fndisi, &X87Control.BindObsolete);
        AddFpu(Mnemonic.Fnsetpm, &X87Control.BindObsolete);
        AddFpu(Mnemonic.Fldcw, &X87Control.BindLoadControl);
        AddFpu(Mnemonic.Fnstcw, &X87Control.BindStoreControl);
        AddFpu(Mnemonic.Fnstsw, &X87Control.BindStoreStatus);
        AddFpu(Mnemonic.Fldenv, &X87Environment.BindLoad);
        AddFpu(Mnemonic.Fnstenv, &X87Environment.BindStore);
        AddFpu(Mnemonic.Frstor, &X87Environment.BindRestore);
        AddFpu(Mnemonic.Fnsave, &X87Environment.BindSave);

        Add(Mnemonic.Fxsave, &FastSave.BindSave, CpuFeature.Fxsr);
        Add(Mnemonic.Fxsave64, &FastSave.BindSave64, CpuFeature.Fxsr);
        Add(Mnemonic.Fxrstor, &FastSave.BindRestore, CpuFeature.Fxsr);
        Add(Mnemonic.Fxrstor64, &FastSave.BindRestore64, CpuFeature.Fxsr);
    }

    private static void AddFpu(Mnemonic mnemonic, delegate*<ref BindContext, bool> bind) => Add(mnemonic, bind, CpuFeature.Fpu);
}
