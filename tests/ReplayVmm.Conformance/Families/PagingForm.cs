using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// A paging mode and page size, and the tables that cases make of it: the lowest MiBs one to one for the supervisor, so that the runtime
/// works; a user's alias of them from <see cref="UserWindow"/> on; and a window at <see cref="Target"/> over <see cref="Layout.Scratch"/>,
/// the rights of which are the case's.
/// </summary>
/// <param name="Name">In names of families.</param>
/// <param name="Mode">32 or 64.</param>
/// <param name="Levels">Names of the window's entries that have rights, highest first.</param>
/// <param name="LeafBits">Binary logarithm of the page's size.</param>
internal sealed record PagingForm(string Name, int Mode, IReadOnlyList<string> Levels, int LeafBits)
{
    /// <summary>Bits of entries.</summary>
    public const ulong Present = 1, Writable = 2, User = 4, Accessed = 0x20, Dirty = 0x40, Large = 0x80, Global = 0x100, NoExecute = 1ul << 63, All = 7;

    /// <summary>Where a user's alias of the lowest 4 MiB begins.</summary>
    public const uint UserWindow = 0x5000_0000;

    /// <summary>Where tables lie: the first is what CR3 names.</summary>
    public const uint Tables = Layout.PageTables;

    private const uint TableBytes = 0x6000;

    /// <summary>32-bit paging, pages of 4 KiB.</summary>
    public static PagingForm TwoLevel { get; } = new("two-level", 32, ["PDE", "PTE"], 12);
    /// <summary>32-bit paging, pages of 4 MiB.</summary>
    public static PagingForm TwoLevelLarge { get; } = new("4m", 32, ["PDE"], 22);
    /// <summary>PAE paging, pages of 4 KiB.</summary>
    public static PagingForm Pae { get; } = new("pae", 32, ["PDE", "PTE"], 12);
    /// <summary>PAE paging, pages of 2 MiB.</summary>
    public static PagingForm PaeLarge { get; } = new("pae-2m", 32, ["PDE"], 21);
    /// <summary>4-level paging, pages of 4 KiB.</summary>
    public static PagingForm FourLevel { get; } = new("four-level", 64, ["PML4E", "PDPTE", "PDE", "PTE"], 12);
    /// <summary>4-level paging, pages of 2 MiB.</summary>
    public static PagingForm FourLevelLarge { get; } = new("2m", 64, ["PML4E", "PDPTE", "PDE"], 21);
    /// <summary>4-level paging, pages of 1 GiB.</summary>
    public static PagingForm FourLevelHuge { get; } = new("1g", 64, ["PML4E", "PDPTE"], 30);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<PagingForm> Every { get; } = [TwoLevel, TwoLevelLarge, Pae, PaeLarge, FourLevel, FourLevelLarge, FourLevelHuge];

    /// <summary>Entries have 8 bytes, and bit 63 may forbid execution.</summary>
    public bool Wide => !Name.StartsWith("two", StringComparison.Ordinal) && LeafBits != 22;

    /// <summary>Bytes of an entry.</summary>
    public uint EntrySize => Wide ? 8u : 4;

    /// <summary>Linear address of the window: <see cref="Layout.Scratch"/>.</summary>
    public ulong Target => Mode == 64 ? 0x80_4030_0000ul : 0x4030_0000;

    /// <summary>Whether the window's last entry maps a page larger than 4 KiB.</summary>
    public bool IsLarge => LeafBits > 12;

    /// <summary>Physical address of the window's entry of a level, 0 the highest.</summary>
    public uint Entry(int level) => Tables + ((Mode, Wide) switch
    {
        (64, _) => level switch { 0 => 8u, 1 => 0x3008, 2 => 0x4008, _ => 0x5800 },
        (_, true) => level == 0 ? 0x2008u : 0x3800,
        _ => level == 0 ? 0x400u : 0x1C00,
    });

    /// <summary>Physical address of the window's last entry.</summary>
    public uint Leaf => Entry(Levels.Count - 1);

    /// <summary>Address bits and PS of the window's entry of a level.</summary>
    public ulong Frame(int level)
    {
        if (level < Levels.Count - 1)
            return Tables + (uint)((Mode, level) switch { (64, 0) => 0x3000, (64, 1) => 0x4000, (64, _) => 0x5000, _ => Wide ? 0x3000 : 0x1000 });
        return (Layout.Scratch & ~((1ul << LeafBits) - 1)) | (IsLarge ? Large : 0);
    }

    /// <summary>Makes the tables; the window's entries get the rights that <paramref name="rights"/> says, level by level.</summary>
    public void Map(CaseWriter c, Func<int, ulong> rights)
    {
        Assembler a = c.A;
        a.mov(eax, 0);
        a.mov(edi, Tables);
        a.mov(ecx, TableBytes / 4);
        a.rep.stosd();
        a.mov(edi, 0);
        if (Mode == 64)
        {
            Set(c, Tables, (Tables + 0x1000) | All);
            Set(c, Tables + 0x1000, (Layout.RuntimePageTables + 0x2000) | Present | Writable);
            Set(c, Tables + 0x1008, (Tables + 0x2000) | All);
            AliasBy2M(c, Tables + 0x2000);
        }
        else if (Wide)
        {
            Set(c, Tables, (Tables + 0x1000) | Present);
            Set(c, Tables + 8, (Tables + 0x2000) | Present);
            for (uint n = 0; n < 4; n++)
                Set(c, Tables + 0x1000 + (n * 8), (n << 21) | Present | Writable | Large);
            AliasBy2M(c, Tables + 0x2000);
        }
        else
        {
            Set(c, Tables, Present | Writable | Large);
            Set(c, Tables + 4, 0x40_0000 | Present | Writable | Large);
            Set(c, Tables + (UserWindow >> 20), All | Large);
        }
        for (int level = 0; level < Levels.Count; level++)
            Set(c, Entry(level), Frame(level) | rights(level));
    }

    /// <summary>As above, everything allowed.</summary>
    public void Map(CaseWriter c) => Map(c, _ => All);

    /// <summary>Writes an entry where it lies in physical memory.</summary>
    public void Set(CaseWriter c, uint address, ulong value)
    {
        c.A.mov(__dword_ptr[address], (uint)value);
        if (Wide)
            c.A.mov(__dword_ptr[address + 4], (uint)(value >> 32));
    }

    /// <summary>
    /// Puts the tables in force: CR3, CR4 (PSE or PAE, and <paramref name="cr4"/>), EFER.NXE, CR0.PG and WP. EAX, ECX and EDX are 0
    /// afterwards.
    /// </summary>
    public void Enable(CaseWriter c, bool wp = false, uint cr4 = 0, bool nxe = true, uint cr3 = Tables)
    {
        const uint Pse = 0x10, PaeBit = 0x20;
        Assembler a = c.A;
        a.mov(edx, 0);
        if (Wide)
        {
            a.mov(ecx, Msr.Efer);
            a.mov(eax, (Mode == 64 ? 0x500u : 0) | (nxe ? 0x800u : 0));
            a.wrmsr();
        }
        a.mov(ecx, cr3);
        MoveToControl(c, cr3: true);
        a.mov(ecx, cr4 | (Wide ? PaeBit : Pse));
        MoveToControl(c, cr3: false);
        a.mov(ecx, wp ? 0x8001_0011 : 0x8000_0011);
        if (Mode == 64)
            a.mov(cr0, rcx);
        else
            a.mov(cr0, ecx);
        a.mov(ecx, 0);
        a.mov(eax, 0);
    }

    private void MoveToControl(CaseWriter c, bool cr3)
    {
        AssemblerRegisterCR register = cr3 ? AssemblerRegisters.cr3 : cr4;
        if (Mode == 64)
            c.A.mov(register, rcx);
        else
            c.A.mov(register, ecx);
    }

    private void AliasBy2M(CaseWriter c, uint directory)
    {
        Set(c, directory + 0x400, All | Large);
        Set(c, directory + 0x408, 0x20_0000 | All | Large);
    }
}
