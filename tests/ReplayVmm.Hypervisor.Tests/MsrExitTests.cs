using ReplayVmm.Events;
using ReplayVmm.Processor;

namespace ReplayVmm.Hypervisor.Tests;

public sealed class MsrExitTests
{
    private static Event Read(FakeGuest guest, uint index)
    {
        guest.Registers[GuestRegister.Rcx] = index;
        Event e = guest.One(new VmExit { Reason = ExitReason.Rdmsr, InstructionLength = 2 });
        e.Kind.ShouldBe(EventKind.MsrRead);
        e.A.ShouldBe(index);
        return e;
    }

    private static Event Write(FakeGuest guest, uint index, ulong value)
    {
        guest.Registers[GuestRegister.Rcx] = index;
        Event e = guest.One(new VmExit { Reason = ExitReason.Wrmsr, InstructionLength = 2, Data = value });
        e.Kind.ShouldBe(EventKind.MsrWritten);
        e.A.ShouldBe(index);
        return e;
    }

    [Fact]
    public void Every_row_reads_its_power_on_value_and_every_other_index_is_a_general_protection_fault()
    {
        var guest = new FakeGuest();
        foreach (uint index in Enumerable.Range(0, 0x400).Select(i => (uint)i).Concat(Enumerable.Range(0, 0x200).Select(i => 0xC000_0000u + (uint)i)))
        {
            Event e = Read(guest, index);
            bool readable = MsrTable.TryFind(index, out MsrRow row) && row.Name != "IA32_BIOS_UPDT_TRIG";
            e.C.ShouldBe(readable ? Outcomes.Done : Outcomes.GeneralProtection, $"MSR {index:X}");
            if (readable && row.Slot >= 0)
                e.B.ShouldBe(row.Reset, row.Name);
        }
    }

    [Fact]
    public void A_refused_write_is_in_the_event_and_not_in_the_state()
    {
        var guest = new FakeGuest();

        Event e = Write(guest, 0xC000_0082, 0x8000_0000_0000_0000);

        e.D.ShouldBe(Outcomes.GeneralProtection);
        e.C.ShouldBe(0x8000_0000_0000_0000);
        Read(guest, 0xC000_0082).B.ShouldBe(0ul);
    }

    [Fact]
    public void A_write_is_read_back_and_the_event_holds_what_was_there_before()
    {
        var guest = new FakeGuest();
        Write(guest, 0xC000_0082, 0xFFFF_8000_0000_1000).B.ShouldBe(0ul);
        Write(guest, 0xC000_0082, 0x2000).B.ShouldBe(0xFFFF_8000_0000_1000);
        Read(guest, 0xC000_0082).B.ShouldBe(0x2000ul);
    }

    [Theory]
    [InlineData(0x277u, 0x0007_0406_0007_0402ul)]       // PAT: type 2 does not exist
    [InlineData(0x200u, 0x002ul)]                       // MTRR base: nor here
    [InlineData(0x200u, 0x0000_0100_0000_0000ul)]       // beyond MAXPHYADDR
    [InlineData(0x201u, 0x400ul)]
    [InlineData(0x2FFu, 0x100ul)]
    [InlineData(0x250u, 0x0606_0603_0606_0606ul)]
    [InlineData(0x174u, 0x1_0000_0000ul)]
    [InlineData(0xC000_0080u, 0x2ul)]                   // EFER: reserved
    [InlineData(0xC000_0084u, 0x1_0000_0000ul)]
    [InlineData(0x1Bu, 0xFEE0_0D00ul - 0x800)]          // x2APIC without enable
    [InlineData(0x3Au, 0x5ul)]                          // locked
    [InlineData(0xFEu, 0x508ul)]                        // read-only
    [InlineData(0x1D9u, 0x40ul)]
    [InlineData(0x176u, 0x0001_0000_0000_0000ul)]
    public void Reserved_bits_and_impossible_values_are_general_protection_faults(uint index, ulong value) =>
        Write(new FakeGuest(), index, value).D.ShouldBe(Outcomes.GeneralProtection);

    [Fact]
    public void Long_mode_enable_cannot_change_while_paging_is_on()
    {
        var guest = new FakeGuest();
        Write(guest, 0xC000_0080, 0x100).D.ShouldBe(Outcomes.Done);
        guest.Record(EventKind.ControlRegisterWritten, 4, 0, Cr4.Pae);
        guest.Record(EventKind.ControlRegisterWritten, 0, 0, Cr0.Pg | Cr0.Pe);

        Read(guest, 0xC000_0080).B.ShouldBe(Efer.Lme | Efer.Lma);
        Write(guest, 0xC000_0080, 0).D.ShouldBe(Outcomes.GeneralProtection);
        Write(guest, 0xC000_0080, 0x101).C.ShouldBe(Efer.Lme | Efer.Lma | Efer.Sce);
    }

    [Fact]
    public void Writing_the_time_stamp_counter_moves_the_adjustment_too()
    {
        var guest = new FakeGuest { Tsc = 1000 };
        Write(guest, 0x10, 5000).B.ShouldBe(1000ul);
        Read(guest, 0x3B).B.ShouldBe(4000ul);
        guest.Tsc = 1010;
        Read(guest, 0x10).B.ShouldBe(5010ul);
        Write(guest, 0x3B, 1).D.ShouldBe(Outcomes.Done);
        Read(guest, 0x10).B.ShouldBe(1011ul);
    }

    [Fact]
    public void The_apic_switches_from_xapic_to_x2apic_and_back_only_through_off()
    {
        const ulong Base = 0xFEE0_0900, X2 = 0xFEE0_0D00, Off = 0xFEE0_0100;
        var guest = new FakeGuest();
        Write(guest, 0x1B, X2).D.ShouldBe(Outcomes.Done);
        Write(guest, 0x1B, Base).D.ShouldBe(Outcomes.GeneralProtection);
        Write(guest, 0x1B, Off).D.ShouldBe(Outcomes.Done);
        Write(guest, 0x1B, X2).D.ShouldBe(Outcomes.GeneralProtection);
        Write(guest, 0x1B, Base).D.ShouldBe(Outcomes.Done);
    }

    [Fact]
    public void Registers_of_the_local_apic_exist_in_x2apic_mode_only()
    {
        var guest = new FakeGuest();
        guest.Apic[0x802] = 7;
        Read(guest, 0x802).C.ShouldBe(Outcomes.GeneralProtection);
        Write(guest, 0x802, 1).D.ShouldBe(Outcomes.GeneralProtection);
        Write(guest, 0x1B, 0xFEE0_0D00).D.ShouldBe(Outcomes.Done);
        Read(guest, 0x802).B.ShouldBe(7ul);
        Write(guest, 0x803, 1).D.ShouldBe(Outcomes.GeneralProtection);
    }

    [Fact]
    public void Random_writes_to_every_index_never_leave_a_state_that_a_read_refuses()
    {
        var random = new Random(20261120);
        var guest = new FakeGuest();
        for (int i = 0; i < 20_000; i++)
        {
            uint index = MsrTable.Rows[random.Next(MsrTable.Rows.Count)].Index;
            ulong word = (ulong)random.NextInt64();
            ulong value = random.Next(3) switch { 0 => word, 1 => word & 0xFFF, _ => word << random.Next(64) };
            Event written = Write(guest, index, value);
            if (written.D == Outcomes.Done && index != 0x79 && MsrTable.TryFind(index, out MsrRow row) && row.Slot >= 0)
                Read(guest, index).B.ShouldBe(written.C, row.Name);
        }
    }
}
