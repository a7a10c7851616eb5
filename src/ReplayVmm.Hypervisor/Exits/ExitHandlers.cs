using ReplayVmm.Events;
using ReplayVmm.Processor;

namespace ReplayVmm.Hypervisor;

/// <summary>
/// The seat of exit handling: one row for each basic exit reason. A handler decides; it changes nothing. What it decided stands in
/// events, of which
/// <see cref="VmState.Apply"/> makes the monitor's next state and the machine the guest's.
/// </summary>
/// <remarks>
/// Each exit gives one event that says what happened, and a second, <c>ExceptionInjected</c>, where the instruction gets an exception
/// that the first cannot carry.
/// </remarks>
// SAFETY: the table holds pointers to static methods; it is indexed after a bounds check.
public static unsafe partial class ExitHandlers
{
    private static readonly ExitRow[] Table = new ExitRow[(int)ExitReason.Loadiwkey + 1];

    static ExitHandlers()
    {
        Row(ExitReason.ExceptionOrNmi, &ExceptionOrNmi);
        Row(ExitReason.ExternalInterrupt, &Nothing);
        Row(ExitReason.TripleFault, &TripleFault);
        Row(ExitReason.InterruptWindow, &InterruptWindow);
        Row(ExitReason.NmiWindow, &NmiWindow);
        Row(ExitReason.Cpuid, &Cpuid);
        Row(ExitReason.Hlt, &Nothing);
        Row(ExitReason.Invd, &Nothing);
        Row(ExitReason.Invlpg, &Nothing);
        Row(ExitReason.Rdpmc, &GeneralProtection);
        Row(ExitReason.Rdtsc, &TimeStamp);
        Row(ExitReason.Rdtscp, &TimeStamp);
        for (ExitReason r = ExitReason.Vmcall; r <= ExitReason.Vmxon; r++)
            Row(r, &InvalidOpcode);
        Row(ExitReason.ControlRegisterAccess, &ControlRegisterAccess);
        Row(ExitReason.MovDr, &MovDr);
        Row(ExitReason.IoInstruction, &IoInstruction);
        Row(ExitReason.Rdmsr, &Rdmsr);
        Row(ExitReason.Wrmsr, &Wrmsr);
        Row(ExitReason.Mwait, &Nothing);
        Row(ExitReason.MonitorTrapFlag, &Nothing);
        Row(ExitReason.Monitor, &Nothing);
        Row(ExitReason.Pause, &Nothing);
        Row(ExitReason.TprBelowThreshold, &Nothing);
        Row(ExitReason.EptViolation, &EptViolation);
        Row(ExitReason.Invept, &InvalidOpcode);
        Row(ExitReason.PreemptionTimer, &Nothing);
        Row(ExitReason.Invvpid, &InvalidOpcode);
        Row(ExitReason.Wbinvd, &Nothing);
        Row(ExitReason.Xsetbv, &Xsetbv);
        Row(ExitReason.Rdrand, &Entropy);
        Row(ExitReason.Invpcid, &Nothing);
        Row(ExitReason.Vmfunc, &InvalidOpcode);
        Row(ExitReason.Encls, &InvalidOpcode);
        Row(ExitReason.Rdseed, &Entropy);
        Row(ExitReason.Xsaves, &InvalidOpcode);
        Row(ExitReason.Xrstors, &InvalidOpcode);
        Row(ExitReason.Loadiwkey, &InvalidOpcode);
    }

    /// <summary>Decides an exit: writes its events.</summary>
    /// <param name="exit">The exit.</param>
    /// <param name="state">The monitor's state; not changed.</param>
    /// <param name="vcpu">The vCPU that exited.</param>
    /// <param name="model">What CPUID shows.</param>
    /// <param name="answers">The door to the guest's registers, memory and devices.</param>
    /// <param name="events">Where the decision goes.</param>
    public static void Handle(in VmExit exit, VmState state, int vcpu, CpuModel model, IExitOperands answers, EventWriter events)
    {
        var context = new ExitContext(in exit, state, vcpu, model, answers, events);
        uint reason = (uint)exit.Reason;
        delegate*<in ExitContext, void> handler = reason < (uint)Table.Length ? Table[reason].Handler : null;
        if (handler != null)
            handler(context);
        else
            context.Fail(Suberrors.UnexpectedExitReason, reason);
    }

    /// <summary>
    /// Delivers the interrupt that the controllers ask for, at a boundary where the vCPU can take it. The acknowledge cycle may find that
    /// the request has gone: then
    /// nothing is written.
    /// </summary>
    public static void InjectInterrupt(IExitOperands answers, EventWriter events)
    {
        ArgumentNullException.ThrowIfNull(answers);
        int vector = answers.AcknowledgeInterrupt();
        if (vector >= 0)
            events.Write(EventKind.InterruptInjected, (ulong)vector, Injection.External, answers.Register(GuestRegister.Rip));
    }

    /// <summary>Delivers the NMI that waits.</summary>
    public static void InjectNmi(IExitOperands answers, EventWriter events)
    {
        ArgumentNullException.ThrowIfNull(answers);
        events.Write(EventKind.InterruptInjected, Injection.NmiVector, Injection.Nmi, answers.Register(GuestRegister.Rip));
    }

    private static void Row(ExitReason reason, delegate*<in ExitContext, void> handler) => Table[(int)reason] = new ExitRow(handler);
}
