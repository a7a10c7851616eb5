using System.Runtime.InteropServices;

namespace ReplayVmm.Hypervisor;

/// <summary>
/// What the monitor itself knows of one virtual processor: the control registers it owns, the MSRs it tracks, what it injected. General
/// registers belong to the processor. Plain: no padding, no references, so equal states have equal bytes.
/// </summary>
// SAFETY: the fixed buffers are indexed with rows of the MSR table and debug register numbers 0 to 7 only.
[StructLayout(LayoutKind.Sequential, Pack = 8)]
public unsafe struct VcpuState
{
    /// <summary>How many MSRs a vCPU can track.</summary>
    public const int MsrSlots = 64;

    /// <summary>Value of <see cref="Halted"/>: it executes instructions.</summary>
    public const ulong Runs = 0;

    /// <summary>Value of <see cref="Halted"/>: it waits in HLT for an interrupt.</summary>
    public const ulong WaitsInHlt = 1;

    /// <summary>Value of <see cref="Halted"/>: after INIT it waits for a start-up.</summary>
    public const ulong WaitsForStartUp = 2;

    /// <summary>1 once the vCPU was created.</summary>
    public ulong Created;
    /// <summary>Its local APIC's identifier.</summary>
    public ulong ApicId;
    /// <summary><see cref="Runs"/>, <see cref="WaitsInHlt"/> or <see cref="WaitsForStartUp"/>.</summary>
    public ulong Halted;
    /// <summary>1 after a triple fault.</summary>
    public ulong ShutDown;
    /// <summary>Control register 0.</summary>
    public ulong Cr0;
    /// <summary>Control register 4.</summary>
    public ulong Cr4;
    /// <summary>Control register 8: the task priority, 0 to 15.</summary>
    public ulong Cr8;
    /// <summary>Extended control register 0.</summary>
    public ulong Xcr0;
    /// <summary>The last event injected, as VM-entry interruption information (SDM 25.8.3).</summary>
    public ulong LastInjection;
    /// <summary>Interrupts and NMIs injected so far.</summary>
    public ulong Injections;
    /// <summary>Exceptions that the monitor injected so far.</summary>
    public ulong Exceptions;
    /// <summary>DR0 to DR7 as last written under MOV-DR exiting.</summary>
    public fixed ulong Dr[8];
    /// <summary>Tracked MSRs, indexed by <see cref="MsrRow.Slot"/>.</summary>
    public fixed ulong Msr[MsrSlots];
}
