using ReplayVmm.Events;
using ReplayVmm.Hypervisor;
using ReplayVmm.Processor;

namespace ReplayVmm.Machine;

/// <content>Switching on and off: the events before the first instruction and after the last.</content>
public sealed partial class VirtualMachine
{
    private const int LargestPayload = 256 * 1024;

    private void PowerOn(StopPoint? stop)
    {
        if (started)
            throw new InvalidOperationException("a machine runs once: build another");
        started = true;
        SetEnds(stop);

        HostWriter.Write(EventKind.SessionStarted, ManifestJson.Write(manifest));
        for (int i = 0; i < slots.Count; i++)
            HostWriter.Write(EventKind.MemslotSet, (ulong)i, slots[i].Address, slots[i].Size, slots[i].Flags);
        Settle(0);
        Flush();
        foreach (MemoryImage image in images)
        {
            for (int at = 0; at < image.Bytes.Length && !ended; at += LargestPayload)
                WriteMemory(image.Address + (ulong)at, image.Bytes.Span.Slice(at, Math.Min(LargestPayload, image.Bytes.Length - at)));
        }
        PowerOnProcessors();
        SetBootState();
        BeginTurn(cpu);
        Continue();
    }

    private void WriteMemory(ulong address, ReadOnlySpan<byte> bytes)
    {
        HostWriter.Write(EventKind.GuestMemoryWritten, bytes, address, (ulong)bytes.Length);
        Settle(events.Count - 1);
        Flush();
    }

    /// <summary>The first processor starts as the boot protocol says; where that differs from power-on, the log says so too.</summary>
    private unsafe void SetBootState()
    {
        ref readonly VcpuState vcpu = ref state.Vcpu(FirstVcpu);
        BootRegisters.Load(processor, manifest.Boot);
        CpuState* s = processor.State;
        Writer.Write(EventKind.ControlRegisterWritten, (ulong)RecordedRegister.Cr4, vcpu.Cr4, s->Cr4);
        Writer.Write(EventKind.MsrWritten, MonitorMsr.Efer, vcpu.Msr[MsrTable.EferSlot], s->Efer);
        Writer.Write(EventKind.ControlRegisterWritten, (ulong)RecordedRegister.Cr0, vcpu.Cr0, s->Cr0);
        Settle(events.Count - 3);
        processor.StateChanged();
    }

    private void SetEnds(StopPoint? stop)
    {
        stopPoint = stop;
        // Only an end by position comes right after its event. The others come at a turn's end, with what devices did until then: a run
        // that is led to one must not stop a moment earlier at the same time.
        ulong recorded = stop is { Reason: EndReason.EventsReached } reached ? reached.Position : ulong.MaxValue;
        endPosition = Math.Min(recorded, options.UntilEvents ?? ulong.MaxValue);
        endTime = options.UntilTime ?? ulong.MaxValue;
        // A recording that ended between two turns, while the vCPU halted, must not be overrun by a longer sleep.
        if (stop is StopPoint point && point.VirtualTime < endTime)
            endTime = point.VirtualTime;
        endUnits = clock.UnitsAt(endTime);
    }

    private RunResult PowerOff()
    {
        FlushConsoles();
        if (endReason != EndReason.SinkStopped)
        {
            hasher.Next();
            HostWriter.Write(EventKind.SessionEnded, hasher.Digest, (ulong)endReason, endCode, Instructions);
            Flush();
        }
        return new RunResult(endReason, endCode, Position, VirtualTime, Instructions);
    }
}
