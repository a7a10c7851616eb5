using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Processor.Tests.Frame;

public sealed unsafe class TlbTests
{
    private const ulong Page = 0x5000, TableEntry = TestMachine.TablesAddress + 0x3000 + ((Page >> 12) * 8);

    private static TestMachine WithStaleEntry(ulong flags = 3)
    {
        TestMachine m = TestMachine.Long();
        m.State->Cr4 |= Cr4.Pge;
        m.Cpu.StateChanged();
        m.WriteMemory(Page, 1u);
        m.WriteMemory(Page + 0x1000, 2u);
        m.WriteMemory(TableEntry, Page | flags);
        Read(m).ShouldBe(1u);
        m.WriteMemory(TableEntry, (Page + 0x1000) | flags);
        return m;
    }

    private static uint Read(TestMachine m)
    {
        GuestAccess.Read(m.Cpu.Core, Page, out uint value).ShouldBeTrue();
        return value;
    }

    [Fact]
    public void Without_a_flush_the_old_mapping_is_seen_and_a_new_processor_with_the_saved_state_sees_it_too()
    {
        using TestMachine m = WithStaleEntry();
        Read(m).ShouldBe(1u);
        m.ReplaceProcessor();
        Read(m).ShouldBe(1u);
        Translations.FlushPage(m.Cpu.Core, Page + 8, 0, global: true);
        Read(m).ShouldBe(2u);
    }

    [Fact]
    public void Global_entries_survive_a_flush_of_the_others()
    {
        using TestMachine m = WithStaleEntry(0x103);
        Translations.FlushNonGlobal(m.Cpu.Core);
        Read(m).ShouldBe(1u);
        Translations.FlushPcid(m.Cpu.Core, 0);
        Read(m).ShouldBe(1u);
        Translations.FlushAll(m.Cpu.Core);
        Read(m).ShouldBe(2u);
    }

    [Fact]
    public void Entries_of_another_pcid_are_not_used_and_come_back_with_theirs()
    {
        using TestMachine m = WithStaleEntry();
        m.State->Cr4 |= Cr4.Pcide;
        m.State->Cr3 |= 5;
        Translations.ModeChanged(m.Cpu.Core);
        Read(m).ShouldBe(2u);
        m.WriteMemory(TableEntry, Page | 3);
        m.State->Cr3 ^= 5 ^ 6;
        Translations.ModeChanged(m.Cpu.Core);
        Read(m).ShouldBe(1u);
        // An entry is replaced by the next that falls on it, so only one PCID's stays.
        m.State->Cr3 ^= 6 ^ 5;
        Translations.ModeChanged(m.Cpu.Core);
        Read(m).ShouldBe(1u);
    }

    [Fact]
    public void An_entry_goes_when_a_page_4_MiB_away_takes_its_place()
    {
        using TestMachine m = WithStaleEntry();
        GuestAccess.Read(m.Cpu.Core, Page + 0x40_0000, out byte _).ShouldBeTrue();
        Read(m).ShouldBe(2u);
    }

    [Fact]
    public void Flushing_one_address_of_a_large_page_forgets_all_of_it()
    {
        using TestMachine m = TestMachine.Long();
        ulong entry = TestMachine.TablesAddress + 0x2000 + (2 * 8);
        m.WriteMemory(0x40_0000, 1u);
        m.WriteMemory(0x40_7000, 1u);
        m.WriteMemory(0x60_0000, 2u);
        m.WriteMemory(0x60_7000, 2u);
        GuestAccess.Read(m.Cpu.Core, 0x40_0000, out uint a).ShouldBeTrue();
        GuestAccess.Read(m.Cpu.Core, 0x40_7000, out uint b).ShouldBeTrue();
        m.WriteMemory(entry, 0x60_0083ul);
        Translations.FlushPage(m.Cpu.Core, 0x41_F000, 0, global: true);
        GuestAccess.Read(m.Cpu.Core, 0x40_0000, out uint c).ShouldBeTrue();
        GuestAccess.Read(m.Cpu.Core, 0x40_7000, out uint d).ShouldBeTrue();
        (a, b, c, d).ShouldBe((1u, 1u, 2u, 2u));
    }

    [Fact]
    public void A_right_that_was_added_is_found_without_a_flush_and_one_that_was_taken_is_not()
    {
        using TestMachine m = TestMachine.Long();
        m.WriteMemory(TableEntry, Page | 1);
        Read(m);
        GuestAccess.Write(m.Cpu.Core, Page, 5u).ShouldBeFalse();
        m.WriteMemory(TableEntry, Page | 3);
        GuestAccess.Write(m.Cpu.Core, Page, 5u).ShouldBeTrue();
        m.WriteMemory(TableEntry, Page | 0x61);
        GuestAccess.Write(m.Cpu.Core, Page, 6u).ShouldBeTrue();
        m.ReadMemory<uint>(Page).ShouldBe(6u);
    }

    [Fact]
    public void The_first_store_sets_the_dirty_flag_of_a_page_that_was_loaded_before()
    {
        using TestMachine m = TestMachine.Long();
        Read(m);
        m.ReadMemory<ulong>(TableEntry).ShouldBe(Page | 0x23);
        GuestAccess.Write(m.Cpu.Core, Page, 5u).ShouldBeTrue();
        m.ReadMemory<ulong>(TableEntry).ShouldBe(Page | 0x63);
        // The TLB knows that it is dirty: a flag cleared without a flush stays clear.
        m.WriteMemory(TableEntry, Page | 3);
        GuestAccess.Write(m.Cpu.Core, Page, 6u).ShouldBeTrue();
        m.ReadMemory<ulong>(TableEntry).ShouldBe(Page | 3);
    }

    [Fact]
    public void Code_is_fetched_through_stale_entries_too()
    {
        using TestMachine m = TestMachine.Long();
        m.Load(a => a.mov(al, 1), Page);
        m.Load(a => a.mov(al, 2), Page + 0x1000);
        m.State->Rip = Page;
        m.RunFully(1);
        m.WriteMemory(TableEntry, (Page + 0x1000) | 3);
        m.State->Rip = Page;
        m.RunFully(1);
        m.State->Gpr[0].ShouldBe(1ul);
        m.ReplaceProcessor();
        m.State->Rip = Page;
        m.RunFully(1);
        m.State->Gpr[0].ShouldBe(1ul);
        Translations.FlushPage(m.Cpu.Core, Page, 0, global: true);
        m.State->Rip = Page;
        m.RunFully(1);
        m.State->Gpr[0].ShouldBe(2ul);
    }
}
