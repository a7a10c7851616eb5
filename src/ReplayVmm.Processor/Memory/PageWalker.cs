namespace ReplayVmm.Processor;

/// <summary>What an access asks of a translation.</summary>
[Flags]
internal enum AccessKind : uint
{
    /// <summary>A supervisor's load, allowed on user pages.</summary>
    None = 0,
    /// <summary>A store, or a load that the same instruction will store to.</summary>
    Write = 2,
    /// <summary>With user privilege: CPL 3 and not implicit.</summary>
    User = 4,
    /// <summary>An instruction fetch.</summary>
    Fetch = 16,
    /// <summary>User pages are forbidden to the supervisor's data accesses (SMAP).</summary>
    NoUserPages = 32,
}

/// <summary>
/// The page walk (SDM volume 3, chapter 4): 32-bit, PAE and 4-level paging. Checks all rights before it sets accessed and dirty flags.
/// </summary>
internal static unsafe class PageWalker
{
    private const ulong Present = 1, Writable = 2, User = 4, Accessed = 0x20, Dirty = 0x40, Large = 0x80, Global = 0x100, NoExecute = 1ul << 63;
    private const ulong AddressMask = TlbEntry.FrameMask;

    /// <summary>A walk's course: where each entry stood and what it was.</summary>
    private struct Walk
    {
        public fixed ulong Address[4];
        public fixed ulong Value[4];
        public int Depth;
        public bool Narrow;
        public ulong Piece;
    }

    /// <summary>Translates <paramref name="linear"/> into a TLB entry. False: a page fault or an exit is pending.</summary>
    public static bool Translate(Core* c, ulong linear, AccessKind kind, out TlbEntry entry)
    {
        ref CpuState s = ref c->State;
        entry = default;
        Walk walk = default;
        bool found = (s.Cr4 & Cr4.Pae) == 0 ? Descend32(c, linear, kind, ref walk)
            : (s.Efer & Efer.Lma) == 0 ? DescendPae(c, linear, kind, ref walk)
            : Descend(c, linear, kind, ref walk, s.Cr3 & AddressMask, 39);
        if (!found)
            return false;

        ulong all = ulong.MaxValue, any = 0;
        for (int level = 0; level < walk.Depth; level++)
            (all, any) = (all & walk.Value[level], any | walk.Value[level]);
        bool user = (all & User) != 0, writable = (all & Writable) != 0;
        bool executable = walk.Narrow || (s.Efer & Efer.Nxe) == 0 || (any & NoExecute) == 0;
        if (!Allows(ref s, kind, user, writable, executable))
            return Raise(c, linear, kind, 1);
        if (!MarkUsed(c, linear, kind, ref walk))
            return false;

        ulong leaf = walk.Value[walk.Depth - 1], within = PieceMask(walk.Piece);
        ulong frame = (FrameOf(leaf, ref walk) & ~within) | (linear & within & ~0xFFFul);
        bool global = (leaf & Global) != 0 && (s.Cr4 & Cr4.Pge) != 0;
        entry.Tag = TlbEntry.Valid | walk.Piece | (global ? TlbEntry.Global : 0) | (linear & TlbEntry.LinearMask) | Tlb.CurrentPcid(ref s);
        entry.Data = frame | (user ? TlbEntry.User : 0) | (writable ? TlbEntry.Writable : 0) | (executable ? TlbEntry.Executable : 0)
            | ((leaf & Dirty) != 0 || (kind & AccessKind.Write) != 0 ? TlbEntry.Dirty : 0);
        return true;
    }

    /// <summary>True where a page with these rights may be accessed so (SDM 4.6.1).</summary>
    public static bool Allows(ref CpuState s, AccessKind kind, bool user, bool writable, bool executable)
    {
        if ((kind & AccessKind.User) != 0)
        {
            return user && (writable || (kind & AccessKind.Write) == 0) && (executable || (kind & AccessKind.Fetch) == 0);
        }
        if ((kind & AccessKind.Fetch) != 0)
            return executable && !(user && (s.Cr4 & Cr4.Smep) != 0);
        if (user && (kind & AccessKind.NoUserPages) != 0)
            return false;
        return writable || (kind & AccessKind.Write) == 0 || (s.Cr0 & Cr0.Wp) == 0;
    }

    private static bool Descend32(Core* c, ulong linear, AccessKind kind, ref Walk walk)
    {
        walk.Narrow = true;
        ulong table = c->State.Cr3 & 0xFFFF_F000;
        if (!Enter(c, linear, kind, ref walk, table + ((linear >> 20) & 0xFFC), out ulong entry))
            return false;
        if ((entry & Large) != 0 && (c->State.Cr4 & Cr4.Pse) != 0)
        {
            walk.Piece = TlbEntry.Piece4M;
            // Bits 20 to 13 are address bits 39 to 32; those beyond the processor's width, and bit 21, are reserved.
            ulong high = ((entry >> 13) & 0xFF) << 32;
            bool reserved = (entry & (1 << 21)) != 0 || (high & ReservedAddress(c)) != 0;
            return !reserved || Raise(c, linear, kind, 9);
        }
        return Enter(c, linear, kind, ref walk, (entry & 0xFFFF_F000) + ((linear >> 10) & 0xFFC), out _);
    }

    private static bool DescendPae(Core* c, ulong linear, AccessKind kind, ref Walk walk)
    {
        ulong pointer = c->State.Pdpte[(linear >> 30) & 3];
        if ((pointer & Present) == 0)
            return Raise(c, linear, kind, 0);
        return Descend(c, linear, kind, ref walk, pointer & AddressMask, 21);
    }

    private static bool Descend(Core* c, ulong linear, AccessKind kind, ref Walk walk, ulong table, int shift)
    {
        bool pae = shift == 21;
        ulong reserved = ReservedAddress(c) | (pae ? 0x7FF0_0000_0000_0000ul : 0) | ((c->State.Efer & Efer.Nxe) == 0 ? NoExecute : 0);
        for (; ; shift -= 9)
        {
            if (!Enter(c, linear, kind, ref walk, table + ((linear >> shift) & 0x1FF) * 8, out ulong entry))
                return false;
            bool large = shift > 12 && (entry & Large) != 0;
            ulong bad = reserved;
            if (large)
                bad |= shift == 39 || (shift == 30 && !Interpreter.Of(c).HasGigabytePages) ? Large : ((1ul << shift) - 1) & ~0x1FFFul;
            if ((entry & bad) != 0)
                return Raise(c, linear, kind, 9);
            if (large || shift == 12)
            {
                walk.Piece = shift switch { 30 => TlbEntry.Piece1G, 21 => TlbEntry.Piece2M, _ => 0 };
                return true;
            }
            table = entry & AddressMask;
        }
    }

    /// <summary>Loads one entry of a table. False: not present, or an exit is pending.</summary>
    private static bool Enter(Core* c, ulong linear, AccessKind kind, ref Walk walk, ulong address, out ulong entry)
    {
        if (!PhysicalAccess.ReadTable(c, address, linear, walk.Narrow ? 4 : 8, out entry))
            return false;
        if ((entry & Present) == 0)
            return Raise(c, linear, kind, 0);
        walk.Address[walk.Depth] = address;
        walk.Value[walk.Depth++] = entry;
        return true;
    }

    private static bool MarkUsed(Core* c, ulong linear, AccessKind kind, ref Walk walk)
    {
        for (int level = 0; level < walk.Depth; level++)
        {
            bool dirties = level == walk.Depth - 1 && (kind & AccessKind.Write) != 0;
            ulong entry = walk.Value[level], marked = entry | Accessed | (dirties ? Dirty : 0);
            if (marked != entry && !PhysicalAccess.WriteTable(c, walk.Address[level], linear, walk.Narrow ? 4 : 8, marked))
                return false;
        }
        return true;
    }

    private static ulong FrameOf(ulong leaf, ref Walk walk) => walk.Piece == TlbEntry.Piece4M
        ? (leaf & 0xFFC0_0000) | (((leaf >> 13) & 0xFF) << 32)
        : leaf & (walk.Narrow ? 0xFFFF_F000 : AddressMask);

    private static ulong PieceMask(ulong piece) => piece switch
    {
        TlbEntry.Piece1G => (1ul << 30) - 1,
        TlbEntry.Piece4M => (1ul << 22) - 1,
        TlbEntry.Piece2M => (1ul << 21) - 1,
        _ => 0xFFF,
    };

    private static ulong ReservedAddress(Core* c) => AddressMask & ~((1ul << Interpreter.Of(c).PhysicalAddressBits) - 1);

    /// <summary>A page fault with its error code (SDM 4.7). Returns false.</summary>
    private static bool Raise(Core* c, ulong linear, AccessKind kind, uint cause)
    {
        ref CpuState s = ref c->State;
        bool showsFetch = (s.Cr4 & Cr4.Smep) != 0 || ((s.Cr4 & Cr4.Pae) != 0 && (s.Efer & Efer.Nxe) != 0);
        uint code = cause | (uint)(kind & (AccessKind.Write | AccessKind.User)) | (showsFetch ? (uint)(kind & AccessKind.Fetch) : 0);
        Tlb.ForgetAfterFault(c, linear);
        c->Pending = new Pending { Kind = PendingKind.Fault, Vector = Vector.Pf, HasErrorCode = true, ErrorCode = code, Address = linear };
        return false;
    }
}
