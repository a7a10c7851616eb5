namespace ReplayVmm.Processor;

/// <summary>Why <see cref="IVirtualProcessor.Run"/> came back.</summary>
public enum StopReason
{
    /// <summary>The time limit was reached, or the processor is not active; not an exit, not recorded.</summary>
    LimitReached,
    /// <summary>A VM exit that a handler decides.</summary>
    VmExit,
    /// <summary>
    /// An instruction completed that wrote a register the log records whether or not it exits; see <see cref="RegisterWrite"/>.
    /// </summary>
    RegisterWritten,
}

/// <summary>Which register a non-exiting instruction wrote.</summary>
public enum RecordedRegister : byte
{
    /// <summary>CR0.</summary>
    Cr0 = 0,
    /// <summary>CR4.</summary>
    Cr4 = 4,
    /// <summary>CR8.</summary>
    Cr8 = 8,
    /// <summary>XCR0.</summary>
    Xcr0 = 16,
    /// <summary>A model-specific register; its index stands beside.</summary>
    Msr = 32,
}

/// <summary>A register write that did not exit: value before and after, already in force.</summary>
/// <param name="Register">The register.</param>
/// <param name="Index">The MSR's index, 0 elsewhere.</param>
/// <param name="Old">Value before.</param>
/// <param name="New">Value after.</param>
/// <param name="Rip">Address of the instruction.</param>
public readonly record struct RegisterWrite(RecordedRegister Register, uint Index, ulong Old, ulong New, ulong Rip);
