namespace ReplayVmm.Processor;

/// <summary>
/// What values CR0, CR3, CR4 and CR8 may take (SDM volume 3, 2.5, 4.1 and 4.10): the one place, for the processor and for a hypervisor that
/// decides an exit.
/// A value that is not legal is #GP(0). Outside 64-bit mode the caller passes the low 32 bits of the source.
/// </summary>
public static unsafe class ControlRegisterRules
{
    private const ulong Cr0Defined = Cr0.Pe | Cr0.Mp | Cr0.Em | Cr0.Ts | Cr0.Et | Cr0.Ne | Cr0.Wp | Cr0.Am | Cr0.Nw | Cr0.Cd | Cr0.Pg;
    private const ulong NoFlush = 1ul << 63;

    /// <summary>
    /// The value that CR0 takes when <paramref name="value"/> is written: undefined bits below bit 32 are dropped, ET is 1.
    /// </summary>
    public static ulong EffectiveCr0(ulong value) => (value & (Cr0Defined | ~0xFFFFFFFFul)) | Cr0.Et;

    /// <summary>Whether CR0 may become <paramref name="value"/> (already <see cref="EffectiveCr0"/>), from the present state.</summary>
    public static bool IsLegalCr0(in CpuState s, ulong value)
    {
        if (value >> 32 != 0 || (value & (Cr0.Pg | Cr0.Pe)) == Cr0.Pg || (value & (Cr0.Nw | Cr0.Cd)) == Cr0.Nw)
            return false;
        bool paging = (value & Cr0.Pg) != 0, was = (s.Cr0 & Cr0.Pg) != 0;
        bool longCode = (s.SegmentAttributes[(int)SegmentIndex.Cs] & SegmentAttribute.Long) != 0;
        if (paging && !was && (s.Efer & Efer.Lme) != 0)
        {
            uint tr = s.SegmentAttributes[(int)SegmentIndex.Tr];
            bool narrowTask = (tr & SegmentAttribute.Unusable) == 0 && (tr & 8) == 0;
            return (s.Cr4 & Cr4.Pae) != 0 && !longCode && !narrowTask;
        }
        if (!paging && was && ((s.Cr4 & Cr4.Pcide) != 0 || ((s.Efer & Efer.Lma) != 0 && longCode)))
            return false;
        return (value & Cr0.Wp) != 0 || (s.Cr4 & Cr4.Cet) == 0;
    }

    /// <summary>
    /// Whether CR3 may become <paramref name="value"/>: no bit at or above the model's physical address width, bit 63 ("keep translations")
    /// aside where PCIDs are
    /// on. PAE paging checks its four entries besides, when it loads them.
    /// </summary>
    public static bool IsLegalCr3(in CpuState s, CpuModel model, ulong value)
    {
        if ((s.Cr4 & Cr4.Pcide) != 0)
            value &= ~NoFlush;
        return value >> model.PhysicalAddressBits == 0;
    }

    /// <summary>Whether CR4 may become <paramref name="value"/>, from the present state.</summary>
    public static bool IsLegalCr4(in CpuState s, CpuModel model, ulong value)
    {
        if ((value & ~model.Cr4Bits) != 0)
            return false;
        bool longMode = (s.Efer & Efer.Lma) != 0;
        if (longMode && (value & Cr4.Pae) == 0)
            return false;
        if (longMode && ((value ^ s.Cr4) & Cr4.La57) != 0)
            return false;
        if ((value & Cr4.Cet) != 0 && (s.Cr0 & Cr0.Wp) == 0)
            return false;
        bool startsPcids = (value & ~s.Cr4 & Cr4.Pcide) != 0;
        return !startsPcids || (longMode && (s.Cr3 & 0xFFF) == 0);
    }

    /// <summary>Whether CR8 may become <paramref name="value"/>: 0 to 15.</summary>
    public static bool IsLegalCr8(ulong value) => value <= 15;

    /// <summary>Whether a MOV to CR4 makes PAE paging load its four entries again (SDM volume 3, 4.4.1).</summary>
    public static bool ReloadsPdptes(in CpuState s, ulong newCr4) =>
        IsPaePaging(s.Cr0, newCr4, s.Efer) && ((newCr4 ^ s.Cr4) & (Cr4.Pae | Cr4.Pge | Cr4.Pse | Cr4.Smep)) != 0;

    /// <summary>PAE paging: PG and CR4.PAE without IA-32e mode.</summary>
    public static bool IsPaePaging(ulong cr0, ulong cr4, ulong efer) =>
        (cr0 & Cr0.Pg) != 0 && (cr4 & Cr4.Pae) != 0 && (efer & Efer.Lme) == 0;
}
