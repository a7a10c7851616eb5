using ReplayVmm.Events;
using ReplayVmm.Processor;

namespace ReplayVmm.Hypervisor.Tests;

public sealed class OtherExitTests
{
    [Fact]
    public void Every_reason_from_0_to_100_writes_something_or_delivers_what_waits()
    {
        for (ushort reason = 0; reason <= 100; reason++)
        {
            var guest = new FakeGuest();
            guest.Interrupts.Enqueue(0x31);
            guest.Ports.Enqueue(1);
            guest.Mmio.Enqueue(1);
            guest.Entropy.Enqueue(1);
            Event[] events = guest.Handle(new VmExit { Reason = (ExitReason)reason, AccessSize = 4 });
            if (reason == (ushort)ExitReason.NmiWindow)
                events.ShouldBeEmpty();
            else
                events.Length.ShouldBeInRange(1, 2, $"reason {reason}");
        }
    }

    [Theory]
    [InlineData(ExitReason.TaskSwitch)]
    [InlineData(ExitReason.EptMisconfiguration)]
    [InlineData((ExitReason)17)]
    [InlineData((ExitReason)0xFFFF)]
    public void A_reason_that_this_machine_cannot_cause_stops_the_guest(ExitReason reason)
    {
        Event e = new FakeGuest().One(new VmExit { Reason = reason });
        (e.Kind, e.A, e.C).ShouldBe((EventKind.InternalError, Suberrors.UnexpectedExitReason, (ulong)reason));
    }

    [Fact]
    public void Hlt_halts_the_vcpu_until_an_interrupt_is_injected()
    {
        var guest = new FakeGuest();
        Event e = guest.One(new VmExit { Reason = ExitReason.Hlt, InstructionLength = 1 });
        (e.Kind, e.A, e.C, e.D).ShouldBe((EventKind.VmExited, (ulong)ExitReason.Hlt, FakeGuest.Rip, 1ul));
        guest.State.Vcpu(0).Halted.ShouldBe(1ul);

        guest.Interrupts.Enqueue(0x20);
        Event injected = guest.One(new VmExit { Reason = ExitReason.InterruptWindow });
        (injected.Kind, injected.A, injected.B, injected.C).ShouldBe((EventKind.InterruptInjected, 0x20ul, 0ul, FakeGuest.Rip));
        guest.State.Vcpu(0).Halted.ShouldBe(0ul);
        guest.State.Vcpu(0).LastInjection.ShouldBe(0x8000_0020ul);
    }

    [Fact]
    public void An_interrupt_window_whose_request_has_gone_writes_nothing() =>
        new FakeGuest().Handle(new VmExit { Reason = ExitReason.InterruptWindow }).ShouldBeEmpty();

    [Theory]
    [InlineData(ExitReason.Vmcall)]
    [InlineData(ExitReason.Vmxon)]
    [InlineData(ExitReason.Vmlaunch)]
    [InlineData(ExitReason.Encls)]
    public void Instructions_that_the_guest_does_not_have_are_invalid_opcodes(ExitReason reason)
    {
        Event[] events = new FakeGuest().Handle(new VmExit { Reason = reason, InstructionLength = 3 });
        events.Select(e => e.Kind).ShouldBe([EventKind.VmExited, EventKind.ExceptionInjected]);
        (events[1].A, events[1].D).ShouldBe((6ul, FakeGuest.Rip));
    }

    [Fact]
    public void An_exception_that_exits_goes_back_to_the_guest_with_its_error_code()
    {
        Event[] events = new FakeGuest().Handle(new VmExit
        {
            Reason = ExitReason.ExceptionOrNmi,
            InterruptionInformation = 0x8000_0B0E,
            InterruptionErrorCode = 7,
            Qualification = 0xCAFE,
        });
        (events[1].A, events[1].B, events[1].C).ShouldBe((14ul, 7ul, 0xCAFEul));
    }

    [Fact]
    public void Entropy_is_drawn_once_and_recorded()
    {
        var guest = new FakeGuest();
        guest.Entropy.Enqueue(0x1122_3344_5566_7788);
        Event e = guest.One(new VmExit { Reason = ExitReason.Rdrand });
        (e.Kind, e.A, e.B, e.C).ShouldBe((EventKind.EntropyDrawn, 0x1122_3344_5566_7788ul, 8ul, 1ul));
        guest.Asked.ShouldBe(["entropy"]);
    }

    [Fact]
    public void A_triple_fault_shuts_the_vcpu_down()
    {
        var guest = new FakeGuest();
        guest.One(new VmExit { Reason = ExitReason.TripleFault }).Kind.ShouldBe(EventKind.TripleFault);
        guest.State.Vcpu(0).ShutDown.ShouldBe(1ul);
    }

    [Fact]
    public void Cpuid_shows_the_apic_only_while_it_is_on()
    {
        var guest = new FakeGuest();
        guest.Registers[GuestRegister.Rax] = 1;
        Event on = guest.One(new VmExit { Reason = ExitReason.Cpuid, InstructionLength = 2 });
        (on.Kind, on.A, on.B).ShouldBe((EventKind.CpuidRead, 1ul, 0ul));
        guest.Record(EventKind.MsrWritten, 0x1B, 0, 0xFEE0_0100);
        Event off = guest.One(new VmExit { Reason = ExitReason.Cpuid, InstructionLength = 2 });
        ((on.D >> 41) & 1, (off.D >> 41) & 1).ShouldBe((1ul, 0ul));
    }

    [Fact]
    public void Handling_the_same_exit_in_the_same_state_with_the_same_answers_writes_the_same_events()
    {
        var random = new Random(4);
        for (int i = 0; i < 5_000; i++)
        {
            var exit = new VmExit
            {
                Reason = (ExitReason)random.Next(72),
                Qualification = (ulong)random.NextInt64(),
                GuestPhysicalAddress = (ulong)random.NextInt64(),
                Data = (ulong)random.NextInt64() >> random.Next(64),
                AccessSize = (byte)(1 << random.Next(4)),
                InterruptionInformation = (uint)random.Next(),
            };
            ulong rcx = MsrTable.Rows[random.Next(MsrTable.Rows.Count)].Index;
            Event[][] runs = [.. Enumerable.Range(0, 2).Select(_ => Run(exit, rcx))];
            runs[0].ShouldBe(runs[1]);
        }
    }

    private static Event[] Run(VmExit exit, ulong rcx)
    {
        var guest = new FakeGuest();
        guest.Registers[GuestRegister.Rcx] = rcx;
        for (int n = 0; n < 4; n++)
        {
            guest.Ports.Enqueue((uint)n);
            guest.Mmio.Enqueue((ulong)n);
            guest.Entropy.Enqueue((ulong)n);
            guest.Interrupts.Enqueue(n);
        }
        return guest.Handle(exit);
    }
}
