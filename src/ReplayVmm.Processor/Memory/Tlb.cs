namespace ReplayVmm.Processor;

/// <summary>
/// Lookup and invalidation of the TLBs, and of all that is derived from them. Fast translations and jump entries hold only what a TLB holds, and go with it: so a
/// processor that starts from saved state with all of them empty behaves as the one that was saved.
/// </summary>
// SAFETY: indices come from masked page numbers; all tables belong to the core.
internal static unsafe class Tlb
{
    /// <summary>The PCID in force; 0 where PCIDs are off.</summary>
    public static ulong CurrentPcid(ref CpuState s) => (s.Cr4 & Cr4.Pcide) != 0 ? s.Cr3 & 0xFFF : 0;

    /// <summary>Puts an entry in place of what stood there.</summary>
    public static void Fill(Core* c, TlbEntry* place, TlbEntry entry, ulong linear, bool code)
    {
        if (code)
            DropJumps(c, linear);
        else
            DropFast(c, linear);
        *place = entry;
        if ((entry.Tag & TlbEntry.Pieces) != 0)
            c->Translation->HasPieces = 1;
    }

    /// <summary>Forgets everything.</summary>
    public static void Clear(Core* c)
    {
        new Span<ulong>(c->Translation->Data, TranslationMemory.DataCount * 2).Clear();
        new Span<ulong>(c->Translation->Code, TranslationMemory.CodeCount * 2).Clear();
        c->Translation->HasPieces = 0;
        DropDerived(c);
    }

    /// <summary>Forgets non-global entries of <paramref name="pcid"/>, or of every PCID.</summary>
    public static void ClearNonGlobal(Core* c, ulong? pcid)
    {
        ClearNonGlobal((TlbEntry*)c->Translation->Data, TranslationMemory.DataCount, pcid);
        ClearNonGlobal((TlbEntry*)c->Translation->Code, TranslationMemory.CodeCount, pcid);
        DropDerived(c);
    }

    /// <summary>Forgets the page that holds <paramref name="linear"/>, at its full size, of <paramref name="pcid"/> and, where asked, global.</summary>
    public static void ClearPage(Core* c, ulong linear, ulong pcid, bool global)
    {
        if (c->Translation->HasPieces != 0)
        {
            ClearPieces(c, (TlbEntry*)c->Translation->Data, TranslationMemory.DataCount, linear, pcid, global, code: false);
            ClearPieces(c, (TlbEntry*)c->Translation->Code, TranslationMemory.CodeCount, linear, pcid, global, code: true);
            return;
        }
        ClearOne(c, TranslationMemory.DataEntry(c->Translation, linear), linear, pcid, global, code: false);
        ClearOne(c, TranslationMemory.CodeEntry(c->Translation, linear), linear, pcid, global, code: true);
    }

    /// <summary>A page fault invalidates what the TLB held for its address (SDM 4.10.4.1).</summary>
    public static void ForgetAfterFault(Core* c, ulong linear)
    {
        ulong pcid = CurrentPcid(ref c->State);
        ClearOne(c, TranslationMemory.DataEntry(c->Translation, linear), linear, pcid, global: true, code: false);
        ClearOne(c, TranslationMemory.CodeEntry(c->Translation, linear), linear, pcid, global: true, code: true);
    }

    /// <summary>Drops all fast translations and jump entries; the TLB stays.</summary>
    public static void DropDerived(Core* c)
    {
        DropFast(c);
        DropJumps(c);
    }

    /// <summary>Drops all fast translations.</summary>
    public static void DropFast(Core* c)
    {
        int filled = c->FilledCount;
        c->FilledCount = 0;
        for (int n = 0; filled < Core.FilledCapacity && n < filled; n++)
            Reset(c->Tables + c->Filled[n]);
        if (filled < Core.FilledCapacity)
            return;
        FastTranslation* end = c->Tables + ((int)FastTable.Never * FastTranslation.Count);
        for (FastTranslation* e = c->Tables; e < end; e++)
            Reset(e);
    }

    /// <summary>Drops all jump entries: a new generation matches none of them.</summary>
    public static void DropJumps(Core* c)
    {
        c->JumpTag += 1ul << JumpEntry.GenerationShift;
        if (c->JumpTag >> JumpEntry.GenerationShift == 0)
            new Span<JumpEntry>(c->Jumps, JumpEntry.Count).Fill(new JumpEntry { Tag = ulong.MaxValue });
    }

    /// <summary>Makes a fast translation that never hits.</summary>
    public static void Reset(FastTranslation* e) =>
        (e->ReadTag, e->WriteTag, e->CodeWriteTag) = (FastTranslation.Invalid, FastTranslation.Invalid, FastTranslation.Invalid);

    private static void DropFast(Core* c, ulong linear)
    {
        FastTranslation* e = c->Tables + ((linear >> 12) & (FastTranslation.Count - 1));
        for (int table = 0; table < (int)FastTable.Never; table++)
            Reset(e + (table * FastTranslation.Count));
    }

    private static void DropJumps(Core* c, ulong linear)
    {
        JumpEntry* e = c->Jumps + (((linear >> 12) & (TranslationMemory.CodeCount - 1)) * JumpEntry.EachPage);
        for (int n = 0; n < JumpEntry.EachPage; n++)
            e[n].Tag = ulong.MaxValue;
    }

    private static void ClearNonGlobal(TlbEntry* entries, int count, ulong? pcid)
    {
        for (TlbEntry* e = entries; e < entries + count; e++)
        {
            if ((e->Tag & TlbEntry.Global) == 0 && (pcid == null || (e->Tag & TlbEntry.PcidMask) == pcid))
                *e = default;
        }
    }

    private static void ClearPieces(Core* c, TlbEntry* entries, int count, ulong linear, ulong pcid, bool global, bool code)
    {
        for (TlbEntry* e = entries; e < entries + count; e++)
        {
            if ((long)e->Tag < 0 && e->Covers(linear))
                ClearOne(c, e, e->Tag & TlbEntry.LinearMask, pcid, global, code);
        }
    }

    private static void ClearOne(Core* c, TlbEntry* e, ulong linear, ulong pcid, bool global, bool code)
    {
        bool isGlobal = (e->Tag & TlbEntry.Global) != 0;
        if (!e->Matches(linear, pcid) || (isGlobal && !global))
            return;
        *e = default;
        if (code)
            DropJumps(c, linear);
        else
            DropFast(c, linear);
    }
}
