namespace ReplayVmm.Processor;

/// <summary>Types of interruption (SDM table 25-17).</summary>
internal enum InterruptionType : byte
{
    /// <summary>External interrupt.</summary>
    External = 0,
    /// <summary>NMI.</summary>
    Nmi = 2,
    /// <summary>Exception that the processor raised.</summary>
    HardwareException = 3,
    /// <summary>INT n.</summary>
    Software = 4,
    /// <summary>INT1.</summary>
    PrivilegedSoftwareException = 5,
    /// <summary>INT3 and INTO.</summary>
    SoftwareException = 6,
}

/// <summary>Delivery of interrupts and exceptions through the IDT or the real-mode vector table (SDM volume 3, chapter 6).</summary>
internal static unsafe class Interruption
{
    /// <summary>
    /// Delivers one event to the guest: RIP, CS, RFLAGS, stack as the manual says. <see cref="CpuState.Rip"/> must be exact (the return address for
    /// interrupts, traps and software interrupts; the faulting instruction for faults).
    /// </summary>
    /// <returns>
    /// True: delivered. False: delivery itself raised <see cref="Core.Pending"/>; no state has changed, and the caller combines the two
    /// (contributory pairs make a double fault, then a triple fault).
    /// </returns>
    public static bool Deliver(Core* c, byte vector, InterruptionType type, bool hasErrorCode, uint errorCode) =>
        throw new NotSupportedException();
}
