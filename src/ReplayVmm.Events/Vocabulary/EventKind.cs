namespace ReplayVmm.Events;

/// <summary>
/// What an event says happened. Numbers are append-only: one that was released is never reused or moved.
/// <see cref="EventSchema"/> is the table that says what each kind carries.
/// </summary>
public enum EventKind : ushort
{
    /// <summary>No event; never written.</summary>
    None = 0,

    // Session
    /// <summary>The first event of every recording; its payload is the manifest.</summary>
    SessionStarted = 1,
    /// <summary>The last event of a recording that ended by itself or by its operator.</summary>
    SessionEnded = 2,
    /// <summary>A hash of the processor's state and of the pages written since the previous one.</summary>
    StateDigest = 3,
    /// <summary>A full machine state was saved beside the log.</summary>
    CheckpointTaken = 4,
    /// <summary>The operator did something that the guest can notice.</summary>
    OperatorAction = 5,

    // Processor
    /// <summary>A VM exit that has no kind of its own.</summary>
    VmExited = 32,
    /// <summary>The hypervisor injected an exception.</summary>
    ExceptionInjected = 33,
    /// <summary>An external interrupt or NMI was delivered to a vCPU.</summary>
    InterruptInjected = 34,
    /// <summary>A vCPU came into being.</summary>
    VcpuCreated = 35,
    /// <summary>A vCPU was put into its reset state.</summary>
    VcpuReset = 36,
    /// <summary>The guest triple-faulted.</summary>
    TripleFault = 37,
    /// <summary>The virtual machine monitor could not go on; the guest is stopped.</summary>
    InternalError = 38,

    // Registers
    /// <summary>CR0, CR4 or CR8 was written, or the write was refused.</summary>
    ControlRegisterWritten = 64,
    /// <summary>A debug register was written under MOV-DR exiting.</summary>
    DebugRegisterWritten = 65,
    /// <summary>RDMSR exited.</summary>
    MsrRead = 66,
    /// <summary>A model-specific register was written, or the write was refused.</summary>
    MsrWritten = 67,
    /// <summary>CPUID exited.</summary>
    CpuidRead = 68,
    /// <summary>XSETBV.</summary>
    XcrWritten = 69,

    // Memory
    /// <summary>A memslot was created or replaced.</summary>
    MemslotSet = 96,
    /// <summary>A memslot's flags changed.</summary>
    MemslotFlagsUpdated = 97,
    /// <summary>A memslot was removed.</summary>
    MemslotDeleted = 98,
    /// <summary>The virtual machine monitor wrote guest memory (boot images, emulated stores).</summary>
    GuestMemoryWritten = 99,
    /// <summary>A load from a device's memory.</summary>
    MmioRead = 100,
    /// <summary>A store to a device's memory.</summary>
    MmioWritten = 101,

    // Devices
    /// <summary>IN or INS.</summary>
    PortRead = 128,
    /// <summary>OUT or OUTS.</summary>
    PortWritten = 129,
    /// <summary>Bytes that entered through a console.</summary>
    ConsoleInput = 130,
    /// <summary>Bytes that the guest printed.</summary>
    ConsoleOutput = 131,
    /// <summary>A random word that the guest was given (RDRAND, RDSEED, an entropy device).</summary>
    EntropyDrawn = 132,
    /// <summary>The guest's read from a disk was answered.</summary>
    BlockRead = 133,
    /// <summary>The guest's write to a disk was answered.</summary>
    BlockWritten = 134,
}

/// <summary>Who can see an event, and so when a replay compares it.</summary>
public enum EventClass : byte
{
    /// <summary>What entered from outside; it is the replay's input.</summary>
    Input,
    /// <summary>What the guest can see; always compared.</summary>
    Guest,
    /// <summary>What the operator's interface returned or changed; always compared.</summary>
    Operator,
    /// <summary>The virtual machine monitor's own work; compared within one patch profile.</summary>
    Hypervisor,
    /// <summary>Notes about the recording itself; never compared.</summary>
    Annotation,
}
