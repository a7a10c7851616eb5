using ReplayVmm.Events;
using ReplayVmm.Hypervisor;
using ReplayVmm.Processor;

namespace ReplayVmm.Machine;

/// <content>The one loop: run to an exit or a limit; decide, apply, carry out; let time pass.</content>
public sealed partial class VirtualMachine
{
    private ulong limit, turnEnd;

    private RunResult RunTo(StopPoint? stop)
    {
        PowerOn(stop);
        while (!ended)
        {
            switch (processor.Run(ref clock.Units, limit))
            {
                case StopReason.VmExit:
                    HandleExit();
                    break;
                case StopReason.RegisterWritten:
                    RecordRegisterWrite();
                    break;
                default:
                    LetTimePass();
                    break;
            }
        }
        return PowerOff();
    }

    private void HandleExit()
    {
        int first = events.Count;
        var completion = default(Completion);
        bool pauses = processor.Exit.Reason == ExitReason.Pause;
        ExitHandlers.Handle(in processor.Exit, state, cpu.Index, seat.Model, cpu.Door, Writer);
        for (int i = first; i < events.Count; i++)
        {
            // A copy: carrying it out may print, and so append another event.
            Event e = events.Events[i];
            state.Apply(e, e.Payload(events.Arena));
            completion.Consider(e);
            CarryOut(e);
        }
        completion.Finish(processor);
        if (completion.IsPortAccess)
            clock.Units += portUnits;
        GrantRequests();
        yields = pauses | devices.TakeSent() | cpu.Devices.InitPending;
        Continue();
    }

    /// <summary>A deadline or the turn's end has come, or the vCPU halts.</summary>
    private void LetTimePass()
    {
        devices.Advance(clock.Now);
        if (clock.Units >= turnEnd)
        {
            EndTurn();
            yields = cpus.Length > 1;
        }
        else if (clock.Units >= pauseAt)
        {
            WatchForPause();
        }
        else if (clock.Units >= endUnits && !CheckOperator())
            endUnits = ulong.MaxValue; // A recording's last events happened at this very time: the instruction that makes them comes first.
        Continue();
    }

    /// <summary>
    /// What follows every stop of the processor: interrupts, idleness, the ends that an operator asked for, the next limit.
    /// </summary>
    private void Continue()
    {
        if (!ended && EffectivePosition >= endPosition)
            CheckPositions();
        if (!ended)
            OfferInterrupt();
        if (events.Count >= options.EventBatch)
            Flush();
        if (!ended && (yields || state.Vcpu(cpu.Index).Halted != VcpuState.Runs))
            PassTurn();
        limit = Math.Min(Math.Min(turnEnd, endUnits), Math.Min(pauseAt, clock.UnitsAt(devices.Deadline)));
    }

    private void EndTurn()
    {
        if (CheckOperator())
            return;
        FlushConsoles();
        TakeDigestIfDue();
        options.OnTurn?.Invoke(new MachineProgress(Position, VirtualTime, Instructions));
        options.Disturb?.Invoke(this);
        TakeConsoleInput();
        Flush();
        sampledAt = clock.Units;
        turnEnd = sampledAt + manifest.Quantum;
    }

    /// <summary>All vCPUs wait, and that ends the turn: time jumps to what wakes one.</summary>
    /// <returns>The vCPU that can run; null where the machine has ended.</returns>
    private VirtualCpu? Idle()
    {
        EndTurn();
        VirtualCpu? woken = null;
        while (!ended && (woken = NextInRound()) is null)
        {
            ulong deadline = endTime > clock.Now ? Math.Min(devices.Deadline, endTime) : devices.Deadline;
            ulong target = CanWake ? inputs.WaitForInput(clock.Now, deadline) : ulong.MaxValue;
            if (target > MachineClock.EndOfTime)
            {
                End(EndReason.DeadHalt);
                return null;
            }
            clock.Units = Math.Max(clock.Units, clock.UnitsAt(Math.Min(target, deadline)));
            devices.Advance(clock.Now);
            if (CheckOperator())
                return null;
            TakeConsoleInput();
        }
        Flush();
        return ended ? null : woken;
    }
}
