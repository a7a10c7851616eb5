namespace ReplayVmm.Processor;

/// <summary>What instructions may ask of the TLB and of the mode; the handler returns <see cref="Outcome.Serialize"/> after any of these.</summary>
internal static unsafe class Translations
{
    private const uint FlatData = SegmentAttribute.Present | SegmentAttribute.CodeOrData | SegmentAttribute.ReadWrite;

    /// <summary>Forgets every translation, global ones too (CR0.PG, CR4.PAE/PSE/PGE/SMEP changes, INVPCID 2).</summary>
    public static void FlushAll(Core* c)
    {
        Tlb.Clear(c);
        ModeChanged(c);
    }

    /// <summary>Forgets the non-global translations of every PCID (INVPCID 3).</summary>
    public static void FlushNonGlobal(Core* c)
    {
        Tlb.ClearNonGlobal(c, null);
        ModeChanged(c);
    }

    /// <summary>Forgets the non-global translations of <paramref name="pcid"/> (MOV to CR3 without the keep bit, INVPCID 1).</summary>
    public static void FlushPcid(Core* c, ushort pcid)
    {
        Tlb.ClearNonGlobal(c, pcid);
        ModeChanged(c);
    }

    /// <summary>Forgets the page of <paramref name="linear"/> in <paramref name="pcid"/>, and global ones (INVLPG; INVPCID 0 keeps global ones).</summary>
    public static void FlushPage(Core* c, ulong linear, ushort pcid, bool global) => Tlb.ClearPage(c, linear, pcid, global);

    /// <summary>
    /// Something that decides decode or access rights changed (CS, SS, flatness of DS/ES, CPL, EFER.LMA, CR0.PE/WP/AM, CR3, CR4.SMAP, RFLAGS.AC/VM, DR7, A20): the mode
    /// key and the fast-translation table are chosen anew. TLB entries stay.
    /// </summary>
    public static void ModeChanged(Core* c)
    {
        ref CpuState s = ref c->State;
        uint cs = s.SegmentAttributes[(int)SegmentIndex.Cs];
        bool is64 = (s.Efer & Efer.Lma) != 0 && (cs & SegmentAttribute.Long) != 0;
        int code = is64 ? 2 : (cs & SegmentAttribute.Big) != 0 ? 1 : OperatingMode.IsRealOrVirtual8086(c) ? 3 : 0;
        int stack = is64 ? 2 : (s.SegmentAttributes[(int)SegmentIndex.Ss] & SegmentAttribute.Big) != 0 ? 1 : 0;
        bool flat = !is64 && IsFlat(ref s), user = s.Cpl == 3;
        c->Mode = new ModeKey((byte)(code | (stack << 2) | (flat ? 16 : 0) | (user ? 32 : 0)));
        c->JumpTag = (c->JumpTag & (ulong.MaxValue << JumpEntry.GenerationShift)) | ((ulong)c->Mode.Bits << JumpEntry.ModeShift);
        c->CodeBase = is64 ? 0 : s.SegmentBase[(int)SegmentIndex.Cs];
        c->CodeMask = is64 ? ulong.MaxValue : uint.MaxValue;
        c->CodeLimited = !is64 && s.SegmentLimit[(int)SegmentIndex.Cs] != uint.MaxValue;

        bool smap = (s.Cr4 & Cr4.Smap) != 0, ac = (s.Rflags & Rflags.Ac) != 0;
        c->AlignmentChecked = user && ac && (s.Cr0 & Cr0.Am) != 0;
        FastTable table = c->AlignmentChecked ? FastTable.Never : user ? FastTable.User : smap && !ac ? FastTable.SupervisorOnly : FastTable.Supervisor;
        c->Fast = c->Tables + ((int)table * FastTranslation.Count);
        c->SystemFast = c->Tables + ((int)(smap ? FastTable.SupervisorOnly : FastTable.Supervisor) * FastTranslation.Count);

        bool wasDebugging = c->Debugging;
        c->Debugging = Breakpoints.AnyEnabled(ref s);
        ulong key = Tlb.CurrentPcid(ref s) | (s.Cr0 & (Cr0.Wp | Cr0.Pg)) | (s.AddressLine20 << 32);
        if (key != c->DerivedKey || c->Debugging || wasDebugging)
            Tlb.DropDerived(c);
        c->DerivedKey = key;
    }

    /// <summary>Loads the four PAE page-directory-pointer entries from <paramref name="cr3"/>; false: #GP(0) is pending (reserved bits).</summary>
    public static bool LoadPdptes(Core* c, ulong cr3)
    {
        ulong* entries = stackalloc ulong[4];
        ulong reserved = 0x1E6 | (ulong.MaxValue << Interpreter.Of(c).PhysicalAddressBits);
        for (int n = 0; n < 4; n++)
        {
            if (!PhysicalAccess.ReadTable(c, (cr3 & 0xFFFF_FFE0) + ((uint)n * 8), 0, 8, out entries[n]))
                return false;
            if ((entries[n] & 1) != 0 && (entries[n] & reserved) != 0)
            {
                Fault.GeneralProtection(c);
                return false;
            }
        }
        for (int n = 0; n < 4; n++)
            c->State.Pdpte[n] = entries[n];
        return true;
    }

    private static bool IsFlat(ref CpuState s)
    {
        const uint never = SegmentAttribute.Unusable;
        uint cs = s.SegmentAttributes[(int)SegmentIndex.Cs];
        if ((cs & never) != 0 || s.SegmentLimit[(int)SegmentIndex.Cs] != uint.MaxValue)
            return false;
        return IsFlatData(ref s, SegmentIndex.Ss) && IsFlatData(ref s, SegmentIndex.Ds) && IsFlatData(ref s, SegmentIndex.Es);
    }

    private static bool IsFlatData(ref CpuState s, SegmentIndex index)
    {
        const uint looked = FlatData | SegmentAttribute.Code | SegmentAttribute.DownOrConforming | SegmentAttribute.Unusable;
        return (s.SegmentAttributes[(int)index] & looked) == FlatData && s.SegmentLimit[(int)index] == uint.MaxValue;
    }
}
