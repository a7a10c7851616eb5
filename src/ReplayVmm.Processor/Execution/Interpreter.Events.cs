namespace ReplayVmm.Processor;

/// <summary>Delivery of exceptions and injected events, with what goes wrong on the way (SDM volume 3, 6.15: double and triple faults).</summary>
public sealed unsafe partial class Interpreter
{
    /// <summary>
    /// Benign faults that may follow one another in the delivery of an event before the guest is shut down. An #AC handler at CPL 3 on an
    /// odd stack raises #AC at each delivery, for ever; hardware stays in that loop.
    /// </summary>
    private const int LongestChain = 16;

    private enum FaultClass
    {
        Benign,
        Contributory,
        PageFault,
        DoubleFault,
    }

    /// <summary>Delivers a fault of the running instruction. False: an exit is pending instead.</summary>
    private bool DeliverFault(Core* c, Pending fault)
    {
        c->DropAnswers();
        return Deliver(c, fault, default, FaultClass.Benign);
    }

    /// <summary>Delivers a debug trap that waited for the end of its instruction. False: an exit is pending instead.</summary>
    private bool DeliverDebugTrap(Core* c)
    {
        ulong bits = c->State.PendingDebug;
        c->State.PendingDebug = 0;
        return Deliver(c, new Pending { Kind = PendingKind.Fault, Vector = Vector.Db, Address = bits }, default, FaultClass.Benign, isTrap: true);
    }

    /// <summary>Delivers the event that the hypervisor injected. False: an exit is pending instead; the event stays injected where its delivery exited.</summary>
    private bool DeliverEntry(Core* c)
    {
        ref CpuState s = ref c->State;
        EventInfo injected = new(s.EntryInterruption, s.EntryErrorCode);
        ulong rip = s.Rip;
        (s.EntryInterruption, s.EntryErrorCode) = (0, 0);
        if (injected.IsSoftware)
            s.Rip = (rip + s.EntryInstructionLength) & c->CodeMask;
        if (TryDeliver(c, injected))
            return true;
        // Only a software event has moved it; an exception may have led to another task by now.
        if (injected.IsSoftware)
            s.Rip = rip;
        if (c->Pending.Kind == PendingKind.Exit)
            return ExitInDelivery(c, injected);
        FaultClass first = injected.Type == InterruptionType.HardwareException ? ClassOf(injected.Vector) : FaultClass.Benign;
        return DeliverSecond(c, injected, first);
    }

    /// <summary>Delivers <paramref name="fault"/>, which came up while <paramref name="during"/> (none: all zero) was delivered.</summary>
    private bool Deliver(Core* c, Pending fault, EventInfo during, FaultClass firstClass, bool isTrap = false, int chain = 0)
    {
        ref CpuState s = ref c->State;
        EventInfo info = EventInfo.Of(fault);
        if (fault.Vector < 32 && (Controls.ExceptionBitmap & (1u << fault.Vector)) != 0)
        {
            RaiseExit(Completion.Boundary, new VmExit
            {
                Reason = ExitReason.ExceptionOrNmi,
                InterruptionInformation = info.Bits,
                InterruptionErrorCode = info.ErrorCode,
                Qualification = fault.Vector is Vector.Pf or Vector.Db ? fault.Address : 0,
            });
            (s.IdtVectoring, s.IdtVectoringErrorCode) = (during.Bits, during.ErrorCode);
            return false;
        }
        if (fault.Vector == Vector.Pf)
            s.Cr2 = fault.Address;
        else if (fault.Vector == Vector.Db)
            (s.Dr6, s.Dr7, s.DebugControl) = ((s.Dr6 & ~0xFul) | fault.Address, s.Dr7 & ~(1ul << 13), s.DebugControl & ~(LastBranchRecords | BranchTrapFlag));
        // Every fault shows RF but that of an instruction breakpoint (SDM volume 3, 18.3.1.1), which is the one that names a breakpoint.
        bool isBreakpoint = fault.Vector == Vector.Db && fault.Address != 0;
        if (!isTrap && !isBreakpoint)
            s.Rflags |= Rflags.Rf;
        if (TryDeliver(c, info))
            return true;
        if (c->Pending.Kind == PendingKind.Exit)
            return ExitInDelivery(c, info);
        return DeliverSecond(c, info, firstClass == FaultClass.DoubleFault ? firstClass : ClassOf(fault.Vector), chain + 1);
    }

    /// <summary>Combines the fault that is pending with the event whose delivery raised it.</summary>
    private bool DeliverSecond(Core* c, EventInfo first, FaultClass firstClass, int chain = 1)
    {
        Pending second = c->Pending;
        c->DropAnswers();
        FaultClass secondClass = ClassOf(second.Vector);
        bool both = (firstClass == FaultClass.Contributory && secondClass == FaultClass.Contributory)
            || (firstClass == FaultClass.PageFault && secondClass is FaultClass.Contributory or FaultClass.PageFault);
        // The address of a second page fault is seen even where it only makes a double or triple fault (SDM 6.15, page fault).
        if (second.Vector == Vector.Pf && (both || firstClass == FaultClass.DoubleFault))
            c->State.Cr2 = second.Address;
        if (firstClass == FaultClass.DoubleFault || chain > LongestChain)
        {
            RaiseExit(Completion.Boundary, new VmExit { Reason = ExitReason.TripleFault });
            (c->State.IdtVectoring, c->State.IdtVectoringErrorCode) = (first.Bits, first.ErrorCode);
            return false;
        }
        if (both)
            second = new Pending { Kind = PendingKind.Fault, Vector = Vector.Df, HasErrorCode = true };
        return Deliver(c, second, first, secondClass, chain: chain);
    }

    private static bool TryDeliver(Core* c, EventInfo info)
    {
        ref CpuState s = ref c->State;
        c->Pending = default;
        if (!Interruption.Deliver(c, info.Vector, info.Type, info.HasErrorCode, info.ErrorCode))
            return false;
        c->Now++;
        c->TimeWithoutRetirement++;
        s.Interruptibility &= ~Shadows;
        if (info.Type == InterruptionType.Nmi)
            s.Interruptibility |= InterruptibilityState.BlockedByNmi;
        s.Activity = (uint)ActivityState.Active;
        c->DropAnswers();
        return true;
    }

    /// <summary>The delivery of an event exited: it is reported as IDT-vectoring information, and delivered anew by the next run unless the hypervisor says otherwise.</summary>
    private static bool ExitInDelivery(Core* c, EventInfo info)
    {
        ref CpuState s = ref c->State;
        (s.IdtVectoring, s.IdtVectoringErrorCode) = (info.Bits, info.ErrorCode);
        (s.EntryInterruption, s.EntryErrorCode) = (info.Bits, info.ErrorCode);
        return false;
    }

    private static FaultClass ClassOf(byte vector) => vector switch
    {
        Vector.De or Vector.Ts or Vector.Np or Vector.Ss or Vector.Gp or Vector.Cp => FaultClass.Contributory,
        Vector.Pf => FaultClass.PageFault,
        Vector.Df => FaultClass.DoubleFault,
        _ => FaultClass.Benign,
    };
}
