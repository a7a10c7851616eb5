namespace ReplayVmm.Processor;

/// <summary>
/// Putting control registers in force with all that hangs on them: EFER.LMA, translations, mode (SDM volume 3, 4.10.4.1).
/// </summary>
internal static unsafe class ControlRegisters
{
    private const ulong NoFlush = 1ul << 63;

    /// <summary>CR0. False: #GP(0) is pending and nothing has changed (PAE entries with reserved bits).</summary>
    public static bool TrySetCr0(Core* c, ulong value)
    {
        ref CpuState s = ref c->State;
        ulong changed = s.Cr0 ^ value;
        bool reload = ControlRegisterRules.IsPaePaging(value, s.Cr4, s.Efer) && (changed & (Cr0.Pg | Cr0.Cd | Cr0.Nw)) != 0;
        if (reload && !Translations.LoadPdptes(c, s.Cr3))
            return false;
        s.Cr0 = value;
        if ((changed & Cr0.Pg) != 0)
        {
            bool longMode = (value & Cr0.Pg) != 0 && (s.Efer & Efer.Lme) != 0;
            s.Efer = longMode ? s.Efer | Efer.Lma : s.Efer & ~Efer.Lma;
            Translations.FlushAll(c);
        }
        Translations.ModeChanged(c);
        return true;
    }

    /// <summary>CR3, bit 63 meaning "keep translations" where PCIDs are on. False: #GP(0) is pending and nothing has changed.</summary>
    public static bool TrySetCr3(Core* c, ulong value)
    {
        ref CpuState s = ref c->State;
        if (ControlRegisterRules.IsPaePaging(s.Cr0, s.Cr4, s.Efer) && !Translations.LoadPdptes(c, value))
            return false;
        bool pcids = (s.Cr4 & Cr4.Pcide) != 0, keep = pcids && (value & NoFlush) != 0;
        s.Cr3 = pcids ? value & ~NoFlush : value;
        if (!keep)
            Translations.FlushPcid(c, pcids ? (ushort)(value & 0xFFF) : (ushort)0);
        Translations.ModeChanged(c);
        return true;
    }

    /// <summary>CR4. False: #GP(0) is pending and nothing has changed.</summary>
    public static bool TrySetCr4(Core* c, ulong value)
    {
        ref CpuState s = ref c->State;
        ulong changed = s.Cr4 ^ value;
        if (ControlRegisterRules.ReloadsPdptes(s, value) && !Translations.LoadPdptes(c, s.Cr3))
            return false;
        s.Cr4 = value;
        if ((changed & (Cr4.Pae | Cr4.Pse | Cr4.Pge | Cr4.Smep)) != 0 || (changed & ~value & Cr4.Pcide) != 0)
            Translations.FlushAll(c);
        Translations.ModeChanged(c);
        return true;
    }
}
