using ReplayVmm.Events;
using ReplayVmm.Processor;

namespace ReplayVmm.Hypervisor.Tests;

public sealed class RegisterExitTests
{
    private const ulong Reset0 = Cr0.Cd | Cr0.Nw | Cr0.Et;

    private static Event MovTo(FakeGuest guest, int register, ulong value) =>
        guest.One(new VmExit { Reason = ExitReason.ControlRegisterAccess, InstructionLength = 3, Qualification = (ulong)register, Data = value });

    [Fact]
    public void A_write_of_cr0_records_old_and_new_and_the_state_follows()
    {
        var guest = new FakeGuest();

        Event e = MovTo(guest, 0, Cr0.Pe | (1ul << 10));

        (e.Kind, e.A, e.B, e.C, e.D, e.E).ShouldBe((EventKind.ControlRegisterWritten, 0ul, Reset0, Cr0.Pe | Cr0.Et, Outcomes.Done, FakeGuest.Rip));
        guest.State.Vcpu(0).Cr0.ShouldBe(Cr0.Pe | Cr0.Et);
    }

    [Theory]
    [InlineData(Cr0.Pg)]
    [InlineData(Cr0.Nw)]
    [InlineData(1ul << 32)]
    public void Impossible_values_of_cr0_are_general_protection_faults(ulong value)
    {
        var guest = new FakeGuest();
        MovTo(guest, 0, value).D.ShouldBe(Outcomes.GeneralProtection);
        guest.State.Vcpu(0).Cr0.ShouldBe(Reset0);
    }

    [Fact]
    public void Paging_with_long_mode_enabled_needs_pae_and_makes_long_mode_active()
    {
        var guest = new FakeGuest();
        guest.Record(EventKind.MsrWritten, 0xC000_0080, 0, Efer.Lme);
        MovTo(guest, 0, Cr0.Pg | Cr0.Pe).D.ShouldBe(Outcomes.GeneralProtection);
        MovTo(guest, 4, Cr4.Pae).D.ShouldBe(Outcomes.Done);
        MovTo(guest, 0, Cr0.Pg | Cr0.Pe).D.ShouldBe(Outcomes.Done);
        MovTo(guest, 4, 0).D.ShouldBe(Outcomes.GeneralProtection);
        MovTo(guest, 0, Cr0.Pe).D.ShouldBe(Outcomes.Done);
    }

    [Fact]
    public void Directory_pointers_with_reserved_bits_refuse_pae_paging()
    {
        var guest = new FakeGuest();
        guest.Registers[GuestRegister.Cr3] = 0x5000;
        guest.Memory[0x5000] = 3;
        MovTo(guest, 4, Cr4.Pae).D.ShouldBe(Outcomes.Done);
        MovTo(guest, 0, Cr0.Pg | Cr0.Pe).D.ShouldBe(Outcomes.GeneralProtection);
        guest.Memory[0x5000] = 1;
        MovTo(guest, 0, Cr0.Pg | Cr0.Pe).D.ShouldBe(Outcomes.Done);
    }

    [Fact]
    public void Process_context_identifiers_need_long_mode()
    {
        var guest = new FakeGuest();
        MovTo(guest, 4, Cr4.Pae | Cr4.Pcide).D.ShouldBe(Outcomes.GeneralProtection);
        MovTo(guest, 4, Cr4.Vmxe).D.ShouldBe(Outcomes.GeneralProtection);
        MovTo(guest, 4, 1ul << 40).D.ShouldBe(Outcomes.GeneralProtection);
    }

    [Fact]
    public void A_task_priority_above_15_is_a_general_protection_fault()
    {
        var guest = new FakeGuest();
        MovTo(guest, 8, 16).D.ShouldBe(Outcomes.GeneralProtection);
        MovTo(guest, 8, 15).C.ShouldBe(15ul);
    }

    [Fact]
    public void Clts_and_lmsw_put_in_force_the_value_that_the_exit_names()
    {
        var guest = new FakeGuest();
        Event lmsw = guest.One(new VmExit { Reason = ExitReason.ControlRegisterAccess, Qualification = 0x30 | (0xBul << 16), Data = Reset0 | 0xB });
        (lmsw.C, lmsw.D).ShouldBe((Reset0 | 0xB, Outcomes.Done));
        Event clts = guest.One(new VmExit { Reason = ExitReason.ControlRegisterAccess, Qualification = 0x20, Data = Reset0 | 3 });
        (clts.B, clts.C).ShouldBe((Reset0 | 0xB, Reset0 | 3));
    }

    [Fact]
    public void Debug_registers_refuse_high_bits_and_keep_their_fixed_ones()
    {
        var guest = new FakeGuest();
        static VmExit Mov(int register, ulong data, bool read = false) =>
            new() { Reason = ExitReason.MovDr, Qualification = (uint)register | (read ? 0x10ul : 0), Data = data };

        guest.One(Mov(7, 1ul << 32)).D.ShouldBe(Outcomes.GeneralProtection);
        guest.One(Mov(7, 0x3)).C.ShouldBe(0x403ul);
        guest.One(Mov(0, 0x1234)).C.ShouldBe(0x1234ul);
        guest.Registers[GuestRegister.Dr6] = 0xFFFF0FF1;
        Event read = guest.One(Mov(6, 0, read: true));
        (read.Kind, read.A, read.E).ShouldBe((EventKind.VmExited, (ulong)ExitReason.MovDr, 0xFFFF0FF1ul));
        guest.Registers[GuestRegister.Cpl] = 3;
        guest.One(Mov(0, 1)).D.ShouldBe(Outcomes.GeneralProtection);
    }

    [Fact]
    public void Debug_registers_4_and_5_are_invalid_with_debugging_extensions_and_aliases_without()
    {
        var guest = new FakeGuest();
        guest.One(new VmExit { Reason = ExitReason.MovDr, Qualification = 4, Data = 0 }).A.ShouldBe(6ul);
        guest.Record(EventKind.ControlRegisterWritten, 4, 0, Cr4.De);
        guest.One(new VmExit { Reason = ExitReason.MovDr, Qualification = 4, Data = 0 }).D.ShouldBe(Outcomes.InvalidOpcode);
        Event[] read = guest.Handle(new VmExit { Reason = ExitReason.MovDr, Qualification = 0x15 });
        read.Select(e => e.Kind).ShouldBe([EventKind.VmExited, EventKind.ExceptionInjected]);
        read[1].A.ShouldBe(6ul);
    }

    [Theory]
    [InlineData(0u, 7ul, 0ul)]
    [InlineData(0u, 3ul, 0ul)]
    [InlineData(0u, 6ul, 13ul)]
    [InlineData(0u, 5ul, 13ul)]
    [InlineData(1u, 3ul, 13ul)]
    [InlineData(0u, 0x201ul, 13ul)]
    public void Xsetbv_needs_x87_and_sse_under_avx(uint index, ulong value, ulong outcome)
    {
        var guest = new FakeGuest();
        guest.Registers[GuestRegister.Rcx] = index;
        Event e = guest.One(new VmExit { Reason = ExitReason.Xsetbv, Data = value });
        (e.Kind, e.D).ShouldBe((EventKind.XcrWritten, outcome));
        guest.State.Vcpu(0).Xcr0.ShouldBe(outcome == 0 ? value : 1);
    }
}
