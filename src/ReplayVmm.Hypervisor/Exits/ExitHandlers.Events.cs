using ReplayVmm.Events;
using ReplayVmm.Processor;

namespace ReplayVmm.Hypervisor;

/// <summary>Exceptions, interrupts and instructions that need no answer.</summary>
public static partial class ExitHandlers
{
    /// <summary>An exit that changes nothing but itself: the instruction, if there is one, is done.</summary>
    private static void Nothing(in ExitContext context) => context.Exited();

    /// <summary>SDM 26.1.2: VMX instructions outside VMX operation, and features that CPUID does not show.</summary>
    private static void InvalidOpcode(in ExitContext context)
    {
        context.Exited();
        context.Inject(Vector.Ud);
    }

    private static void GeneralProtection(in ExitContext context)
    {
        context.Exited();
        context.Inject(Vector.Gp);
    }

    /// <summary>An exception that the exception bitmap selected goes back to the guest (SDM 28.2.2).</summary>
    private static void ExceptionOrNmi(in ExitContext context)
    {
        uint information = context.Exit.InterruptionInformation;
        context.Exited();
        context.Inject((byte)information, context.Exit.InterruptionErrorCode, context.Exit.Qualification);
    }

    private static void TripleFault(in ExitContext context) => context.Events.Write(EventKind.TripleFault, context.Rip);

    /// <summary>The event of this exit is the interrupt that it lets through.</summary>
    private static void InterruptWindow(in ExitContext context) => InjectInterrupt(context.Answers, context.Events);

    /// <summary>The machine offers the waiting NMI after each exit: this one only makes room for it.</summary>
    private static void NmiWindow(in ExitContext context)
    {
        // Its event is the InterruptInjected that follows.
    }

    private static unsafe void TimeStamp(in ExitContext context) =>
        context.Exited(context.Answers.HostTimeStampCounter + context.Vcpu.Msr[MsrTable.TscAdjustSlot]);

    /// <summary>RDRAND and RDSEED: a word of the operand's size.</summary>
    private static void Entropy(in ExitContext context)
    {
        int size = context.Exit.AccessSize is 2 or 4 ? context.Exit.AccessSize : 8;
        ulong value = context.Answers.DrawEntropy() & (ulong.MaxValue >> (64 - (8 * size)));
        context.Events.Write(EventKind.EntropyDrawn, value, (ulong)size, 1, context.Rip);
    }
}
