namespace ReplayVmm.Processor;

/// <summary>Exits, and how the hypervisor finishes them.</summary>
public sealed unsafe partial class Interpreter
{
    private enum Completion
    {
        /// <summary>Nothing exited.</summary>
        None,
        /// <summary>No instruction is to be finished: windows, exceptions, fetches, triple faults.</summary>
        Boundary,
        /// <summary>The instruction in <see cref="Core.Exited"/> retires.</summary>
        Instruction,
        /// <summary>The device's answer is kept for the next attempt at the instruction.</summary>
        Answer,
    }

    private VmExit _exit;
    private RegisterWrite _written;
    private bool _reported;
    private Completion _completion;
    private DeviceAnswer _asked;
    private delegate*<Core*, DecodedInstruction*, ulong, bool, void> _finish;

    /// <inheritdoc/>
    public ref readonly VmExit Exit => ref _exit;

    /// <inheritdoc/>
    public ref readonly RegisterWrite Written => ref _written;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The last run did not end in an exit, or it has been completed.</exception>
    public void Complete(ulong result = 0, bool valid = true)
    {
        Core* c = _core;
        Completion completion = TakeCompletion();
        if (completion == Completion.Answer)
        {
            TranslationMemory* t = c->Translation;
            TranslationMemory.AnswersOf(t)[t->AnswerCount++] = _asked with { Value = result };
        }
        if (completion != Completion.Instruction)
            return;
        ref CpuState s = ref c->State;
        ulong trap = s.Rflags & Rflags.Tf;
        uint shadows = s.Interruptibility & Shadows;
        c->Pending = default;
        Flags.Load(c, s.Rflags);
        if (_finish != null)
            _finish(c, &c->Exited, result, valid);
        if (c->Pending.Kind == PendingKind.Fault)
        {
            Inject(c, EventInfo.Of(c->Pending));
        }
        else
        {
            s.Rip = (s.Rip + c->Exited.Length) & c->CodeMask;
            s.Retired++;
            s.Rflags &= ~Rflags.Rf;
            s.Interruptibility &= ~shadows;
            s.PendingDebug |= (c->Debugging ? c->DebugHits : 0) | (trap != 0 ? SingleStepped : 0);
            c->Translation->OwedTime = 1;
        }
        s.Rflags = Flags.Materialize(c);
        c->Translation->AnswerCount = 0;
    }

    /// <inheritdoc/>
    public void CompleteCpuid(uint eax, uint ebx, uint ecx, uint edx)
    {
        ulong* gpr = _core->State.Gpr;
        if (_exit.Reason != ExitReason.Cpuid)
            throw new InvalidOperationException("The exit is not that of CPUID.");
        Complete();
        (gpr[0], gpr[3], gpr[1], gpr[2]) = (eax, ebx, ecx, edx);
    }

    /// <inheritdoc/>
    public void CompleteWithFault(byte vector, uint? errorCode)
    {
        TakeCompletion();
        _core->Translation->AnswerCount = 0;
        _core->State.Rflags |= Rflags.Rf;
        Inject(_core, EventInfo.Exception(vector, errorCode));
    }

    /// <summary>Makes the exit of an instruction pending.</summary>
    internal void RaiseExit(DecodedInstruction* i, in VmExit exit, delegate*<Core*, DecodedInstruction*, ulong, bool, void> finish)
    {
        if (exit.Reason == ExitReason.IoInstruction)
            Breakpoints.PortAccessed(_core, (ushort)(exit.Qualification >> 16), (int)(exit.Qualification & 7) + 1);
        _core->Exited = *i;
        _finish = finish;
        RaiseExit(Completion.Instruction, exit);
    }

    /// <summary>Notes a register write that ends the run.</summary>
    internal void Report(in RegisterWrite write) => (_written, _reported) = (write, true);

    /// <summary>The answer of a device where it has already been given for the running instruction; else its exit is pending.</summary>
    internal bool Ask(DeviceAccess kind, ulong address, int size, in VmExit exit, out ulong answer)
    {
        Core* c = _core;
        if (kind is DeviceAccess.PortIn or DeviceAccess.PortOut)
            Breakpoints.PortAccessed(c, (ushort)address, size);
        DeviceAnswer* answers = TranslationMemory.AnswersOf(c->Translation);
        // An earlier attempt may have asked for more, such as a page-table entry that is in the TLB by now: what does not fit is passed over.
        for (int n = c->AnswersUsed; n < c->AnswerCount; n++)
        {
            if (answers[n].Address != address || answers[n].Size != (uint)size || answers[n].Kind != (uint)kind)
                continue;
            c->AnswersUsed = n + 1;
            answer = answers[n].Value;
            return true;
        }
        answer = 0;
        // No instruction needs so many accesses; one that makes them anyway (a task switch between device pages) shuts the guest down.
        if (c->AnswerCount >= TranslationMemory.AnswerCapacity)
        {
            RaiseExit(Completion.Boundary, new VmExit { Reason = ExitReason.TripleFault });
            return false;
        }
        _asked = new DeviceAnswer { Address = address, Size = (uint)size, Kind = (uint)kind };
        RaiseExit(Completion.Answer, exit);
        return false;
    }

    /// <summary>Leaves before the running instruction, which is not to be finished.</summary>
    internal void RaiseAtBoundary(in VmExit exit) => RaiseExit(Completion.Boundary, exit);

    private void RaiseExit(Completion completion, in VmExit exit)
    {
        _exit = exit;
        _completion = completion;
        _core->Pending = new Pending { Kind = PendingKind.Exit };
    }

    private StopReason ExitAtBoundary(in VmExit exit)
    {
        RaiseExit(Completion.Boundary, exit);
        return StopReason.VmExit;
    }

    private Completion TakeCompletion()
    {
        if (_completion == Completion.None)
            throw new InvalidOperationException("There is no exit to complete.");
        Completion completion = _completion;
        _completion = Completion.None;
        return completion;
    }

    private static void Inject(Core* c, EventInfo info) => (c->State.EntryInterruption, c->State.EntryErrorCode) = (info.Bits, info.ErrorCode);
}
