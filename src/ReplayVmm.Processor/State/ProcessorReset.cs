namespace ReplayVmm.Processor;

/// <summary>
/// State after power-up, RESET and INIT (SDM volume 3, table 10-1 and 10.1.4).
/// </summary>
public static unsafe class ProcessorReset
{
    private const ulong ResetCr0 = 0x60000010, InitialDr6 = 0xFFFF0FF0, InitialDr7 = 0x400, InitialPat = 0x0007040600070406;
    private const uint CodeAttributes = 0x9B, DataAttributes = 0x93, LdtAttributes = 0x82, TssAttributes = 0x8B;

    /// <summary>
    /// Power-up or RESET: all of the state, the first instruction at FFFFFFF0h. Time, retired count and A20 are the machine's and stay.
    /// </summary>
    /// <param name="s">The state.</param>
    /// <param name="signature">Family, model, stepping: what EDX holds after reset.</param>
    public static void Reset(ref CpuState s, uint signature = 0x00000F61)
    {
        (ulong retired, ulong line, ulong offset) = (s.Retired, s.AddressLine20, s.TscOffset);
        s = default;
        (s.Retired, s.AddressLine20, s.TscOffset) = (retired, line, offset);
        s.Cr0 = ResetCr0;
        s.Pat = InitialPat;
        s.Xcr0 = 1;
        s.Mxcsr = Mxcsr.Initial;
        Initialize(ref s, signature);
    }

    /// <summary>
    /// INIT: as <see cref="Reset"/>, but CR0.CD and CR0.NW, XCR0, floating-point and vector state, the time-stamp counter and the MSRs keep their values (EFER does not);
    /// the processor then runs from FFFFFFF0h, or waits for a startup IPI where the machine says so.
    /// </summary>
    public static void Init(ref CpuState s, uint signature = 0x00000F61)
    {
        CpuState old = s;
        s = default;
        KeepFloatingPoint(ref s, ref old);
        s.Cr0 = (old.Cr0 & (Cr0.Cd | Cr0.Nw)) | Cr0.Et;
        (s.Retired, s.AddressLine20, s.TscOffset, s.Xcr0, s.Pat) = (old.Retired, old.AddressLine20, old.TscOffset, old.Xcr0, old.Pat);
        (s.Star, s.Lstar, s.Cstar, s.Fmask, s.KernelGsBase) = (old.Star, old.Lstar, old.Cstar, old.Fmask, old.KernelGsBase);
        (s.SysenterCs, s.SysenterEsp, s.SysenterEip, s.TscAux) = (old.SysenterCs, old.SysenterEsp, old.SysenterEip, old.TscAux);
        Initialize(ref s, signature);
    }

    /// <summary>
    /// Startup IPI: real-address mode at page <paramref name="vector"/> (SDM volume 3, 8.4.4.1); activity becomes active.
    /// </summary>
    public static void Startup(ref CpuState s, byte vector)
    {
        s.SegmentSelector[(int)SegmentIndex.Cs] = (ushort)(vector << 8);
        s.SegmentBase[(int)SegmentIndex.Cs] = (ulong)vector << 12;
        s.Rip = 0;
        s.Activity = (uint)ActivityState.Active;
    }

    private static void KeepFloatingPoint(ref CpuState s, ref CpuState old)
    {
        (s.FpCodeSelector, s.FpDataSelector, s.FpInstruction, s.FpData) = (old.FpCodeSelector, old.FpDataSelector, old.FpInstruction, old.FpData);
        (s.FpControl, s.FpStatus, s.FpTags, s.FpOpcode) = (old.FpControl, old.FpStatus, old.FpTags, old.FpOpcode);
        (s.Mxcsr, s.Xss) = (old.Mxcsr, old.Xss);
        for (int n = 0; n < 8; n++)
            (s.FpSignificand[n], s.FpSignExponent[n]) = (old.FpSignificand[n], old.FpSignExponent[n]);
        for (int n = 0; n < 64; n++)
            s.Vector[n] = old.Vector[n];
    }

    private static void Initialize(ref CpuState s, uint signature)
    {
        s.Rip = 0xFFF0;
        s.Rflags = Rflags.Fixed1;
        s.Gpr[2] = signature;
        s.Dr6 = InitialDr6;
        s.Dr7 = InitialDr7;
        (s.GdtLimit, s.IdtLimit) = (0xFFFF, 0xFFFF);
        for (int n = 0; n < 8; n++)
        {
            s.SegmentLimit[n] = 0xFFFF;
            s.SegmentAttributes[n] = (SegmentIndex)n switch
            {
                SegmentIndex.Cs => CodeAttributes,
                SegmentIndex.Ldtr => LdtAttributes,
                SegmentIndex.Tr => TssAttributes,
                _ => DataAttributes,
            };
        }
        s.SegmentSelector[(int)SegmentIndex.Cs] = 0xF000;
        s.SegmentBase[(int)SegmentIndex.Cs] = 0xFFFF0000;
    }
}
