using ReplayVmm.Events;
using ReplayVmm.Hypervisor;
using ReplayVmm.Processor;

namespace ReplayVmm.Machine;

/// <content>
/// Turns: one vCPU runs at a time, for a quantum of instructions, and the next that can run follows, round and round. HLT, an interprocessor
/// interrupt to another vCPU, and a PAUSE after a thirty-second of the quantum end a turn early. All of it is a function of the machine's
/// state, so a replay takes the same turns.
/// </content>
// SAFETY: processors' states have stable addresses while the processors live, which this object owns.
public sealed partial class VirtualMachine
{
    private const int PauseShare = 32;
    private const ulong PowerOnReset = 0, InitReset = 1;

    private readonly VirtualCpu[] cpus;
    private VirtualCpu cpu;
    private ulong pauseAt = ulong.MaxValue, sampledAt;
    private bool yields;

    /// <summary>Whether an interrupt, an INIT or a start-up lets a vCPU run that waits.</summary>
    private bool CanRun(VirtualCpu candidate)
    {
        VcpuDevices own = candidate.Devices;
        return state.Vcpu(candidate.Index).Halted switch
        {
            VcpuState.Runs => true,
            _ when own.InitPending => true,
            VcpuState.WaitsForStartUp => own.StartUpPending,
            _ => (own.NmiPending && candidate.Processor.CanTakeNmi) || (own.InterruptPending && candidate.Processor.CanTakeInterrupt),
        };
    }

    /// <summary>The next vCPU in the round that can run, the present one last; null where none can.</summary>
    private VirtualCpu? NextInRound()
    {
        for (int i = 1; i <= cpus.Length; i++)
        {
            VirtualCpu candidate = cpus[(cpu.Index + i) % cpus.Length];
            if (CanRun(candidate))
                return candidate;
        }

        return null;
    }

    /// <summary>Anybody but the present vCPU could run.</summary>
    private bool OthersCanRun()
    {
        foreach (VirtualCpu other in cpus)
        {
            if (other != cpu && CanRun(other))
                return true;
        }

        return false;
    }

    /// <summary>The present vCPU waits or gives up its turn: the next one goes on, or time jumps to what wakes one.</summary>
    private void PassTurn()
    {
        do
        {
            yields = false;
            VirtualCpu? next = NextInRound();
            if (next is null)
                next = Idle();
            else if (clock.Units - sampledAt >= manifest.Quantum)
                EndTurn();
            if (ended || next is null)
                return;
            BeginTurn(next);
        }
        while (!ended && state.Vcpu(cpu.Index).Halted != VcpuState.Runs);
    }

    private void BeginTurn(VirtualCpu next)
    {
        cpu = next;
        processor = next.Processor;
        turnEnd = clock.Units + manifest.Quantum;
        if (cpus.Length > 1)
        {
            processor.Controls.PauseExiting = false;
            pauseAt = clock.Units + (manifest.Quantum / PauseShare);
        }

        TakeSignals();
        OfferInterrupt();
    }

    /// <summary>From here on a PAUSE ends the turn, if anybody else can run.</summary>
    private void WatchForPause()
    {
        processor.Controls.PauseExiting = OthersCanRun();
        pauseAt = processor.Controls.PauseExiting ? ulong.MaxValue : clock.Units + (manifest.Quantum / PauseShare) + 1;
    }

    /// <summary>INIT and start-up arrive at the present vCPU.</summary>
    private unsafe void TakeSignals()
    {
        if (cpu.Devices.InitPending)
        {
            cpu.Devices.TakeInit();
            int first = events.Count;
            ulong rip = processor.State->Rip;
            Writer.Write(EventKind.VmExited, (ulong)ExitReason.InitSignal, 0, rip, 0, 0);
            Writer.Write(EventKind.VcpuReset, InitReset);
            Settle(first);
        }

        if (cpu.Devices.StartUpPending)
        {
            byte page = cpu.Devices.TakeStartUp();
            int first = events.Count;
            Writer.Write(EventKind.VmExited, (ulong)ExitReason.StartupIpi, page, processor.State->Rip, 0, 0);
            Settle(first);
            ProcessorReset.Startup(ref *processor.State, page);
            processor.StateChanged();
        }
    }

    /// <summary>The present vCPU's registers after INIT; its translations are gone.</summary>
    private unsafe void ResetByInit()
    {
        ProcessorReset.Init(ref *processor.State, seat.Model.Signature);
        processor.State->Activity = (uint)ActivityState.WaitForSipi;
        processor.TranslationState.Clear();
        processor.StateChanged();
        ShowControlRegisters();
    }

    /// <summary>Creates the vCPUs. All but the first have been sent by the firmware to wait for a start-up.</summary>
    private unsafe void PowerOnProcessors()
    {
        foreach (VirtualCpu created in cpus)
        {
            int first = events.Count;
            (cpu, processor) = (created, created.Processor);
            Writer.Write(EventKind.VcpuCreated, created.Index);
            Writer.Write(EventKind.VcpuReset, PowerOnReset);
            if (created.Index != FirstVcpu)
            {
                ProcessorReset.Reset(ref *processor.State, seat.Model.Signature);
                processor.State->AddressLine20 = 1;
                Writer.Write(EventKind.VcpuReset, InitReset);
            }

            Settle(first);
        }

        (cpu, processor) = (cpus[FirstVcpu], cpus[FirstVcpu].Processor);
    }
}
