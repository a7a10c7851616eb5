namespace ReplayVmm.Processor;

/// <summary>
/// What exits: the VM-execution controls of the SDM (25.6) as plain data, set by the hypervisor between runs. Names are the manual's.
/// </summary>
public sealed class ExecutionControls
{
    /// <summary>Exit at the next instruction boundary where an external interrupt could be delivered.</summary>
    public bool InterruptWindowExiting { get; set; }
    /// <summary>Exit at the next instruction boundary where an NMI could be delivered.</summary>
    public bool NmiWindowExiting { get; set; }
    /// <summary>HLT exits.</summary>
    public bool HltExiting { get; set; } = true;
    /// <summary>INVLPG and INVPCID exit.</summary>
    public bool InvlpgExiting { get; set; }
    /// <summary>RDPMC exits.</summary>
    public bool RdpmcExiting { get; set; } = true;
    /// <summary>RDTSC and RDTSCP exit.</summary>
    public bool RdtscExiting { get; set; }
    /// <summary>MOV to CR3 exits.</summary>
    public bool Cr3LoadExiting { get; set; }
    /// <summary>MOV from CR3 exits.</summary>
    public bool Cr3StoreExiting { get; set; }
    /// <summary>MOV to CR8 exits.</summary>
    public bool Cr8LoadExiting { get; set; } = true;
    /// <summary>MOV from CR8 exits.</summary>
    public bool Cr8StoreExiting { get; set; }
    /// <summary>MOV to or from a debug register exits.</summary>
    public bool MovDrExiting { get; set; } = true;
    /// <summary>PAUSE exits.</summary>
    public bool PauseExiting { get; set; }
    /// <summary>RDRAND exits.</summary>
    public bool RdrandExiting { get; set; } = true;
    /// <summary>RDSEED exits.</summary>
    public bool RdseedExiting { get; set; } = true;
    /// <summary>WBINVD exits.</summary>
    public bool WbinvdExiting { get; set; }
    /// <summary>Bits of CR0 that the host owns: a write that would change one exits, a read shows the shadow.</summary>
    public ulong Cr0GuestHostMask { get; set; } = ulong.MaxValue;
    /// <summary>What the guest reads in CR0 bits that the host owns.</summary>
    public ulong Cr0ReadShadow { get; set; }
    /// <summary>Bits of CR4 that the host owns.</summary>
    public ulong Cr4GuestHostMask { get; set; } = ulong.MaxValue;
    /// <summary>What the guest reads in CR4 bits that the host owns.</summary>
    public ulong Cr4ReadShadow { get; set; }
    /// <summary>Vectors 0 to 31 whose exceptions exit.</summary>
    public uint ExceptionBitmap { get; set; }
    /// <summary>The I/O bitmap: 65,536 bits, one a port; null for unconditional I/O exiting.</summary>
    public byte[]? IoBitmap { get; set; }
    /// <summary>
    /// The MSR bitmap as the SDM lays it out (25.6.9): 4 KiB; read low, read high, write low, write high. Null for unconditional exiting.
    /// </summary>
    public byte[]? MsrBitmap { get; set; }
}
