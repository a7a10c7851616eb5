using ReplayVmm.Events;
using ReplayVmm.Hypervisor;
using ReplayVmm.Processor;

namespace ReplayVmm.Machine;

/// <summary>What an exit's events mean for the instruction that exited; the last event that says something about it decides.</summary>
internal struct Completion
{
    private Kind kind;
    private ulong first, second;
    private byte vector;
    private bool valid;

    private enum Kind : byte
    {
        /// <summary>No instruction waits for an answer.</summary>
        None,
        Value,
        Cpuid,
        Fault,
    }

    /// <summary>True where the exit was an access to an I/O port.</summary>
    public bool IsPortAccess { get; private set; }

    /// <summary>Takes an event into account.</summary>
    public void Consider(in Event e)
    {
        switch (e.Kind)
        {
            case EventKind.PortRead:
                Answer(e.C);
                IsPortAccess = true;
                break;
            case EventKind.PortWritten:
                Answer(0);
                IsPortAccess = true;
                break;
            case EventKind.MmioRead:
                Answer(e.C);
                break;
            case EventKind.MmioWritten:
                Answer(0);
                break;
            case EventKind.CpuidRead:
                (kind, first, second) = (Kind.Cpuid, e.C, e.D);
                break;
            case EventKind.MsrRead:
                AnswerOrRefuse(e.B, e.C);
                break;
            case EventKind.MsrWritten or EventKind.ControlRegisterWritten or EventKind.DebugRegisterWritten or EventKind.XcrWritten:
                AnswerOrRefuse(e.C, e.D);
                break;
            case EventKind.EntropyDrawn:
                Answer(e.A, e.C != 0);
                break;
            case EventKind.VmExited:
                if (HasInstruction((ExitReason)e.A))
                    Answer(e.E);
                break;
            case EventKind.ExceptionInjected:
                Refuse((byte)e.A, e.B);
                break;
        }
    }

    /// <summary>Finishes the instruction.</summary>
    public readonly void Finish(IVirtualProcessor processor)
    {
        switch (kind)
        {
            case Kind.Value:
                processor.Complete(first, valid);
                break;
            case Kind.Cpuid:
                processor.CompleteCpuid((uint)first, (uint)(first >> 32), (uint)second, (uint)(second >> 32));
                break;
            case Kind.Fault:
                processor.CompleteWithFault(vector, Outcomes.HasErrorCode(vector) ? (uint)first : null);
                break;
        }
    }

    private void Answer(ulong value, bool isValid = true) => (kind, first, valid) = (Kind.Value, value, isValid);

    private void Refuse(byte exception, ulong error) => (kind, vector, first) = (Kind.Fault, exception, error);

    private void AnswerOrRefuse(ulong value, ulong outcome)
    {
        if (outcome == Outcomes.Done)
            Answer(value);
        else
            Refuse((byte)outcome, 0);
    }

    private static bool HasInstruction(ExitReason reason) => reason is not (ExitReason.ExternalInterrupt or ExitReason.InterruptWindow
        or ExitReason.NmiWindow or ExitReason.MonitorTrapFlag or ExitReason.PreemptionTimer or ExitReason.TprBelowThreshold);
}
