namespace ReplayVmm.Processor;

/// <summary>
/// The MSRs whose values the processor itself works with (SDM volume 4; volume 3, 5.8.7, 11.12.4, 17.17): which exist in a model, what they
/// may hold, and how a
/// value is put in force. For the processor's own RDMSR and WRMSR and for a hypervisor that decides an exit; other MSRs are the
/// hypervisor's alone.
/// </summary>
public static unsafe class ModelSpecificRegisters
{
    private const ulong DebugControlBits = 3;

    /// <summary>True where MSR <paramref name="index"/> is one of these and <paramref name="model"/> shows it.</summary>
    public static bool Exists(CpuModel model, uint index) => index switch
    {
        MsrIndex.TimeStampCounter => model.Has(CpuFeature.Tsc),
        MsrIndex.SysenterCs or MsrIndex.SysenterEsp or MsrIndex.SysenterEip => model.Has(CpuFeature.Sep),
        MsrIndex.DebugCtl => true,
        MsrIndex.Pat => model.Has(CpuFeature.Pat),
        MsrIndex.Xss => model.Has(CpuFeature.Xsaves),
        MsrIndex.Efer => model.Has(CpuFeature.LongMode) || model.Has(CpuFeature.Nx) || model.Has(CpuFeature.Syscall),
        MsrIndex.Star => model.Has(CpuFeature.Syscall),
        MsrIndex.Lstar or MsrIndex.Cstar or MsrIndex.Fmask => model.Has(CpuFeature.Syscall) && model.Has(CpuFeature.LongMode),
        MsrIndex.FsBase or MsrIndex.GsBase or MsrIndex.KernelGsBase => model.Has(CpuFeature.LongMode),
        MsrIndex.TscAux => model.Has(CpuFeature.Rdtscp) || model.Has(CpuFeature.Rdpid),
        _ => false,
    };

    /// <summary>Reads an MSR.</summary>
    /// <param name="s">The state.</param>
    /// <param name="model">The CPU model.</param>
    /// <param name="index">ECX of RDMSR.</param>
    /// <param name="time">Virtual time in units of the time-stamp counter.</param>
    /// <param name="value">The value.</param>
    /// <returns>False where it does not exist here (#GP(0), or the hypervisor's).</returns>
    public static bool TryRead(in CpuState s, CpuModel model, uint index, ulong time, out ulong value)
    {
        value = index switch
        {
            MsrIndex.TimeStampCounter => time + s.TscOffset,
            MsrIndex.SysenterCs => s.SysenterCs,
            MsrIndex.SysenterEsp => s.SysenterEsp,
            MsrIndex.SysenterEip => s.SysenterEip,
            MsrIndex.DebugCtl => s.DebugControl,
            MsrIndex.Pat => s.Pat,
            MsrIndex.Xss => s.Xss,
            MsrIndex.Efer => s.Efer,
            MsrIndex.Star => s.Star,
            MsrIndex.Lstar => s.Lstar,
            MsrIndex.Cstar => s.Cstar,
            MsrIndex.Fmask => s.Fmask,
            MsrIndex.FsBase => s.SegmentBase[(int)SegmentIndex.Fs],
            MsrIndex.GsBase => s.SegmentBase[(int)SegmentIndex.Gs],
            MsrIndex.KernelGsBase => s.KernelGsBase,
            MsrIndex.TscAux => s.TscAux,
            _ => 0,
        };
        return Exists(model, index);
    }

    /// <summary>
    /// Whether WRMSR may write <paramref name="value"/>; otherwise #GP(0): the MSR does not exist here, reserved bits, an address that is
    /// not canonical, a memory type
    /// that is none, EFER.LME changed while paging is on.
    /// </summary>
    public static bool IsLegal(in CpuState s, CpuModel model, uint index, ulong value)
    {
        if (!Exists(model, index))
            return false;
        switch (index)
        {
            case MsrIndex.Efer:
                ulong known = Efer.Lma | (model.Has(CpuFeature.Syscall) ? Efer.Sce : 0) | (model.Has(CpuFeature.LongMode) ? Efer.Lme : 0)
                    | (model.Has(CpuFeature.Nx) ? Efer.Nxe : 0) | (model.Has(CpuFeature.Svm) ? Efer.Svme : 0);
                bool switches = ((value ^ s.Efer) & Efer.Lme) != 0 && (s.Cr0 & Cr0.Pg) != 0;
                return (value & ~known) == 0 && !switches;
            case MsrIndex.Lstar or MsrIndex.Cstar or MsrIndex.FsBase or MsrIndex.GsBase or MsrIndex.KernelGsBase
                or MsrIndex.SysenterEsp or MsrIndex.SysenterEip:
                return OperatingMode.IsCanonical(value);
            case MsrIndex.Fmask or MsrIndex.TscAux:
                return value >> 32 == 0;
            case MsrIndex.DebugCtl:
                return (value & ~DebugControlBits) == 0;
            case MsrIndex.Xss:
                // No supervisor state here that XSAVES could save.
                return value == 0;
            case MsrIndex.Pat:
                return IsPat(value);
            default:
                return true;
        }
    }

    /// <summary>
    /// Puts a value in force. A value the processor does not hold is ignored: that MSR is the hypervisor's. EFER.LMA stays as it is. After
    /// a change of EFER outside an
    /// instruction call <see cref="IVirtualProcessor.StateChanged"/>.
    /// </summary>
    public static void Put(ref CpuState s, uint index, ulong value, ulong time)
    {
        switch (index)
        {
            case MsrIndex.TimeStampCounter: s.TscOffset = value - time; break;
            case MsrIndex.SysenterCs: s.SysenterCs = value; break;
            case MsrIndex.SysenterEsp: s.SysenterEsp = value; break;
            case MsrIndex.SysenterEip: s.SysenterEip = value; break;
            case MsrIndex.DebugCtl: s.DebugControl = value; break;
            case MsrIndex.Pat: s.Pat = value; break;
            case MsrIndex.Xss: s.Xss = value; break;
            case MsrIndex.Efer: s.Efer = (value & ~Efer.Lma) | (s.Efer & Efer.Lma); break;
            case MsrIndex.Star: s.Star = value; break;
            case MsrIndex.Lstar: s.Lstar = value; break;
            case MsrIndex.Cstar: s.Cstar = value; break;
            case MsrIndex.Fmask: s.Fmask = value; break;
            case MsrIndex.FsBase: s.SegmentBase[(int)SegmentIndex.Fs] = value; break;
            case MsrIndex.GsBase: s.SegmentBase[(int)SegmentIndex.Gs] = value; break;
            case MsrIndex.KernelGsBase: s.KernelGsBase = value; break;
            case MsrIndex.TscAux: s.TscAux = value; break;
        }
    }

    /// <summary>
    /// True where writes are too many for the log and are derived on demand by running again: the FS and GS bases.
    /// </summary>
    public static bool IsUnrecorded(uint index) => index is MsrIndex.FsBase or MsrIndex.GsBase or MsrIndex.KernelGsBase;

    /// <summary>Each of the eight entries is UC, WC, WT, WP, WB or UC-.</summary>
    private static bool IsPat(ulong value)
    {
        for (int n = 0; n < 64; n += 8)
        {
            if (((value >> n) & 0xFF) is 2 or 3 or > 7)
                return false;
        }
        return true;
    }
}
