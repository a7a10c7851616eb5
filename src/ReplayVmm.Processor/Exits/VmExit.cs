namespace ReplayVmm.Processor;

/// <summary>
/// One VM exit. Reason and qualification are those of the SDM (28.2.1); the rest is what a hypervisor would read from the exit-information
/// fields of the VMCS, and <see cref="Data"/>, which spares it decoding the instruction.
/// </summary>
public readonly record struct VmExit
{
    /// <summary>Basic exit reason.</summary>
    public ExitReason Reason { get; init; }

    /// <summary>Length in bytes of the instruction that exited, 0 where none did.</summary>
    public byte InstructionLength { get; init; }

    /// <summary>Size in bytes of an MMIO access, 0 elsewhere.</summary>
    public byte AccessSize { get; init; }

    /// <summary>True where this is an MMIO or INS/OUTS element whose answer goes back to the instruction, which then goes on.</summary>
    public bool IsPartial { get; init; }

    /// <summary>Exit qualification (SDM tables 28-1 to 28-7).</summary>
    public ulong Qualification { get; init; }

    /// <summary>Guest-linear address, where the reason has one.</summary>
    public ulong GuestLinearAddress { get; init; }

    /// <summary>Guest-physical address of an EPT violation.</summary>
    public ulong GuestPhysicalAddress { get; init; }

    /// <summary>VM-exit interruption information (SDM 25.9.2) of an exception exit.</summary>
    public uint InterruptionInformation { get; init; }

    /// <summary>Error code of an exception exit.</summary>
    public uint InterruptionErrorCode { get; init; }

    /// <summary>
    /// What the instruction is about to write: OUT and OUTS data, an MMIO store, EDX:EAX of WRMSR and XSETBV, the source of MOV to CR or DR.
    /// </summary>
    public ulong Data { get; init; }
}
