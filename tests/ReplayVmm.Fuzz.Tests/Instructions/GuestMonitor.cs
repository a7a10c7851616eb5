using ReplayVmm.Events;
using ReplayVmm.Hypervisor;
using ReplayVmm.Machine;
using ReplayVmm.Processor;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>The monitor of a tiny platform: the program's own exit handlers and their fold, with controls and interrupts that are dice.</summary>
// SAFETY: the processor's state has a stable address while it lives.
internal sealed unsafe class GuestMonitor(Interpreter cpu, CpuModel model, IPhysicalMemory memory, Dice dice)
{
    private readonly GuestAnswers answers = new(cpu, memory, dice);
    private readonly EventBuffer events = new();
    private readonly byte[] bitmap = new byte[4096];
    private readonly VmState vm = new();

    /// <summary>Exits of all cases.</summary>
    public long Exits { get; private set; }

    /// <summary>The folded state of the processor.</summary>
    public ReadOnlySpan<byte> VcpuBytes => vm.VcpuBytes;

    /// <summary>Where two monitors differ; null where they are the same.</summary>
    public string? DifferenceFrom(GuestMonitor other) => vm.DescribeDifference(other.vm);

    /// <summary>The monitor's fold and controls; one case in four has controls of its own.</summary>
    public void Set()
    {
        CpuState* s = cpu.State;
        Apply(EventKind.VcpuReset, 0, 0, 0);
        Apply(EventKind.ControlRegisterWritten, (ulong)RecordedRegister.Cr4, 0, s->Cr4);
        Apply(EventKind.MsrWritten, MonitorMsr.Efer, 0, s->Efer);
        Apply(EventKind.ControlRegisterWritten, (ulong)RecordedRegister.Cr0, 0, s->Cr0);
        ExecutionControls c = cpu.Controls;
        bool own = dice.OnceIn(4);
        ulong bits = own ? dice.Next() : 0;
        c.InterruptWindowExiting = c.NmiWindowExiting = false;
        (c.InvlpgExiting, c.RdtscExiting, c.Cr3LoadExiting, c.Cr3StoreExiting) = ((bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0,
            (bits & 8) != 0);
        (c.Cr8StoreExiting, c.PauseExiting, c.WbinvdExiting, c.MovDrExiting) = ((bits & 16) != 0, (bits & 32) != 0, (bits & 64) != 0,
            (bits & 128) == 0);
        (c.HltExiting, c.RdpmcExiting, c.RdrandExiting, c.RdseedExiting) = ((bits & 256) == 0, (bits & 512) == 0, (bits & 1024) == 0,
            (bits & 2048) == 0);
        c.Cr8LoadExiting = (bits & 4096) == 0;
        c.Cr0GuestHostMask = (bits & 0x2000) == 0 ? ulong.MaxValue : dice.OnceIn(2) ? 0 : dice.Next();
        c.Cr4GuestHostMask = (bits & 0x4000) == 0 ? ulong.MaxValue : dice.OnceIn(2) ? 0 : dice.Next();
        c.ExceptionBitmap = (bits & 0x8000) == 0 ? 0 : (uint)dice.Next();
        c.IoBitmap = null;
        c.MsrBitmap = own && (bits & 0x1_0000) != 0 ? bitmap : null;
        ShowControlRegisters();
    }

    /// <summary>As the machine's loop does. False: the case is over.</summary>
    public bool Handle(StopReason reason, ulong now, ref ulong digest)
    {
        events.Clear();
        if (reason == StopReason.RegisterWritten)
        {
            RegisterWrite write = cpu.Written;
            EventKind kind = write.Register == RecordedRegister.Msr ? EventKind.MsrWritten
                : write.Register == RecordedRegister.Xcr0 ? EventKind.XcrWritten : EventKind.ControlRegisterWritten;
            Apply(kind, write.Register == RecordedRegister.Msr ? write.Index : (ulong)write.Register, write.Old, write.New);
            ShowControlRegisters();
            return true;
        }

        if (reason == StopReason.LimitReached)
            return cpu.State->Activity == (uint)ActivityState.Active || Interrupt();
        Exits++;
        answers.Now = now;
        Completion completion = default;
        ExitHandlers.Handle(cpu.Exit, vm, 0, model, answers, new EventWriter(events, now, 0, 0));
        bool goesOn = true;
        foreach (ref readonly Event e in events.Events)
        {
            FuzzException.Unless(e.Kind != EventKind.InternalError, $"internal error {e.A} at {e.B:x}: {cpu.Exit}");
            digest = ((digest ^ (ulong)e.Kind) * 0x100_0000_01B3) ^ e.A ^ (e.C * 31) ^ e.B;
            vm.Apply(e, default);
            completion.Consider(e);
            CarryOut(e);
            goesOn &= e.Kind != EventKind.TripleFault;
        }

        completion.Finish(cpu);
        StateRules.Check(*cpu.State, faulted: !goesOn);
        return goesOn;
    }

    /// <summary>An interrupt or NMI comes, or its window is asked for. False where nothing can wake the processor.</summary>
    public bool Interrupt()
    {
        const uint shadows = InterruptibilityState.BlockedBySti | InterruptibilityState.BlockedByMovSs | InterruptibilityState.BlockedByNmi;
        if (cpu.CanTakeInterrupt && dice.OnceIn(2))
        {
            Inject(Injection.Interrupt((byte)(32 + dice.Below(224)), Injection.External));
            return true;
        }

        bool nmi = (cpu.State->Interruptibility & shadows) == 0 && (cpu.State->EntryInterruption & Injection.Valid) == 0
            && cpu.State->PendingDebug == 0
            && cpu.Core->Translation->AnswerCount == 0 && cpu.State->Activity <= (uint)ActivityState.Hlt;
        if (nmi && dice.OnceIn(2))
        {
            Inject(Injection.Interrupt(Injection.NmiVector, Injection.Nmi));
            return true;
        }

        cpu.Controls.InterruptWindowExiting = dice.OnceIn(4);
        cpu.Controls.NmiWindowExiting = dice.OnceIn(8);
        return cpu.State->Activity == (uint)ActivityState.Active;
    }

    private void CarryOut(in Event e)
    {
        switch (e.Kind)
        {
            case EventKind.ControlRegisterWritten when e.D == Outcomes.Done:
                ShowControlRegisters();
                break;
            case EventKind.DebugRegisterWritten when e.D == Processor.Vector.Db:
                cpu.State->Dr6 |= DebugRegisterRules.Bd;
                break;
            case EventKind.ExceptionInjected when e.A == Processor.Vector.Db:
                cpu.State->Dr6 |= e.B & 0xFFFF;
                break;
            case EventKind.InterruptInjected:
                Inject((uint)vm.Vcpu(0).LastInjection);
                break;
        }
    }

    private void Inject(uint information)
    {
        CpuState* s = cpu.State;
        (s->EntryInterruption, s->EntryErrorCode, s->EntryInstructionLength) = (information, 0, 0);
        s->Activity = (uint)ActivityState.Active;
        cpu.Controls.InterruptWindowExiting = cpu.Controls.NmiWindowExiting = false;
    }

    private void ShowControlRegisters()
    {
        cpu.Controls.Cr0ReadShadow = vm.Vcpu(0).Cr0;
        cpu.Controls.Cr4ReadShadow = vm.Vcpu(0).Cr4;
    }

    private void Apply(EventKind kind, ulong a, ulong b, ulong c) => vm.Apply(new Event { Kind = kind, A = a, B = b, C = c }, default);
}
