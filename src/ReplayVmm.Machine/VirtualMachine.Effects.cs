using ReplayVmm.Events;
using ReplayVmm.Hypervisor;
using ReplayVmm.Processor;

namespace ReplayVmm.Machine;

/// <content>What events do to the processor, the memory and the devices.</content>
// SAFETY: the processor's state has a stable address while the processor lives; host memory lives as long as the machine.
public sealed partial class VirtualMachine
{
    /// <summary>Writes what the present vCPU does.</summary>
    private EventWriter Writer => new(events, clock.Now, Vm, cpu.Index);

    /// <summary>Writes what belongs to the machine as a whole.</summary>
    private EventWriter HostWriter => new(events, clock.Now, Vm, FirstVcpu);

    /// <summary>Takes events that no exit caused, from <paramref name="first"/> on, into the state and carries them out.</summary>
    private void Settle(int first)
    {
        for (int i = first; i < events.Count; i++)
        {
            Event e = events.Events[i];
            state.Apply(e, e.Payload(events.Arena));
            CarryOut(e);
        }
    }

    private unsafe void CarryOut(in Event e)
    {
        switch (e.Kind)
        {
            case EventKind.PortWritten:
                devices.Ports.Write((ushort)e.A, (int)e.B, (uint)e.C);
                if (console.IsFull || debugConsole.IsFull)
                    FlushConsoles();
                break;
            case EventKind.MmioWritten:
                cpu.Devices.WriteMmio(e.A, (int)e.B, e.C);
                processor.State->Cr8 = (ulong)(cpu.Devices.TaskPriority >> 4);
                break;
            case EventKind.MsrWritten when e.D == Outcomes.Done:
                CarryOutMsr((uint)e.A, e.C);
                break;
            case EventKind.ControlRegisterWritten when e.D == Outcomes.Done:
                ShowControlRegisters();
                if (e.A == (ulong)RecordedRegister.Cr8)
                    cpu.Devices.TaskPriority = (byte)(e.C << 4);
                break;
            case EventKind.DebugRegisterWritten when e.D == Vector.Db:
                processor.State->Dr6 |= DebugRegisterRules.Bd;
                break;
            case EventKind.ExceptionInjected when e.A == Vector.Db:
                processor.State->Dr6 |= e.B;
                break;
            case EventKind.InterruptInjected:
                ArmInjection();
                break;
            case EventKind.VcpuReset when e.A == InitReset:
                ResetByInit();
                break;
            case EventKind.MemslotSet:
                Map(slots[(int)e.A]);
                break;
            case EventKind.GuestMemoryWritten:
                seat.Memory.TryWrite(e.A, e.Payload(events.Arena));
                break;
            case EventKind.TripleFault:
                End(EndReason.TripleFault);
                break;
            case EventKind.InternalError:
                End(EndReason.InternalError, (uint)e.A);
                break;
        }
    }

    private unsafe void CarryOutMsr(uint index, ulong value)
    {
        if (index is MonitorMsr.TimeStampCounter or MonitorMsr.TscAdjust)
        {
            processor.State->TscOffset = state.Vcpu(cpu.Index).Msr[MsrTable.TscAdjustSlot];
            cpu.Devices.TimestampChanged(processor.State->TscOffset);
        }
        else if (index == MonitorMsr.ApicBase)
        {
            cpu.Devices.SetApicBase(value);
            processor.State->Cr8 = (ulong)(cpu.Devices.TaskPriority >> 4);
        }
        else if (MonitorMsr.IsLocalApic(index))
        {
            cpu.Devices.WriteApicMsr(index, value);
            processor.State->Cr8 = (ulong)(cpu.Devices.TaskPriority >> 4);
        }
    }

    /// <summary>The guest reads its control registers from the shadows.</summary>
    private void ShowControlRegisters()
    {
        ref readonly VcpuState vcpu = ref state.Vcpu(cpu.Index);
        processor.Controls.Cr0ReadShadow = vcpu.Cr0;
        processor.Controls.Cr4ReadShadow = vcpu.Cr4;
    }

    private unsafe void ArmInjection()
    {
        CpuState* s = processor.State;
        s->EntryInterruption = (uint)state.Vcpu(cpu.Index).LastInjection;
        s->EntryErrorCode = 0;
        s->EntryInstructionLength = 0;
        s->Activity = (uint)ActivityState.Active;
    }

    private unsafe void Map(Memslot slot)
    {
        MappingRights rights = (slot.Flags & MemslotFlags.ReadOnly) != 0 ? MappingRights.Read : MappingRights.Read | MappingRights.Write;
        seat.Memory.Map(slot.Address, slot.Size, host.Address + MemoryMap.HostOffset(slot.Address), rights);
    }

    /// <summary>A register write that did not exit is in force already; it only enters the log and the state.</summary>
    private void RecordRegisterWrite()
    {
        int first = events.Count;
        RegisterWrite write = processor.Written;
        switch (write.Register)
        {
            case RecordedRegister.Msr:
                Writer.Write(EventKind.MsrWritten, write.Index, write.Old, write.New, Outcomes.Done, write.Rip);
                break;
            case RecordedRegister.Xcr0:
                Writer.Write(EventKind.XcrWritten, write.Index, write.Old, write.New, Outcomes.Done, write.Rip);
                break;
            default:
                Writer.Write(EventKind.ControlRegisterWritten, (ulong)write.Register, write.Old, write.New, Outcomes.Done, write.Rip);
                break;
        }
        Settle(first);
        Continue();
    }

    /// <summary>Delivers a waiting NMI or interrupt, or asks for an exit at the first boundary where that is possible.</summary>
    private void OfferInterrupt()
    {
        bool nmi = cpu.Devices.NmiPending, pending = cpu.Devices.InterruptPending;
        if (nmi && processor.CanTakeNmi)
        {
            cpu.Devices.TakeNmi();
            int first = events.Count;
            ExitHandlers.InjectNmi(cpu.Door, Writer);
            Settle(first);
            nmi = false;
        }
        else if (pending && processor.CanTakeInterrupt)
        {
            int first = events.Count;
            ExitHandlers.InjectInterrupt(cpu.Door, Writer);
            Settle(first);
            pending = cpu.Devices.InterruptPending;
        }
        processor.Controls.NmiWindowExiting = nmi;
        processor.Controls.InterruptWindowExiting = pending;
    }

    private unsafe void GrantRequests()
    {
        if (!requests.Any)
            return;
        if (requests.AddressLine20 is uint line)
        {
            foreach (VirtualCpu one in cpus)
            {
                one.Processor.State->AddressLine20 = line;
                one.Processor.StateChanged();
            }
        }
        if (requests.End is EndReason reason)
            End(reason, requests.Code);
        requests.Clear();
    }
}
