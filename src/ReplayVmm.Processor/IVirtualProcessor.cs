namespace ReplayVmm.Processor;

/// <summary>
/// The processor's seat: something that runs a guest in non-root mode until it exits. The interpreter sits here; a translator can.
/// </summary>
public unsafe interface IVirtualProcessor : IDisposable
{
    /// <summary>
    /// The architectural state; stable address, canonical while <see cref="Run"/> is not running. After changing anything that decides how
    /// instructions run or translate (segments, control registers, EFER, A20), call <see cref="StateChanged"/>.
    /// </summary>
    CpuState* State { get; }

    /// <summary>What exits; may be changed between runs.</summary>
    ExecutionControls Controls { get; }

    /// <summary>
    /// Runs until virtual time reaches <paramref name="limit"/>, an exit, or a recorded register write.
    /// Delivers <see cref="CpuState.EntryInterruption"/> first. An instruction takes one unit of time, each REP iteration too.
    /// Returns at once with <see cref="StopReason.LimitReached"/> where the activity state is not active.
    /// </summary>
    /// <param name="now">Virtual time in instruction units; moved forward by what was executed.</param>
    /// <param name="limit">Absolute time at which to stop, exact; never overshot.</param>
    StopReason Run(ref ulong now, ulong limit);

    /// <summary>The exit, after <see cref="StopReason.VmExit"/>.</summary>
    ref readonly VmExit Exit { get; }

    /// <summary>The write, after <see cref="StopReason.RegisterWritten"/>.</summary>
    ref readonly RegisterWrite Written { get; }

    /// <summary>
    /// Finishes the instruction that exited: <paramref name="result"/> goes where the instruction wants it (IN: AL/AX/EAX; RDMSR, RDTSC: EDX:EAX; RDRAND:
    /// the register, with CF from <paramref name="valid"/>; an MMIO load or INS element: the instruction, which then goes on; HLT: the halted
    /// state), RIP moves on and the instruction retires. A register write is put in force by this call as the exit described it, with
    /// <paramref name="result"/> as the value.
    /// </summary>
    void Complete(ulong result = 0, bool valid = true);

    /// <summary>Finishes CPUID with its four results.</summary>
    void CompleteCpuid(uint eax, uint ebx, uint ecx, uint edx);

    /// <summary>
    /// Does not finish the instruction that exited: the exception <paramref name="vector"/> is delivered at the next run, as if the instruction had raised it.
    /// </summary>
    void CompleteWithFault(byte vector, uint? errorCode);

    /// <summary>Derived state (mode, translations) must be made anew from <see cref="State"/>.</summary>
    void StateChanged();

    /// <summary>
    /// State beyond <see cref="State"/> that is architecture here (the TLB), as bytes: hashed, saved, put back. Writing needs <see cref="StateChanged"/> after.
    /// </summary>
    Span<byte> TranslationState { get; }

    /// <summary>True where an external interrupt could be delivered now: IF set, no shadow, nothing else to be delivered first.</summary>
    bool CanTakeInterrupt { get; }

    /// <summary>True where an NMI could be delivered now: none blocks it, no shadow of a load of SS, nothing else to be delivered first.</summary>
    bool CanTakeNmi { get; }
}
