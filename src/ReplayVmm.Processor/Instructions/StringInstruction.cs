using System.Numerics;

namespace ReplayVmm.Processor;

/// <summary>One of MOVS, CMPS, SCAS, LODS, STOS.</summary>
internal unsafe interface IStringOperation
{
    /// <summary>True where REPE and REPNE look at ZF after each iteration (CMPS, SCAS).</summary>
    static abstract bool Compares { get; }

    /// <summary>One element; index registers advance when it is done. False: a fault or exit is pending and nothing has changed.</summary>
    static abstract bool Step<T, TAddress>(Core* c, DecodedInstruction* i) where T : unmanaged, IBinaryInteger<T> where TAddress : struct, IStringAddress;

    /// <summary>
    /// As many elements as can be done at once, at most <paramref name="most"/>, with the effect of that many steps, none of which can fault; 0 where that is not possible.
    /// </summary>
    static abstract ulong Bulk<T, TAddress>(Core* c, DecodedInstruction* i, ulong most) where T : unmanaged, IBinaryInteger<T> where TAddress : struct, IStringAddress;
}

/// <summary>
/// String instructions with and without REP, REPE, REPNE (SDM volume 2, REP; volume 1, 7.3.9). Whole iterations only: a fault leaves count and index registers at the
/// iteration that faulted, and the time limit ends the handler between two.
/// </summary>
internal static unsafe class StringInstruction<TOp> where TOp : struct, IStringOperation
{
    public static bool BindByte(ref BindContext b) => Bind<byte>(ref b);
    public static bool BindWord(ref BindContext b) => Bind<ushort>(ref b);
    public static bool BindDoubleword(ref BindContext b) => Bind<uint>(ref b);
    public static bool BindQuadword(ref BindContext b) => Bind<ulong>(ref b);

    private static bool Bind<T>(ref BindContext b) where T : unmanaged, IBinaryInteger<T>
    {
        DecodedInstruction* i = b.Target;
        SegmentIndex segment = b.Source.MemorySegment is var s and >= Iced.Intel.Register.ES and <= Iced.Intel.Register.GS
            ? (SegmentIndex)(s - Iced.Intel.Register.ES) : SegmentIndex.Ds;
        bool longMode = b.Mode.CodeBits == 64;
        i->Segment = longMode && segment < SegmentIndex.Fs ? Slot.Zero : Slot.SegmentBase(segment);
        if (segment == SegmentIndex.Ss && !longMode)
            i->Flags |= InstructionFlags.StackSegment;
        bool flat = b.Mode.Flat && segment is SegmentIndex.Ds or SegmentIndex.Es or SegmentIndex.Ss;
        switch (i->Flags & InstructionFlags.AddressMask)
        {
            case InstructionFlags.Address64: BindAddress<T, StringLong64>(ref b); break;
            case InstructionFlags.Address32 when longMode: BindAddress<T, StringLong32>(ref b); break;
            case InstructionFlags.Address32 when flat: BindAddress<T, StringFlat>(ref b); break;
            case InstructionFlags.Address32: BindAddress<T, StringChecked32>(ref b); break;
            default: BindAddress<T, StringChecked16>(ref b); break;
        }
        return true;
    }

    private static void BindAddress<T, TAddress>(ref BindContext b) where T : unmanaged, IBinaryInteger<T> where TAddress : struct, IStringAddress =>
        b.Target->Handler = (b.Target->Flags & (InstructionFlags.Rep | InstructionFlags.Repne)) != 0 ? &Repeat<T, TAddress> : &Once<T, TAddress>;

    private static Outcome Once<T, TAddress>(Core* c, DecodedInstruction* i) where T : unmanaged, IBinaryInteger<T> where TAddress : struct, IStringAddress =>
        TOp.Step<T, TAddress>(c, i) ? Outcome.Next : Outcome.Stop;

    private static Outcome Repeat<T, TAddress>(Core* c, DecodedInstruction* i) where T : unmanaged, IBinaryInteger<T> where TAddress : struct, IStringAddress
    {
        ulong count = c->State.Gpr[1] & TAddress.Mask;
        if (count == 0)
            return Outcome.Next;
        ulong budget = TimeBudget.Remaining(c, i), done = 0;
        while (true)
        {
            ulong now = TOp.Bulk<T, TAddress>(c, i, Math.Min(count, budget - done));
            if (now == 0)
            {
                if (!TOp.Step<T, TAddress>(c, i))
                {
                    TimeBudget.Spend(c, done);
                    return Outcome.Stop;
                }
                now = 1;
            }
            count -= now;
            done += now;
            TAddress.Set(c, GprSlot.Rcx, count);
            if (count == 0 || (TOp.Compares && Flags.Zero(c) != ((i->Flags & InstructionFlags.Rep) != 0)))
            {
                TimeBudget.Spend(c, done - 1);
                return Outcome.Next;
            }
            if (done >= budget)
            {
                TimeBudget.Spend(c, done);
                return Outcome.Repeat;
            }
        }
    }
}
