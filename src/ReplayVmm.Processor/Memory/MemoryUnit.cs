using System.Runtime.CompilerServices;

namespace ReplayVmm.Processor;

/// <summary>The slow half of memory access: TLB, page walk, page crossing, second-level mapping, devices, code pages, breakpoints.</summary>
// SAFETY: every access is cut at page boundaries before it reaches host memory.
internal static unsafe class MemoryUnit
{
    private const ulong PageMask = ~0xFFFul;

    /// <summary>Loads with the privilege of the running program.</summary>
    [SkipLocalsInit]
    public static bool Read<T>(Core* c, ulong linear, out T value) where T : unmanaged
    {
        T loaded;
        bool done = ReadProgram(c, linear, (byte*)&loaded, sizeof(T), AccessKind.None);
        value = done ? loaded : default;
        return done;
    }

    /// <summary>Loads what the same instruction will store to.</summary>
    [SkipLocalsInit]
    public static bool ReadForWrite<T>(Core* c, ulong linear, out T value) where T : unmanaged
    {
        T loaded;
        bool done = ReadProgram(c, linear, (byte*)&loaded, sizeof(T), AccessKind.Write);
        value = done ? loaded : default;
        return done;
    }

    /// <summary>Stores with the privilege of the running program.</summary>
    public static bool Write<T>(Core* c, ulong linear, T value) where T : unmanaged
    {
        FastTranslation* e = c->Fast + ((linear >> 12) & (FastTranslation.Count - 1));
        if (e->CodeWriteTag == ((linear + ((uint)sizeof(T) - 1)) & PageMask))
        {
            byte* host = (byte*)linear + e->Host;
            Unsafe.WriteUnaligned(host, value);
            if (Interpreter.Of(c).Memory.Blocks.Written(host, sizeof(T)))
                e->WriteTag = e->CodeWriteTag;
            return true;
        }
        if (c->AlignmentChecked && !IsAligned(c, linear, sizeof(T)))
            return false;
        if (c->Debugging)
            Breakpoints.Access(c, linear, sizeof(T), write: true);
        return WriteBytes(c, c->Fast, linear, (byte*)&value, sizeof(T));
    }

    /// <summary>Loads as the processor itself does (descriptor tables, TSS): supervisor privilege whatever the CPL.</summary>
    [SkipLocalsInit]
    public static bool ReadSystem<T>(Core* c, ulong linear, out T value) where T : unmanaged
    {
        FastTranslation* e = c->SystemFast + ((linear >> 12) & (FastTranslation.Count - 1));
        if (e->ReadTag == ((linear + ((uint)sizeof(T) - 1)) & PageMask))
        {
            value = Unsafe.ReadUnaligned<T>((byte*)linear + e->Host);
            return true;
        }
        T loaded;
        bool done = ReadBytes(c, c->SystemFast, linear, (byte*)&loaded, sizeof(T), AccessKind.None);
        value = done ? loaded : default;
        return done;
    }

    /// <summary>Stores as the processor itself does.</summary>
    public static bool WriteSystem<T>(Core* c, ulong linear, T value) where T : unmanaged =>
        WriteBytes(c, c->SystemFast, linear, (byte*)&value, sizeof(T));

    /// <summary>Checks that an access would succeed (stack switches, ENTER, before anything is changed); fills translations as the access would.</summary>
    public static bool Probe(Core* c, ulong linear, int size, bool write) =>
        (!c->AlignmentChecked || IsAligned(c, linear, size)) && Probe(c, c->Fast, linear, size, write);

    /// <summary>As <see cref="Probe(Core*, ulong, int, bool)"/>, for an access with <see cref="ReadSystem"/> or <see cref="WriteSystem"/>.</summary>
    public static bool ProbeSystem(Core* c, ulong linear, int size, bool write) => Probe(c, c->SystemFast, linear, size, write);

    /// <summary>Translates a linear address for an instruction fetch.</summary>
    public static bool TranslateFetch(Core* c, ulong linear, out ulong physical) =>
        Translate(c, linear, AccessKind.Fetch | (c->Mode.User ? AccessKind.User : 0), out physical);

    private static bool Probe(Core* c, FastTranslation* table, ulong linear, int size, bool write)
    {
        AccessKind kind = KindOf(c, table) | (write ? AccessKind.Write : 0);
        int first = FirstPart(linear, size);
        if (first < size && !IsCanonical(c, Cut(c, linear + (uint)first)))
            return false;
        return Translate(c, Cut(c, linear), kind, out _) && (first >= size || Translate(c, Cut(c, linear + (uint)first), kind, out _));
    }

    private static bool ReadProgram(Core* c, ulong linear, byte* destination, int size, AccessKind write)
    {
        if (c->AlignmentChecked && !IsAligned(c, linear, size))
            return false;
        if (c->Debugging)
            Breakpoints.Access(c, linear, size, write: false);
        return ReadBytes(c, c->Fast, linear, destination, size, write);
    }

    private static bool ReadBytes(Core* c, FastTranslation* table, ulong linear, byte* destination, int size, AccessKind write)
    {
        AccessKind kind = KindOf(c, table) | write;
        int first = FirstPart(linear, size);
        linear = Cut(c, linear);
        // All of an operand must be canonical before any of its pages is looked at.
        if ((first < size && !IsCanonical(c, Cut(c, linear + (uint)first))) || !Translate(c, linear, kind, out ulong physical))
            return false;
        if (first >= size)
        {
            FillFast(c, table, linear, physical, write != 0);
            return PhysicalAccess.Read(c, physical, linear, destination, size);
        }
        ulong next = Cut(c, linear + (uint)first);
        return Translate(c, next, kind, out ulong nextPhysical)
            && PhysicalAccess.Read(c, physical, linear, destination, first)
            && PhysicalAccess.Read(c, nextPhysical, next, destination + first, size - first);
    }

    private static bool WriteBytes(Core* c, FastTranslation* table, ulong linear, byte* source, int size)
    {
        AccessKind kind = KindOf(c, table) | AccessKind.Write;
        int first = FirstPart(linear, size);
        linear = Cut(c, linear);
        // All of an operand must be canonical before any of its pages is looked at.
        if ((first < size && !IsCanonical(c, Cut(c, linear + (uint)first))) || !Translate(c, linear, kind, out ulong physical))
            return false;
        if (first >= size)
        {
            FillFast(c, table, linear, physical, write: true);
            return PhysicalAccess.Write(c, physical, linear, source, size);
        }
        ulong next = Cut(c, linear + (uint)first);
        if (!Translate(c, next, kind, out ulong nextPhysical))
            return false;
        // The part that may still exit goes first, so that memory is not half changed when it does.
        if (PhysicalAccess.StoreExits(c, nextPhysical) && !PhysicalAccess.StoreExits(c, physical))
        {
            return PhysicalAccess.Write(c, nextPhysical, next, source + first, size - first)
                && PhysicalAccess.Write(c, physical, linear, source, first);
        }
        return PhysicalAccess.Write(c, physical, linear, source, first)
            && PhysicalAccess.Write(c, nextPhysical, next, source + first, size - first);
    }

    private static bool Translate(Core* c, ulong linear, AccessKind kind, out ulong physical)
    {
        ref CpuState s = ref c->State;
        physical = 0;
        if (!IsCanonical(c, linear))
            return false;
        if ((s.Cr0 & Cr0.Pg) == 0)
        {
            physical = PhysicalAccess.Masked(c, linear);
            return true;
        }
        bool code = (kind & AccessKind.Fetch) != 0;
        TlbEntry* place = code ? TranslationMemory.CodeEntry(c->Translation, linear) : TranslationMemory.DataEntry(c->Translation, linear);
        bool hit = place->Matches(linear, Tlb.CurrentPcid(ref s)) && Allowed(ref s, place->Data, kind);
        if (!hit)
        {
            if (!PageWalker.Translate(c, linear, kind, out TlbEntry entry))
                return false;
            Tlb.Fill(c, place, entry, linear, code);
        }
        physical = PhysicalAccess.Masked(c, (place->Data & TlbEntry.FrameMask) | (linear & ~PageMask));
        return true;
    }

    /// <summary>False: #GP(0), or #SS(0) where the stack was meant, is pending.</summary>
    private static bool IsCanonical(Core* c, ulong linear)
    {
        if ((c->State.Efer & Efer.Lma) == 0 || (ulong)((long)(linear << 16) >> 16) == linear)
            return true;
        c->Pending = new Pending { Kind = PendingKind.Fault, Vector = Vector.Gp, HasErrorCode = true, NonCanonical = true };
        return false;
    }

    /// <summary>True where an entry alone allows the access; a first store to a clean page has to walk for its dirty flag.</summary>
    private static bool Allowed(ref CpuState s, ulong data, AccessKind kind)
    {
        if ((kind & AccessKind.Write) != 0 && (data & TlbEntry.Dirty) == 0)
            return false;
        return PageWalker.Allows(
            ref s, kind, (data & TlbEntry.User) != 0, (data & TlbEntry.Writable) != 0, (data & TlbEntry.Executable) != 0);
    }

    /// <summary>Makes the next access of this kind fast, where nothing needs to see it.</summary>
    private static void FillFast(Core* c, FastTranslation* table, ulong linear, ulong physical, bool write)
    {
        if (IndexOf(c, table) == FastTable.Never || (c->Debugging && Breakpoints.WatchPage(c, linear)))
            return;
        PhysicalMemory memory = Interpreter.Of(c).Memory;
        byte* page = memory.Find(physical, out MappingRights rights);
        if (page == null)
            return;
        ulong tag = linear & PageMask;
        FastTranslation* e = table + ((linear >> 12) & (FastTranslation.Count - 1));
        if (e->ReadTag != tag)
        {
            Tlb.Reset(e);
            if (c->FilledCount < Core.FilledCapacity)
                c->Filled[c->FilledCount++] = (ushort)(e - c->Tables);
        }
        e->Host = (long)page - (long)tag;
        e->ReadTag = tag;
        if (!write || (rights & MappingRights.Write) == 0)
            return;
        memory.MarkWritten(physical);
        if (memory.Blocks.HasCode(page))
            e->CodeWriteTag = tag;
        else
            e->WriteTag = tag;
    }

    private static AccessKind KindOf(Core* c, FastTranslation* table) => IndexOf(c, table) switch
    {
        FastTable.SupervisorOnly => AccessKind.NoUserPages,
        FastTable.Supervisor => AccessKind.None,
        _ => AccessKind.User,
    };

    private static FastTable IndexOf(Core* c, FastTranslation* table) => (FastTable)((table - c->Tables) / FastTranslation.Count);

    private static int FirstPart(ulong linear, int size) => Math.Min(size, 4096 - (int)(linear & ~PageMask));

    /// <summary>Linear addresses have 32 bits outside IA-32e mode.</summary>
    private static ulong Cut(Core* c, ulong linear) => (c->State.Efer & Efer.Lma) == 0 ? (uint)linear : linear;

    /// <summary>False: #AC is pending, or #GP, which comes first. #PF comes behind it (the order that processors follow; SDM table 6-2 leaves it to them).</summary>
    private static bool IsAligned(Core* c, ulong linear, int size)
    {
        // Vectors of 32 bytes count as aligned on 16, as on AMD; the manual leaves what is larger than 8 to the processor.
        if (size > 32 || (size & (size - 1)) != 0 || (linear & (uint)(Math.Min(size, 16) - 1)) == 0)
            return true;
        if (IsCanonical(c, Cut(c, linear)) && IsCanonical(c, Cut(c, linear + (uint)(size - 1))))
            Fault.Raise(c, Vector.Ac, 0);
        return false;
    }
}
