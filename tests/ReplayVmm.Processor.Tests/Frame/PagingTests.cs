namespace ReplayVmm.Processor.Tests.Frame;

/// <summary>The rights of SDM volume 3, 4.6 and the error codes of 4.7, for every combination of page, mode and access.</summary>
public sealed unsafe class PagingTests
{
    private const ulong Page = 0x20_0000 + 0x5000, TableEntry = TestMachine.TablesAddress + 0x3000 + ((Page >> 12) * 8);
    private const ulong DirectoryEntry = TestMachine.TablesAddress + 0x2000 + 8;

    public enum Access
    {
        Load,
        Store,
        Fetch,
        SystemLoad,
        SystemStore,
    }

    [Fact]
    public void Every_combination_of_rights_gives_the_manuals_answer()
    {
        using TestMachine m = TestMachine.Long(user: true);
        int faults = 0, total = 0;
        for (int bits = 0; bits < 1 << 10; bits++)
        {
            bool Bit(int n) => (bits & (1 << n)) != 0;
            (bool present, bool writable, bool user, bool nx) = (Bit(0), Bit(1), Bit(2), Bit(3));
            (bool wp, bool smep, bool smap, bool ac, bool cpl3, bool upperUser) = (Bit(4), Bit(5), Bit(6), Bit(7), Bit(8), Bit(9));
            foreach (Access access in Enum.GetValues<Access>())
            {
                ulong entry = Page | (present ? 1ul : 0) | (writable ? 2ul : 0) | (user ? 4ul : 0) | (nx ? 1ul << 63 : 0);
                m.WriteMemory(TableEntry, entry);
                m.WriteMemory(DirectoryEntry, (TestMachine.TablesAddress + 0x4000) | 3ul | (upperUser ? 4ul : 0));
                Prepare(m, wp, smep, smap, ac, cpl3);
                uint? expected = Expected(access, present, writable, user && upperUser, nx, wp, smep, smap, ac, cpl3);
                uint? actual = Perform(m, access);
                actual.ShouldBe(expected, $"bits {bits:x} {access}");
                total++;
                faults += actual != null ? 1 : 0;
                ulong after = m.ReadMemory<ulong>(TableEntry);
                bool stored = access is Access.Store or Access.SystemStore;
                after.ShouldBe(actual != null ? entry : entry | 0x20 | (stored ? 0x40ul : 0));
                // What the TLB holds now gives the same answer again.
                Perform(m, access).ShouldBe(expected);
            }
        }
        faults.ShouldBeInRange(total / 4, total - 500);
    }

    [Theory]
    [InlineData(0ul, 1ul << 51)]        // page-table entry: beyond the physical address width
    [InlineData(1ul, 1ul << 45)]
    [InlineData(1ul, 1ul << 13 | 0x80)] // 2 MiB page: address bits that must be clear
    [InlineData(2ul, 1ul << 44)]
    [InlineData(3ul, 0x80ul)]           // PML4 entry: page size
    public void Reserved_bits_fault(ulong level, ulong bits)
    {
        using TestMachine m = TestMachine.Long();
        ulong address = level switch
        {
            0 => TableEntry,
            1 => DirectoryEntry,
            2 => TestMachine.TablesAddress + 0x1000,
            _ => TestMachine.TablesAddress,
        };
        m.WriteMemory(address, m.ReadMemory<ulong>(address) | bits);
        GuestAccess.Read(m.Cpu.Core, Page, out ulong _).ShouldBeFalse();
        (m.Cpu.Core->Pending.Vector, m.Cpu.Core->Pending.ErrorCode).ShouldBe((Vector.Pf, 9u));
        m.Cpu.Core->Pending.Address.ShouldBe(Page);
    }

    [Fact]
    public void No_execute_is_reserved_while_it_is_off()
    {
        using TestMachine m = TestMachine.Long();
        m.WriteMemory(TableEntry, Page | 3 | (1ul << 63));
        m.State->Efer &= ~Efer.Nxe;
        m.Cpu.StateChanged();
        GuestAccess.Read(m.Cpu.Core, Page, out ulong _).ShouldBeFalse();
        m.Cpu.Core->Pending.ErrorCode.ShouldBe(9u);
    }

    [Fact]
    public void Two_level_paging_walks_small_pages_and_4_MiB_pages_above_4_GiB()
    {
        using TestMachine m = TestMachine.Protected();
        m.WriteMemory(0x40_0000, 0x40_1003u);
        m.WriteMemory(0x40_1000 + (0x33 * 4), 0x3_5003u);
        // Directory entry 1: address bits 39 to 32 stand in bits 20 to 13.
        m.WriteMemory(0x40_0004, 0x0080_0083u | (1u << 13));
        using HostMemory high = new(0x40_0000);
        m.Memory.Map(0x1_0080_0000, 0x40_0000, high.Address, MappingRights.Read | MappingRights.Write);
        high.Address[0x12345] = 77;
        m.State->Cr3 = 0x40_0000;
        m.State->Cr4 = Cr4.Pse;
        m.State->Cr0 |= Cr0.Pg;
        m.Cpu.StateChanged();
        m.WriteMemory(0x3_5678, 0xABCDu);
        GuestAccess.Read(m.Cpu.Core, 0x3_3678, out uint small).ShouldBeTrue();
        GuestAccess.Read(m.Cpu.Core, 0x41_2345, out byte large).ShouldBeTrue();
        (small, large).ShouldBe((0xABCDu, (byte)77));
        GuestAccess.Write(m.Cpu.Core, 0x41_2346, (byte)1).ShouldBeTrue();
        m.ReadMemory<uint>(0x40_0004).ShouldBe(0x0080_00E3u | (1u << 13));
        m.ReadMemory<uint>(0x40_0000).ShouldBe(0x40_1023u);
        m.WriteMemory(0x40_0008, 0x00C0_0083u | (1u << 21));
        GuestAccess.Read(m.Cpu.Core, 0x80_0000, out byte _).ShouldBeFalse();
        m.Cpu.Core->Pending.ErrorCode.ShouldBe(9u);
    }

    [Fact]
    public void Pae_paging_goes_through_the_four_loaded_pointers()
    {
        using TestMachine m = TestMachine.Protected();
        m.WriteMemory(0x40_0000, 0ul);
        m.WriteMemory(0x40_0018, 0x40_1001ul);
        m.WriteMemory(0x40_1000 + (511 * 8), 0x40_0083ul | (1ul << 63));
        m.State->Cr3 = 0x40_0000;
        m.State->Cr4 = Cr4.Pae;
        m.State->Efer = Efer.Nxe;
        m.State->Cr0 |= Cr0.Pg;
        Translations.LoadPdptes(m.Cpu.Core, 0x40_0000).ShouldBeTrue();
        m.WriteMemory(0x40_0018, 0ul); // too late: the pointer has been loaded
        m.Cpu.StateChanged();
        m.WriteMemory(0x40_3456, 0x1234_5678u);
        GuestAccess.Read(m.Cpu.Core, 0xFFE0_3456, out uint value).ShouldBeTrue();
        value.ShouldBe(0x1234_5678u);
        m.State->Rip = 0xFFE0_3456;
        m.Cpu.Controls.ExceptionBitmap = 1 << Vector.Pf;
        VmExit exit = m.RunToExit();
        (exit.Qualification, exit.InterruptionErrorCode).ShouldBe((0xFFE0_3456ul, 0x11u));
        m.WriteMemory(0x40_0010, 0x40_1003ul);
        Translations.LoadPdptes(m.Cpu.Core, 0x40_0000).ShouldBeFalse();
        m.Cpu.Core->Pending.Vector.ShouldBe(Vector.Gp);
    }

    [Fact]
    public void An_access_across_pages_faults_at_the_first_byte_of_the_second_and_stores_nothing()
    {
        using TestMachine m = TestMachine.Long();
        m.WriteMemory(TableEntry + 8, 0ul);
        m.WriteMemory(Page + 0xFF8, 0x1111_1111_1111_1111ul);
        GuestAccess.Write(m.Cpu.Core, Page + 0xFFC, ulong.MaxValue).ShouldBeFalse();
        (m.Cpu.Core->Pending.Address, m.Cpu.Core->Pending.ErrorCode).ShouldBe((Page + 0x1000, 2u));
        m.ReadMemory<ulong>(Page + 0xFF8).ShouldBe(0x1111_1111_1111_1111ul);
        m.WriteMemory(TableEntry + 8, 0x3000ul | 3);
        GuestAccess.Write(m.Cpu.Core, Page + 0xFFC, 0x8877_6655_4433_2211ul).ShouldBeTrue();
        (m.ReadMemory<uint>(Page + 0xFFC), m.ReadMemory<uint>(0x3000)).ShouldBe((0x4433_2211u, 0x8877_6655u));
        GuestAccess.Read(m.Cpu.Core, Page + 0xFFC, out ulong back).ShouldBeTrue();
        back.ShouldBe(0x8877_6655_4433_2211ul);
    }

    [Fact]
    public void Addresses_that_are_not_canonical_are_general_protection_faults()
    {
        using TestMachine m = TestMachine.Long();
        GuestAccess.Read(m.Cpu.Core, 0x8000_0000_0000, out byte _).ShouldBeFalse();
        (m.Cpu.Core->Pending.Vector, m.Cpu.Core->Pending.NonCanonical).ShouldBe((Vector.Gp, true));
        m.Cpu.Controls.ExceptionBitmap = uint.MaxValue;
        m.State->Rip = 0x8000_0000_0000 + TestMachine.CodeAddress;
        (m.RunToExit().InterruptionInformation & 0xFF).ShouldBe((uint)Vector.Gp);
    }

    [Fact]
    public void Address_line_20_held_low_wraps_the_first_megabyte()
    {
        using TestMachine m = TestMachine.Real();
        m.WriteMemory(0x500, (byte)7);
        m.WriteMemory(0x10_0500, (byte)8);
        GuestAccess.Read(m.Cpu.Core, 0x10_0500, out byte open).ShouldBeTrue();
        m.State->AddressLine20 = 0;
        m.Cpu.StateChanged();
        GuestAccess.Read(m.Cpu.Core, 0x10_0500, out byte low).ShouldBeTrue();
        (open, low).ShouldBe(((byte)8, (byte)7));
    }

    [Fact]
    public void Unaligned_user_accesses_fault_where_alignment_is_checked()
    {
        using TestMachine m = TestMachine.Long(user: true);
        m.State->Cr0 |= Cr0.Am;
        m.State->Rflags |= Rflags.Ac;
        m.EnterUser();
        GuestAccess.Read(m.Cpu.Core, Page + 4, out uint _).ShouldBeTrue();
        GuestAccess.Read(m.Cpu.Core, Page + 2, out uint _).ShouldBeFalse();
        m.Cpu.Core->Pending.Vector.ShouldBe(Vector.Ac);
        m.State->Rflags &= ~Rflags.Ac;
        m.Cpu.StateChanged();
        GuestAccess.Read(m.Cpu.Core, Page + 2, out uint _).ShouldBeTrue();
    }

    private static void Prepare(TestMachine m, bool wp, bool smep, bool smap, bool ac, bool cpl3)
    {
        ref CpuState s = ref *m.State;
        s.Cr0 = wp ? s.Cr0 | Cr0.Wp : s.Cr0 & ~Cr0.Wp;
        s.Cr4 = Cr4.Pae | (smep ? Cr4.Smep : 0) | (smap ? Cr4.Smap : 0);
        s.Rflags = Rflags.Fixed1 | (ac ? Rflags.Ac : 0);
        for (int n = 0; n < 6; n++)
            s.SegmentAttributes[n] = (s.SegmentAttributes[n] & ~(3u << 5)) | (cpl3 ? 3u << 5 : 0);
        m.Cpu.Controls.ExceptionBitmap = uint.MaxValue;
        Translations.FlushAll(m.Cpu.Core);
    }

    /// <summary>The error code of the page fault; null where there is none.</summary>
    private static uint? Perform(TestMachine m, Access access)
    {
        Core* c = m.Cpu.Core;
        if (access == Access.Fetch)
        {
            m.State->Rip = Page;
            return m.Run(1) == StopReason.LimitReached ? null : m.Cpu.Exit.InterruptionErrorCode;
        }
        bool done = access switch
        {
            Access.Load => GuestAccess.Read(c, Page, out ushort _),
            Access.Store => GuestAccess.Write(c, Page, (ushort)0xC031),
            Access.SystemLoad => MemoryUnit.ReadSystem(c, Page, out ushort _),
            _ => MemoryUnit.WriteSystem(c, Page, (ushort)0xC031),
        };
        return done ? null : c->Pending.ErrorCode;
    }

    private static uint? Expected(
        Access access, bool present, bool writable, bool user, bool nx, bool wp, bool smep, bool smap, bool ac, bool cpl3)
    {
        bool system = access is Access.SystemLoad or Access.SystemStore, asUser = cpl3 && !system;
        bool store = access is Access.Store or Access.SystemStore, fetch = access == Access.Fetch;
        bool denied = asUser ? !user || (store && !writable) || (fetch && nx)
            : fetch ? nx || (user && smep)
            : (user && smap && (system || !ac)) || (store && wp && !writable);
        if (present && !denied)
            return null;
        return (present ? 1u : 0) | (store ? 2u : 0) | (asUser ? 4u : 0) | (fetch ? 16u : 0);
    }
}
