namespace ReplayVmm.Processor;

/// <summary>Bits of RFLAGS (SDM volume 1, 3.4.3).</summary>
public static class Rflags
{
#pragma warning disable CS1591 // the manual's own names
    public const ulong Cf = 1 << 0, Fixed1 = 1 << 1, Pf = 1 << 2, Af = 1 << 4, Zf = 1 << 6, Sf = 1 << 7, Tf = 1 << 8, If = 1 << 9, Df = 1 << 10,
        Of = 1 << 11, Iopl = 3 << 12, Nt = 1 << 14, Rf = 1 << 16, Vm = 1 << 17, Ac = 1 << 18, Vif = 1 << 19, Vip = 1 << 20, Id = 1 << 21;
#pragma warning restore CS1591
    /// <summary>The six arithmetic flags.</summary>
    public const ulong Arithmetic = Cf | Pf | Af | Zf | Sf | Of;
    /// <summary>All bits that exist.</summary>
    public const ulong All = Arithmetic | Fixed1 | Tf | If | Df | Iopl | Nt | Rf | Vm | Ac | Vif | Vip | Id;
}

/// <summary>Bits of CR0 (SDM volume 3, 2.5).</summary>
public static class Cr0
{
#pragma warning disable CS1591 // the manual's own names
    public const ulong Pe = 1 << 0, Mp = 1 << 1, Em = 1 << 2, Ts = 1 << 3, Et = 1 << 4, Ne = 1 << 5, Wp = 1 << 16, Am = 1 << 18, Nw = 1 << 29,
        Cd = 1 << 30, Pg = 1ul << 31;
#pragma warning restore CS1591
}

/// <summary>Bits of CR4 (SDM volume 3, 2.5).</summary>
public static class Cr4
{
#pragma warning disable CS1591 // the manual's own names
    public const ulong Vme = 1 << 0, Pvi = 1 << 1, Tsd = 1 << 2, De = 1 << 3, Pse = 1 << 4, Pae = 1 << 5, Mce = 1 << 6, Pge = 1 << 7, Pce = 1 << 8,
        Osfxsr = 1 << 9, Osxmmexcpt = 1 << 10, Umip = 1 << 11, La57 = 1 << 12, Vmxe = 1 << 13, Smxe = 1 << 14, Fsgsbase = 1 << 16, Pcide = 1 << 17,
        Osxsave = 1 << 18, KeyLocker = 1 << 19, Smep = 1 << 20, Smap = 1 << 21, Pke = 1 << 22, Cet = 1 << 23, Pks = 1 << 24;
#pragma warning restore CS1591
}

/// <summary>Bits of IA32_EFER.</summary>
public static class Efer
{
#pragma warning disable CS1591 // the manual's own names
    public const ulong Sce = 1 << 0, Lme = 1 << 8, Lma = 1 << 10, Nxe = 1 << 11, Svme = 1 << 12;
#pragma warning restore CS1591
}

/// <summary>Fields of a segment's attributes as VMX lays them out (SDM 25.4.1): descriptor bits 40 to 47 and 52 to 55, and "unusable".</summary>
public static class SegmentAttribute
{
    /// <summary>The four type bits.</summary>
    public const uint Type = 0xF;
    /// <summary>Accessed (code and data).</summary>
    public const uint Accessed = 1 << 0;
    /// <summary>Writable data, or readable code.</summary>
    public const uint ReadWrite = 1 << 1;
    /// <summary>Expand-down data, or conforming code.</summary>
    public const uint DownOrConforming = 1 << 2;
    /// <summary>Code, not data.</summary>
    public const uint Code = 1 << 3;
    /// <summary>Code or data; clear for a system segment.</summary>
    public const uint CodeOrData = 1 << 4;
    /// <summary>Shift of the descriptor privilege level.</summary>
    public const int DplShift = 5;
    /// <summary>Present.</summary>
    public const uint Present = 1 << 7;
    /// <summary>Available to software.</summary>
    public const uint Available = 1 << 12;
    /// <summary>64-bit code.</summary>
    public const uint Long = 1 << 13;
    /// <summary>D/B: 32-bit code, stack or upper bound.</summary>
    public const uint Big = 1 << 14;
    /// <summary>Granularity: the descriptor's limit counts pages (the stored limit is already in bytes).</summary>
    public const uint Granularity = 1 << 15;
    /// <summary>The register holds no usable segment (a null selector was loaded).</summary>
    public const uint Unusable = 1 << 16;
}

/// <summary>What a processor does instead of executing (SDM 25.4.2).</summary>
public enum ActivityState : uint
{
    /// <summary>Executing.</summary>
    Active,
    /// <summary>Halted until an interrupt.</summary>
    Hlt,
    /// <summary>Shut down by a triple fault.</summary>
    Shutdown,
    /// <summary>Waiting for a startup IPI.</summary>
    WaitForSipi,
}

/// <summary>Bits of <see cref="CpuState.Interruptibility"/> (SDM table 25-3).</summary>
public static class InterruptibilityState
{
    /// <summary>The instruction after STI.</summary>
    public const uint BlockedBySti = 1 << 0;
    /// <summary>The instruction after MOV SS or POP SS.</summary>
    public const uint BlockedByMovSs = 1 << 1;
    /// <summary>From an SMI's delivery to RSM.</summary>
    public const uint BlockedBySmi = 1 << 2;
    /// <summary>From an NMI's delivery to IRET.</summary>
    public const uint BlockedByNmi = 1 << 3;
}

/// <summary>Vectors of the architectural exceptions (SDM table 6-1).</summary>
public static class Vector
{
#pragma warning disable CS1591 // the manual's own names
    public const byte De = 0, Db = 1, Nmi = 2, Bp = 3, Of = 4, Br = 5, Ud = 6, Nm = 7, Df = 8, Ts = 10, Np = 11, Ss = 12, Gp = 13, Pf = 14, Mf = 16,
        Ac = 17, Mc = 18, Xm = 19, Ve = 20, Cp = 21;
#pragma warning restore CS1591
}
