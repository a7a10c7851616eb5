using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>
/// CPUID HLT MONITOR MWAIT INVD WBINVD XGETBV XSETBV RDRAND RDSEED STAC CLAC VMCALL (SDM volume 2; which of them exit: volume 3, 26.1.2 and
/// 26.1.3).
/// </summary>
internal static unsafe class ProcessorControl
{
    /// <summary>CPUID: always exits; the hypervisor answers all four registers.</summary>
    public static bool BindCpuid(ref BindContext b) => Set(ref b, &Cpuid);
    /// <summary>HLT.</summary>
    public static bool BindHlt(ref BindContext b) => Set(ref b, &Hlt);
    /// <summary>MONITOR: #UD outside level 0, else exits.</summary>
    public static bool BindMonitor(ref BindContext b) => Set(ref b, &Monitor);
    /// <summary>MWAIT: #UD outside level 0, else exits.</summary>
    public static bool BindMwait(ref BindContext b) => Set(ref b, &Mwait);
    /// <summary>INVD: always exits.</summary>
    public static bool BindInvd(ref BindContext b) => Set(ref b, &Invd);
    /// <summary>WBINVD.</summary>
    public static bool BindWbinvd(ref BindContext b) => Set(ref b, &Wbinvd);
    /// <summary>XGETBV.</summary>
    public static bool BindXgetbv(ref BindContext b) => Set(ref b, &Xgetbv);
    /// <summary>XSETBV: always exits.</summary>
    public static bool BindXsetbv(ref BindContext b) => Set(ref b, &Xsetbv);
    /// <summary>STAC.</summary>
    public static bool BindStac(ref BindContext b) => Set(ref b, &Stac);
    /// <summary>CLAC.</summary>
    public static bool BindClac(ref BindContext b) => Set(ref b, &Clac);
    /// <summary>VMCALL: exits at every level.</summary>
    public static bool BindVmcall(ref BindContext b) => Set(ref b, &Vmcall);

    /// <summary>RDRAND.</summary>
    public static bool BindRdrand(ref BindContext b)
    {
        b.Target->Destination = b.RegisterSlot(0);
        return b.Source.Op0Register.GetSize() switch
        {
            2 => Set(ref b, &Rdrand<ushort>),
            4 => Set(ref b, &Rdrand<uint>),
            _ => Set(ref b, &Rdrand<ulong>),
        };
    }

    /// <summary>RDSEED.</summary>
    public static bool BindRdseed(ref BindContext b)
    {
        b.Target->Destination = b.RegisterSlot(0);
        return b.Source.Op0Register.GetSize() switch
        {
            2 => Set(ref b, &Rdseed<ushort>),
            4 => Set(ref b, &Rdseed<uint>),
            _ => Set(ref b, &Rdseed<ulong>),
        };
    }

    private static bool Set(ref BindContext b, delegate*<Core*, DecodedInstruction*, Outcome> handler)
    {
        b.Target->Handler = handler;
        return true;
    }

    private static Outcome Exit(
        Core* c, DecodedInstruction* i, ExitReason reason, ulong data = 0, delegate*<Core*, DecodedInstruction*, ulong, bool, void> finish = null) =>
        Exits.Raise(c, i, new VmExit { Reason = reason, InstructionLength = i->Length, Data = data }, finish);

    private static Outcome Cpuid(Core* c, DecodedInstruction* i) => Exit(c, i, ExitReason.Cpuid);

    private static Outcome Hlt(Core* c, DecodedInstruction* i)
    {
        if (c->State.Cpl != 0)
            return Fault.GeneralProtection(c);
        if (Exits.Controls(c).HltExiting)
            return Exit(c, i, ExitReason.Hlt, 0, &FinishHlt);
        FinishHlt(c, i, 0, valid: true);
        return OperatingMode.Serialize(c, i);
    }

    private static void FinishHlt(Core* c, DecodedInstruction* i, ulong result, bool valid) => c->State.Activity = (uint)ActivityState.Hlt;

    private static Outcome Monitor(Core* c, DecodedInstruction* i)
    {
        if (c->State.Cpl != 0)
            return Fault.InvalidOpcode(c);
        return Exit(c, i, ExitReason.Monitor);
    }

    private static Outcome Mwait(Core* c, DecodedInstruction* i)
    {
        if (c->State.Cpl != 0)
            return Fault.InvalidOpcode(c);
        return Exit(c, i, ExitReason.Mwait);
    }

    private static Outcome Invd(Core* c, DecodedInstruction* i) =>
        c->State.Cpl != 0 ? Fault.GeneralProtection(c) : Exit(c, i, ExitReason.Invd);

    private static Outcome Wbinvd(Core* c, DecodedInstruction* i)
    {
        if (c->State.Cpl != 0)
            return Fault.GeneralProtection(c);
        return Exits.Controls(c).WbinvdExiting ? Exit(c, i, ExitReason.Wbinvd) : Outcome.Next;
    }

    private static Outcome Xgetbv(Core* c, DecodedInstruction* i)
    {
        if ((c->State.Cr4 & Cr4.Osxsave) == 0)
            return Fault.InvalidOpcode(c);
        uint index = (uint)c->State.Gpr[1];
        if (index > 1 || (index == 1 && !Exits.Model(c).Has(CpuFeature.Xgetbv1)))
            return Fault.GeneralProtection(c);
        PairResult.Finish(c, i, index == 0 ? c->State.Xcr0 : c->State.Xcr0 & SavedState.InUse(ref c->State), valid: true);
        return Outcome.Next;
    }

    private static Outcome Xsetbv(Core* c, DecodedInstruction* i)
    {
        if ((c->State.Cr4 & Cr4.Osxsave) == 0)
            return Fault.InvalidOpcode(c);
        return c->State.Cpl != 0 ? Fault.GeneralProtection(c) : Exit(c, i, ExitReason.Xsetbv, PairResult.Read(c), &FinishXsetbv);
    }

    private static void FinishXsetbv(Core* c, DecodedInstruction* i, ulong result, bool valid) => c->State.Xcr0 = result;

    private static Outcome Rdrand<T>(Core* c, DecodedInstruction* i) where T : unmanaged, System.Numerics.IBinaryInteger<T> =>
        Random<T>(c, i, Exits.Controls(c).RdrandExiting, ExitReason.Rdrand);

    private static Outcome Rdseed<T>(Core* c, DecodedInstruction* i) where T : unmanaged, System.Numerics.IBinaryInteger<T> =>
        Random<T>(c, i, Exits.Controls(c).RdseedExiting, ExitReason.Rdseed);

    /// <summary>Without an exit there is no entropy here: the processor says so with CF clear, as hardware may.</summary>
    private static Outcome Random<T>(Core* c, DecodedInstruction* i, bool exits, ExitReason reason) where T : unmanaged, System.Numerics.IBinaryInteger<T>
    {
        if (exits)
            return Exit(c, i, reason, 0, &FinishRandom<T>);
        FinishRandom<T>(c, i, 0, valid: false);
        return Outcome.Next;
    }

    private static void FinishRandom<T>(Core* c, DecodedInstruction* i, ulong result, bool valid) where T : unmanaged, System.Numerics.IBinaryInteger<T>
    {
        Reg.Set(c, i->Destination, valid ? T.CreateTruncating(result) : T.Zero);
        Flags.Load(c, (c->State.Rflags & ~Rflags.Arithmetic) | (valid ? Rflags.Cf : 0));
    }

    private static Outcome Stac(Core* c, DecodedInstruction* i) => SetAccess(c, i, Rflags.Ac);

    private static Outcome Clac(Core* c, DecodedInstruction* i) => SetAccess(c, i, 0);

    private static Outcome SetAccess(Core* c, DecodedInstruction* i, ulong flag)
    {
        if (c->State.Cpl != 0)
            return Fault.InvalidOpcode(c);
        c->State.Rflags = (c->State.Rflags & ~Rflags.Ac) | flag;
        return OperatingMode.Serialize(c, i);
    }

    private static Outcome Vmcall(Core* c, DecodedInstruction* i) => Exit(c, i, ExitReason.Vmcall);
}
