namespace ReplayVmm.Processor;

public sealed unsafe partial class Interpreter
{
    private const uint Shadows = InterruptibilityState.BlockedBySti | InterruptibilityState.BlockedByMovSs;
    private const ulong SingleStepped = 1 << 14, LastBranchRecords = 1, BranchTrapFlag = 2;
    private const ulong VirtualInterrupt = Rflags.Vif | Rflags.Vip;

    /// <inheritdoc/>
    public StopReason Run(ref ulong now, ulong limit)
    {
        if (now >= limit)
            return StopReason.LimitReached;
        Core* c = _core;
        Enter(c, now, limit);
        StopReason reason = Loop(c);
        Leave(c);
        now = c->Now;
        return reason;
    }

    /// <summary>Architectural state into its running form.</summary>
    private void Enter(Core* c, ulong now, ulong limit)
    {
        TranslationMemory* t = c->Translation;
        c->Now = now + Math.Min(t->OwedTime, 1);
        t->OwedTime = 0;
        c->Limit = limit;
        c->TimeWithoutRetirement = c->Now - c->State.Retired;
        (c->AnswerCount, c->AnswersUsed) = ((int)Math.Min(t->AnswerCount, TranslationMemory.AnswerCapacity), 0);
        (c->State.IdtVectoring, c->State.IdtVectoringErrorCode) = (0, 0);
        c->Pending = default;
        _completion = Completion.None;
        _reported = false;
        Flags.Load(c, c->State.Rflags);
    }

    /// <summary>And back.</summary>
    private static void Leave(Core* c)
    {
        c->State.Rflags = Flags.Materialize(c);
        c->State.Retired = c->Now - c->TimeWithoutRetirement;
        c->Translation->AnswerCount = (ulong)c->AnswerCount;
    }

    /// <summary>One turn for each instruction boundary at which anything but the next instruction may have to happen.</summary>
    private StopReason Loop(Core* c)
    {
        ref CpuState s = ref c->State;
        for (; ; )
        {
            // A task switch that delivers an event writes CR0 too.
            if (_reported)
                return StopReason.RegisterWritten;
            if (c->Now >= c->Limit)
                return StopReason.LimitReached;
            if ((s.EntryInterruption & EventInfo.Valid) != 0)
            {
                if (!DeliverEntry(c))
                    return StopReason.VmExit;
                continue;
            }
            if (s.Activity > (uint)ActivityState.Hlt)
                return StopReason.LimitReached;
            if (s.PendingDebug != 0 && (s.Interruptibility & InterruptibilityState.BlockedByMovSs) == 0)
            {
                if (!DeliverDebugTrap(c))
                    return StopReason.VmExit;
                continue;
            }
            if (WindowOpens(c, out ExitReason window))
                return ExitAtBoundary(new VmExit { Reason = window });
            if (s.Activity != (uint)ActivityState.Active)
                return StopReason.LimitReached;
            Outcome outcome = IsSlow(c) ? Step(c) : RunBlocks(c);
            if (outcome == Outcome.Stop && (c->Pending.Kind == PendingKind.Exit || !DeliverFault(c, c->Pending)))
                return StopReason.VmExit;
        }
    }

    private bool WindowOpens(Core* c, out ExitReason reason)
    {
        ref CpuState s = ref c->State;
        reason = ExitReason.NmiWindow;
        if ((s.Interruptibility & InterruptibilityState.BlockedByMovSs) != 0 || c->AnswerCount != 0)
            return false;
        if (Controls.NmiWindowExiting && (s.Interruptibility & InterruptibilityState.BlockedByNmi) == 0)
            return true;
        reason = ExitReason.InterruptWindow;
        return Controls.InterruptWindowExiting && (s.Rflags & Rflags.If) != 0 && (s.Interruptibility & Shadows) == 0;
    }

    /// <summary>Something has to be looked at after each instruction.</summary>
    private static bool IsSlow(Core* c) =>
        (c->State.Rflags & (Rflags.Tf | Rflags.Rf)) != 0 || (c->State.Rflags & VirtualInterrupt) == VirtualInterrupt || (c->State.Interruptibility & Shadows) != 0 || c->Debugging || c->AnswerCount != 0;

    /// <summary>Virtual interrupts are in force, so that one that is pending and enabled is #GP(0) before the next instruction (SDM volume 3, 21.3.3 and 21.4).</summary>
    private static bool TakesVirtualInterrupts(ref CpuState s) =>
        (s.Cr0 & Cr0.Pe) != 0 && s.Cpl == 3 && (s.Cr4 & ((s.Rflags & Rflags.Vm) != 0 ? Cr4.Vme : Cr4.Pvi)) != 0;

    /// <summary>Runs blocks until something else than a jump ends one.</summary>
    private Outcome RunBlocks(Core* c)
    {
        Block* b = FindBlock(c);
        if (b == null)
            return Outcome.Stop;
        for (; ; )
        {
            ulong start = c->State.Rip;
            if (c->Limit - c->Now < b->Count || (c->CodeLimited && start + b->Bytes - 1 > c->State.SegmentLimit[(int)SegmentIndex.Cs]))
                return RunCounted(c, b, c->Limit - c->Now);
            DecodedInstruction* i = Block.First(b);
            Outcome outcome;
            while ((outcome = i->Handler(c, i)) == Outcome.Next)
                i++;
            if (outcome == Outcome.Jump)
            {
                c->Now += i->Ordinal + 1u;
            }
            else if (outcome == Outcome.BlockEnd)
            {
                c->Now += i->Ordinal;
                c->State.Rip = (start + i->Offset) & c->CodeMask;
            }
            else
            {
                return Finish(c, i, outcome, start);
            }
            if (c->Now >= c->Limit)
                return Outcome.Next;
            ulong distance = c->State.Rip - start;
            if (distance == b->FirstDistance)
                b = b->FirstNext;
            else if (distance == b->SecondDistance)
                b = b->SecondNext;
            else
                b = NextBlock(c, b, start, distance);
            // A chain may lead to a block that was written since: it has to be found anew.
            if (b != null && b->Stale)
                b = FindBlock(c);
            if (b == null)
                return Outcome.Stop;
        }
    }

    /// <summary>Runs as much of a block as <paramref name="count"/>, and the limit of the code segment, allow.</summary>
    private static Outcome RunCounted(Core* c, Block* b, ulong count)
    {
        ulong start = c->State.Rip;
        DecodedInstruction* i = Block.First(b), end = i + Math.Min(b->Count, count);
        uint limit = c->CodeLimited ? c->State.SegmentLimit[(int)SegmentIndex.Cs] : uint.MaxValue;
        Outcome outcome = Outcome.Next;
        while (i < end)
        {
            if (c->CodeLimited && start + i->Offset + i->Length - 1 > limit)
            {
                outcome = Fault.GeneralProtection(c);
                break;
            }
            outcome = i->Handler(c, i);
            if (outcome != Outcome.Next)
                break;
            i++;
        }
        return Finish(c, i, outcome, start);
    }

    /// <summary>
    /// Accounts for a block that started at <paramref name="start"/> and ended at <paramref name="i"/> with <paramref name="outcome"/>;
    /// <see cref="Outcome.Next"/> means that i was not run.
    /// </summary>
    private static Outcome Finish(Core* c, DecodedInstruction* i, Outcome outcome, ulong start)
    {
        c->Now += i->Ordinal;
        if (outcome is Outcome.Jump or Outcome.Serialize)
        {
            c->Now++;
            return outcome;
        }
        c->State.Rip = (start + i->Offset) & c->CodeMask;
        if (outcome == Outcome.Stop && c->Pending.NonCanonical && (i->Flags & InstructionFlags.StackSegment) != 0)
            c->Pending.Vector = Vector.Ss;
        return outcome;
    }

    /// <summary>
    /// Runs one instruction with all that may surround it: breakpoints, single step, shadows, RF, the answers of an earlier attempt.
    /// </summary>
    private Outcome Step(Core* c)
    {
        ref CpuState s = ref c->State;
        ulong resume = s.Rflags & Rflags.Rf, trap = s.Rflags & Rflags.Tf;
        uint shadows = s.Interruptibility & Shadows;
        (c->DebugHits, c->StepsByNewFlags) = (0, false);
        // A load of SS suppresses instruction breakpoints on the next instruction (SDM volume 3, 6.8.3).
        if (c->Debugging && resume == 0 && (shadows & InterruptibilityState.BlockedByMovSs) == 0)
        {
            uint hits = Breakpoints.InstructionHits(c, (c->CodeBase + s.Rip) & c->CodeMask);
            if (hits != 0)
            {
                c->Pending = new Pending { Kind = PendingKind.Fault, Vector = Vector.Db, Address = hits };
                return Outcome.Stop;
            }
        }
        if ((s.Rflags & VirtualInterrupt) == VirtualInterrupt && TakesVirtualInterrupts(ref s))
            return Fault.GeneralProtection(c);
        Block* b = FindBlock(c);
        if (b == null)
            return Outcome.Stop;
        s.Rflags &= ~Rflags.Rf;
        ulong next = (s.Rip + Block.First(b)->Length) & c->CodeMask;
        ulong limit = c->Limit;
        // Traps come after each iteration of a REP instruction too, and so does an interrupt that waits until a device's answer is used.
        if (trap != 0 || c->Debugging || c->AnswerCount != 0)
            c->Limit = c->Now + 1;
        Outcome outcome = RunCounted(c, b, 1);
        c->Limit = limit;
        if (outcome == Outcome.Stop)
        {
            s.Rflags |= resume;
            return outcome;
        }
        if (outcome == Outcome.Repeat)
            s.Rflags |= resume;
        else
            s.Interruptibility &= ~shadows;
        // It suppresses its own single step too; data breakpoints that it hits wait.
        // With DEBUGCTL.BTF only branches are stepped (18.4.3).
        if (c->StepsByNewFlags)
            trap = s.Rflags & Rflags.Tf;
        else if ((s.DebugControl & BranchTrapFlag) != 0 && (outcome == Outcome.Repeat || s.Rip == next))
            trap = 0;
        bool steps = trap != 0 && (s.Interruptibility & InterruptibilityState.BlockedByMovSs) == 0;
        s.PendingDebug |= c->DebugHits | (steps ? SingleStepped : 0);
        // A trap between the iterations of a REP instruction shows RF (18.3.1.1).
        if (outcome == Outcome.Repeat && s.PendingDebug != 0)
            s.Rflags |= Rflags.Rf;
        c->DropAnswers();
        return outcome;
    }
}
