namespace ReplayVmm.Processor;

/// <summary>RDTSC, RDTSCP, RDPMC, RDPID (SDM volume 2; volume 3, 17.17). The counter is virtual time plus an offset.</summary>
internal static unsafe class TimeStamps
{
    /// <summary>RDTSC.</summary>
    public static bool BindRdtsc(ref BindContext b)
    {
        b.Target->Handler = &Rdtsc;
        return true;
    }

    /// <summary>RDTSCP.</summary>
    public static bool BindRdtscp(ref BindContext b)
    {
        b.Target->Handler = &Rdtscp;
        return true;
    }

    /// <summary>RDPMC.</summary>
    public static bool BindRdpmc(ref BindContext b)
    {
        b.Target->Handler = &Rdpmc;
        return true;
    }

    /// <summary>RDPID.</summary>
    public static bool BindRdpid(ref BindContext b)
    {
        b.Target->Destination = b.RegisterSlot(0);
        b.Target->Handler = &Rdpid;
        return true;
    }

    private static Outcome Rdtsc(Core* c, DecodedInstruction* i)
    {
        if (IsHidden(c))
            return Fault.GeneralProtection(c);
        if (Exits.Controls(c).RdtscExiting)
            return Exits.Raise(c, i, new VmExit { Reason = ExitReason.Rdtsc, InstructionLength = i->Length }, &PairResult.Finish);
        PairResult.Finish(c, i, TimeBudget.Now(c, i) + c->State.TscOffset, valid: true);
        return Outcome.Next;
    }

    private static Outcome Rdtscp(Core* c, DecodedInstruction* i)
    {
        if (IsHidden(c))
            return Fault.GeneralProtection(c);
        if (Exits.Controls(c).RdtscExiting)
            return Exits.Raise(c, i, new VmExit { Reason = ExitReason.Rdtscp, InstructionLength = i->Length }, &FinishRdtscp);
        FinishRdtscp(c, i, TimeBudget.Now(c, i) + c->State.TscOffset, valid: true);
        return Outcome.Next;
    }

    private static void FinishRdtscp(Core* c, DecodedInstruction* i, ulong result, bool valid)
    {
        PairResult.Finish(c, i, result, valid);
        c->State.Gpr[1] = (uint)c->State.TscAux;
    }

    private static Outcome Rdpmc(Core* c, DecodedInstruction* i)
    {
        if (c->State.Cpl != 0 && (c->State.Cr4 & Cr4.Pce) == 0)
            return Fault.GeneralProtection(c);
        // There is no counter, so without an exit every index is one too many.
        return Exits.Controls(c).RdpmcExiting
            ? Exits.Raise(c, i, new VmExit { Reason = ExitReason.Rdpmc, InstructionLength = i->Length }, &PairResult.Finish)
            : Fault.GeneralProtection(c);
    }

    private static Outcome Rdpid(Core* c, DecodedInstruction* i)
    {
        Reg.Set(c, i->Destination, (ulong)(uint)c->State.TscAux);
        return Outcome.Next;
    }

    private static bool IsHidden(Core* c) => (c->State.Cr4 & Cr4.Tsd) != 0 && c->State.Cpl != 0;
}
