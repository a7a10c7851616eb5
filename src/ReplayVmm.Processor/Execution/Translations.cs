namespace ReplayVmm.Processor;

/// <summary>What instructions may ask of the TLB and of the mode; the handler returns <see cref="Outcome.Serialize"/> after any of these.</summary>
internal static unsafe class Translations
{
    /// <summary>Forgets every translation, global ones too (CR0.PG, CR4.PAE/PSE/PGE/SMEP changes, INVPCID 2).</summary>
    public static void FlushAll(Core* c) => throw new NotSupportedException();
    /// <summary>Forgets the non-global translations of every PCID (INVPCID 3).</summary>
    public static void FlushNonGlobal(Core* c) => throw new NotSupportedException();
    /// <summary>Forgets the non-global translations of <paramref name="pcid"/> (MOV to CR3 without the keep bit, INVPCID 1).</summary>
    public static void FlushPcid(Core* c, ushort pcid) => throw new NotSupportedException();
    /// <summary>Forgets the page of <paramref name="linear"/> in <paramref name="pcid"/>, and global ones (INVLPG; INVPCID 0 keeps global ones).</summary>
    public static void FlushPage(Core* c, ulong linear, ushort pcid, bool global) => throw new NotSupportedException();
    /// <summary>
    /// Something that decides decode or access rights changed (CS, SS, flatness of DS/ES, CPL, EFER.LMA, CR0.PE/WP/AM, CR4.SMAP, RFLAGS.AC/VM, DR7, A20): the mode
    /// key and the fast-translation table are chosen anew. TLB entries stay.
    /// </summary>
    public static void ModeChanged(Core* c) => throw new NotSupportedException();
    /// <summary>Loads the four PAE page-directory-pointer entries from <paramref name="cr3"/>; false: #GP(0) is pending (reserved bits).</summary>
    public static bool LoadPdptes(Core* c, ulong cr3) => throw new NotSupportedException();
}
