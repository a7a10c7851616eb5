using ReplayVmm.Devices;
using ReplayVmm.Events;
using ReplayVmm.Hypervisor;
using ReplayVmm.Processor;

namespace ReplayVmm.Machine;

/// <content>What happens between turns: input, output, digests, and the end.</content>
public sealed partial class VirtualMachine
{
    private readonly byte[] typed = new byte[64];
    private bool ended, started;
    private EndReason endReason;
    private uint endCode;
    private StopPoint? stopPoint;
    private ulong endPosition = ulong.MaxValue, endTime = ulong.MaxValue, endUnits = ulong.MaxValue;
    private ulong digestTime, digestPosition;

    /// <summary>
    /// The position that <c>SessionEnded</c> would get if the machine ended now: what was printed and is not an event yet comes first.
    /// </summary>
    private ulong EffectivePosition =>
        events.NextPosition + (console.IsEmpty ? 0u : 1) + (debugConsole.IsEmpty ? 0u : 1) + (virtioConsole.IsEmpty ? 0u : 1);

    /// <summary>Whether anything can ever end a vCPU's HLT: an interrupt must find the interrupt flag set.</summary>
    // SAFETY: the states live as long as the processors.
    private unsafe bool CanWake
    {
        get
        {
            foreach (VirtualCpu one in cpus)
            {
                if (state.Vcpu(one.Index).Halted == VcpuState.WaitsInHlt
                    && (one.Devices.NmiPending || (one.Processor.State->Rflags & Rflags.If) != 0))
                {
                    return true;
                }
            }

            return false;
        }
    }

    private void End(EndReason reason, uint code = 0)
    {
        if (ended)
            return;
        (ended, endReason, endCode) = (true, reason, code);
    }

    /// <summary>Ends the run where an operator or a recording says so.</summary>
    /// <returns>True where the run has ended.</returns>
    private bool CheckOperator()
    {
        if (ended)
            return true;
        CheckPositions();
        if (ended)
            return true;
        if (options.UntilTime <= clock.Now)
            End(EndReason.TimeReached);
        else if (inputs.EndRequested(clock.Now, out EndReason reason))
            End(reason);
        return ended;
    }

    private void CheckPositions()
    {
        ulong position = EffectivePosition;
        if (stopPoint is StopPoint stop && position >= stop.Position && clock.Now >= stop.VirtualTime)
            End(stop.Reason, stop.Code);
        else if (options.UntilEvents <= position)
            End(EndReason.EventsReached);
    }

    private void TakeConsoleInput()
    {
        (IConsoleDevice target, ulong number) = InputConsole;
        int room = Math.Min(typed.Length, target.ReceiveCapacity);
        if (room == 0)
            return;
        int count = inputs.TakeConsoleInput(clock.Now, typed.AsSpan(0, room));
        if (count == 0)
            return;
        HostWriter.Write(EventKind.ConsoleInput, typed.AsSpan(0, count), number);
        target.Receive(typed.AsSpan(0, count));
    }

    private void FlushConsoles()
    {
        Flush(console);
        Flush(debugConsole);
        Flush(virtioConsole);
    }

    private void Flush(ConsoleTap tap)
    {
        if (tap.IsEmpty)
            return;
        HostWriter.Write(EventKind.ConsoleOutput, tap.Bytes, tap.Device);
        tap.Clear();
    }

    private void TakeDigestIfDue()
    {
        ulong elapsed = clock.Now - digestTime;
        bool wanted = elapsed >= manifest.DigestEveryNanoseconds || events.NextPosition - digestPosition >= manifest.DigestEveryEvents;
        if (!wanted || elapsed < hasher.Pages * manifest.DigestNanosecondsPerPage)
            return;
        hasher.Next();
        HostWriter.Write(EventKind.StateDigest, hasher.Digest, Instructions, hasher.Pages);
        (digestTime, digestPosition) = (clock.Now, events.NextPosition);
    }

    /// <summary>Hands what was gathered to the sink.</summary>
    private void Flush()
    {
        if (events.Count != 0 && !sink.Append(events.Events, events.Arena))
            End(EndReason.SinkStopped);
        events.Clear();
    }
}
