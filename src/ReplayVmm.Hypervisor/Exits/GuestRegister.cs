namespace ReplayVmm.Hypervisor;

/// <summary>Guest registers that an exit handler may ask for. 0 to 15 are the general registers in encoding order.</summary>
public enum GuestRegister
{
    /// <summary>RAX.</summary>
    Rax = 0,
    /// <summary>RCX.</summary>
    Rcx = 1,
    /// <summary>RDX.</summary>
    Rdx = 2,
    /// <summary>RBX.</summary>
    Rbx = 3,
    /// <summary>RSP.</summary>
    Rsp = 4,
    /// <summary>Instruction pointer: the address of the instruction that exited.</summary>
    Rip = 16,
    /// <summary>RFLAGS.</summary>
    Rflags = 17,
    /// <summary>CR3.</summary>
    Cr3 = 18,
    /// <summary>Attributes of CS, as VMX lays them out (SDM 25.4.1).</summary>
    CsAttributes = 19,
    /// <summary>FS base.</summary>
    FsBase = 20,
    /// <summary>GS base.</summary>
    GsBase = 21,
    /// <summary>IA32_KERNEL_GS_BASE, which SWAPGS changes without the monitor.</summary>
    KernelGsBase = 22,
    /// <summary>DR6.</summary>
    Dr6 = 23,
    /// <summary>DR7.</summary>
    Dr7 = 24,
    /// <summary>Current privilege level.</summary>
    Cpl = 25,
    /// <summary>CR8.</summary>
    Cr8 = 26,
    /// <summary>Attributes of the task register.</summary>
    TrAttributes = 27,
    /// <summary>DR0; DR1 to DR3 follow.</summary>
    Dr0 = 28,
    /// <summary>IA32_DEBUGCTL, of which a debug exception clears bits without the monitor.</summary>
    DebugControl = 32,
}
