using Iced.Intel;
using ReplayVmm.Events;
using ReplayVmm.Processor;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Machine.Tests;

public sealed class MachineTests
{
    private static (RunResult Result, Log Log) Run(
        BootPlan plan, Script? script = null, MachineOptions? options = null, Func<MachineManifest, MachineManifest>? change = null, StopPoint? stop = null)
    {
        MachineManifest manifest = Guest.Manifest(plan);
        var log = new Log();
        using var machine = new VirtualMachine(change?.Invoke(manifest) ?? manifest, plan.Images, script ?? new Script(), log, options);
        RunResult result = stop is StopPoint point ? machine.Run(point) : machine.Run();
        machine.State.DescribeDifference(log.Fold).ShouldBeNull();
        return (result, log);
    }

    private static void PortLoop(Assembler a)
    {
        Label again = a.CreateLabel();
        a.mov(ecx, 3000);
        a.mov(dx, 0x3FD);
        a.Label(ref again);
        a.@in(al, dx);
        a.@out(0x80, al);
        a.add(ebx, eax);
        a.dec(ecx);
        a.jnz(again);
        a.mov(al, 3);
        a.Exit();
    }

    [Fact]
    public void A_ten_instruction_guest_leaves_exactly_the_events_that_it_caused()
    {
        BootPlan plan = Guest.Flat(64, a =>
        {
            a.mov(al, 0x41);
            a.mov(dx, 0x3F8);
            a.@out(dx, al);
            a.mov(ecx, 0x277);
            a.rdmsr();
            a.xor(eax, eax);
            a.cpuid();
            a.rdrand(rbx);
            a.mov(al, 5);
            a.Exit();
        });

        (RunResult result, Log log) = Run(plan);

        result.Reason.ShouldBe(EndReason.GuestExit);
        result.Code.ShouldBe(11u);
        result.Instructions.ShouldBe(10ul);
        EventKind[] kinds = [.. log.Kinds.SkipWhile(k => k != EventKind.PortWritten)];
        kinds.ShouldBe([
            EventKind.PortWritten, EventKind.MsrRead, EventKind.CpuidRead, EventKind.EntropyDrawn, EventKind.PortWritten, EventKind.ConsoleOutput,
            EventKind.SessionEnded]);
        Event msr = log.Of(EventKind.MsrRead).ShouldHaveSingleItem().Event;
        (msr.A, msr.B, msr.D).ShouldBe((0x277ul, 0x0007_0406_0007_0406ul, Guest.Load + 12));
        log.Printed.ShouldBe("A");
        log.Entries[^1].Payload.Length.ShouldBe(32);
        log.Entries.Select(e => e.Event.Position).ShouldBe(Enumerable.Range(0, log.Entries.Count).Select(i => (ulong)i));
    }

    [Fact]
    public void A_session_begins_with_its_manifest_its_memory_and_its_processor()
    {
        (_, Log log) = Run(Guest.Flat(32, a => a.Exit()));

        log.Kinds.First().ShouldBe(EventKind.SessionStarted);
        log.Entries[0].Payload[0].ShouldBe((byte)'{');
        log.Of(EventKind.MemslotSet).Select(e => e.Event.B).ShouldBe([0ul, 0xC0000ul, 0x100000ul]);
        log.Of(EventKind.GuestMemoryWritten).Any(e => e.Event.A == Guest.Load).ShouldBeTrue();
        log.Kinds.ShouldContain(EventKind.VcpuCreated);
        log.Fold.Vcpu(0).Cr0.ShouldBe(Cr0.Pe | Cr0.Et);
        log.Fold.Profile.ShouldBe("latest");
    }

    [Fact]
    public void Two_runs_of_one_manifest_are_equal_event_for_event_and_digest_for_digest()
    {
        BootPlan plan = Guest.Flat(64, PortLoop);
        (RunResult first, Log a) = Run(plan, change: m => m with { DigestEveryEvents = 1000 });
        (RunResult second, Log b) = Run(plan, change: m => m with { DigestEveryEvents = 1000 }, options: new MachineOptions { EventBatch = 1 });

        second.ShouldBe(first);
        b.Lines.ShouldBe(a.Lines);
        a.Of(EventKind.StateDigest).Count().ShouldBeGreaterThan(3);
    }

    [Fact]
    public void Another_quantum_changes_no_answer_that_the_guest_gets()
    {
        BootPlan plan = Guest.Flat(64, PortLoop);
        Event[][] runs =
        [
            .. new[] { 100_000ul, 777ul }.Select(q => Run(plan, change: m => m with { Quantum = q }).Log.Entries
                .Select(e => e.Event).Where(e => e.Kind is EventKind.PortRead or EventKind.PortWritten).ToArray()),
        ];
        runs[1].Select(e => (e.VirtualTime, e.A, e.C)).ShouldBe(runs[0].Select(e => (e.VirtualTime, e.A, e.C)));
    }

    [Fact]
    public void The_state_is_the_fold_of_the_log_after_every_event()
    {
        BootPlan plan = Guest.Flat(64, a =>
        {
            a.mov(ecx, 0xC0000080);
            a.rdmsr();
            a.or(eax, 1);
            a.wrmsr();
            a.mov(rax, cr4);
            a.or(rax, (int)Cr4.Pge);
            a.mov(cr4, rax);
            a.mov(eax, 5);
            a.mov(cr8, rax);
            a.mov(rax, cr8);
            a.mov(ebx, eax);
            a.mov(dr0, rbx);
            a.mov(ecx, 0x10);
            a.xor(edx, edx);
            a.wrmsr();
            a.xor(eax, eax);
            a.mov(cr8, rax);
            a.mov(al, bl);
            a.Exit();
        });
        MachineManifest manifest = Guest.Manifest(plan);
        var log = new Log();
        using var machine = new VirtualMachine(manifest, plan.Images, new Script(), log, new MachineOptions { EventBatch = 1 });
        int checks = 0;
        log.Check = () =>
        {
            checks++;
            machine.State.DescribeDifference(log.Fold).ShouldBeNull();
        };

        machine.Run().Code.ShouldBe(11u);

        checks.ShouldBeGreaterThan(10);
        Live(machine, log);
    }

    // SAFETY: the machine is alive.
    private static unsafe void Live(VirtualMachine machine, Log log)
    {
        CpuState* s = machine.Processor(0).State;
        (s->Cr0, s->Cr4, s->Efer, s->Cr8).ShouldBe(
            (log.Fold.Vcpu(0).Cr0, log.Fold.Vcpu(0).Cr4, log.Fold.Vcpu(0).Msr[Hypervisor.MsrTable.EferSlot], log.Fold.Vcpu(0).Cr8));
        s->TscOffset.ShouldBe(log.Fold.Vcpu(0).Msr[Hypervisor.MsrTable.TscAdjustSlot]);
    }

    [Theory]
    [InlineData("off", EndReason.PowerOff)]
    [InlineData("port92", EndReason.Reset)]
    [InlineData("cf9", EndReason.Reset)]
    [InlineData("8042", EndReason.Reset)]
    [InlineData("triple", EndReason.TripleFault)]
    [InlineData("dead", EndReason.DeadHalt)]
    [InlineData("nowhere", EndReason.TripleFault)]
    public void A_guest_can_end_in_each_of_these_ways(string way, EndReason reason)
    {
        BootPlan plan = Guest.Flat(32, a =>
        {
            switch (way)
            {
                case "off":
                    a.mov(dx, 0x604);
                    a.mov(ax, 0x2000);
                    a.@out(dx, ax);
                    break;
                case "port92":
                    a.mov(al, 3);
                    a.@out(0x92, al);
                    break;
                case "cf9":
                    a.mov(dx, 0xCF9);
                    a.mov(al, 6);
                    a.@out(dx, al);
                    break;
                case "8042":
                    a.mov(al, 0xFE);
                    a.@out(0x64, al);
                    break;
                case "triple":
                    a.int3();
                    break;
                case "nowhere":
                    a.mov(eax, 0xD0000000);
                    a.jmp(eax);
                    break;
            }
            a.cli();
            a.hlt();
        });

        (RunResult result, Log log) = Run(plan);

        result.Reason.ShouldBe(reason);
        log.Entries[^1].Event.Kind.ShouldBe(EventKind.SessionEnded);
        log.Entries[^1].Event.A.ShouldBe((ulong)reason);
    }

    [Theory]
    [InlineData(null, 500ul)]
    [InlineData(1_234_567ul, null)]
    public void A_run_that_an_operator_cut_ends_at_the_same_point_when_it_is_run_to_that_point(ulong? time, ulong? events)
    {
        BootPlan plan = Guest.Flat(64, PortLoop);
        (RunResult cut, Log a) = Run(plan, options: new MachineOptions { UntilTime = time, UntilEvents = events });
        Event end = a.Entries[^1].Event;
        cut.Reason.ShouldBe(time is null ? EndReason.EventsReached : EndReason.TimeReached);

        (RunResult again, Log b) = Run(plan, stop: new StopPoint(end.Position, end.VirtualTime, (EndReason)end.A, (uint)end.B));

        again.ShouldBe(cut);
        b.Lines.ShouldBe(a.Lines);
    }

    [Fact]
    public void A_run_that_is_cut_while_a_port_access_takes_its_time_ends_with_what_devices_did_in_that_time()
    {
        BootPlan plan = Guest.Flat(64, a =>
        {
            // Channel 0 of the timer has an edge in nearly every port access.
            a.mov(al, 0x34);
            a.@out(0x43, al);
            a.mov(al, 2);
            a.@out(0x40, al);
            a.mov(al, 0);
            a.@out(0x40, al);
            PortLoop(a);
        });
        for (ulong time = 20_000; time < 24_000; time += 97)
        {
            (RunResult cut, Log a) = Run(plan, options: new MachineOptions { UntilTime = time });
            Event end = a.Entries[^1].Event;
            (RunResult again, Log b) = Run(plan, stop: new StopPoint(end.Position, end.VirtualTime, (EndReason)end.A, (uint)end.B));
            again.ShouldBe(cut);
            b.Entries[^1].Payload.ShouldBe(a.Entries[^1].Payload, $"cut at {time}");
            b.Lines.ShouldBe(a.Lines);
        }
    }

    [Fact]
    public void A_run_that_ended_by_itself_ends_by_itself_when_it_is_run_to_that_point()
    {
        BootPlan plan = Guest.Flat(64, PortLoop);
        (RunResult first, Log a) = Run(plan);
        Event end = a.Entries[^1].Event;
        (RunResult again, Log b) = Run(plan, stop: new StopPoint(end.Position, end.VirtualTime, (EndReason)end.A, (uint)end.B));
        again.ShouldBe(first);
        b.Lines.ShouldBe(a.Lines);
    }

    [Fact]
    public void A_load_across_the_end_of_memory_reads_ones_behind_it_and_the_guest_goes_on()
    {
        BootPlan plan = Guest.Flat(64, a =>
        {
            a.mov(rbx, 0x1122_3344_5566_7788);
            a.mov(__qword_ptr[0x9FFFD], rbx);
            a.mov(rax, __qword_ptr[0x9FFFD]);
            a.shr(rax, 16);
            a.Exit();
        });

        (RunResult result, Log log) = Run(plan);

        result.Reason.ShouldBe(EndReason.GuestExit);
        result.Code.ShouldBe((0x66u << 1) | 1);
        log.Of(EventKind.MmioWritten).ShouldHaveSingleItem().Event.C.ShouldBe(0x11_2233_4455ul);
        log.Of(EventKind.MmioRead).ShouldHaveSingleItem().Event.C.ShouldBe(0xFF_FFFF_FFFFul);
    }

    [Fact]
    public void A_sink_that_refuses_stops_the_machine_and_no_end_is_written()
    {
        BootPlan plan = Guest.Flat(64, PortLoop);
        var log = new Log { Capacity = 100 };
        using var machine = new VirtualMachine(Guest.Manifest(plan), plan.Images, new Script(), log, new MachineOptions { EventBatch = 1 });
        machine.Run().Reason.ShouldBe(EndReason.SinkStopped);
        log.Entries.Count.ShouldBe(100);
        log.Kinds.ShouldNotContain(EventKind.SessionEnded);
    }

    [Fact]
    public void One_bit_changed_in_memory_shows_in_the_next_digest_and_not_before()
    {
        BootPlan plan = Guest.Flat(64, PortLoop);
        MachineManifest Often(MachineManifest m) => m with { DigestEveryEvents = 500, Quantum = 5_000 };
        (_, Log clean) = Run(plan, change: Often);
        int turns = 0;
        var flip = new MachineOptions
        {
            Disturb = machine =>
            {
                if (++turns == 250)
                    machine.Memory.TryWrite(0x180000, [1]).ShouldBeTrue();
            },
        };
        (_, Log bent) = Run(plan, options: flip, change: Often);

        byte[][] a = [.. clean.Of(EventKind.StateDigest).Select(e => e.Payload)], b = [.. bent.Of(EventKind.StateDigest).Select(e => e.Payload)];
        a.Length.ShouldBe(b.Length);
        int firstDifference = Enumerable.Range(0, a.Length).First(i => !a[i].SequenceEqual(b[i]));
        firstDifference.ShouldBeGreaterThan(0);
        bent.Of(EventKind.StateDigest).ElementAt(firstDifference).Event.VirtualTime.ShouldBeGreaterThan(0ul);
        clean.Of(EventKind.PortRead).Select(e => e.Event.C).ShouldBe(bent.Of(EventKind.PortRead).Select(e => e.Event.C));
    }

    [Fact]
    public void A_million_warm_exits_allocate_nothing()
    {
        BootPlan plan = Guest.Flat(64, a =>
        {
            Label again = a.CreateLabel();
            a.mov(ecx, 700_000);
            a.mov(dx, 0x3FD);
            a.Label(ref again);
            a.@in(al, dx);
            a.@out(0x80, al);
            a.dec(ecx);
            a.jnz(again);
            a.Exit();
        });
        MachineManifest manifest = Guest.Manifest(plan);
        var sink = new CountingSink();
        var options = new MachineOptions
        {
            OnTurn = progress =>
            {
                if (sink.Before == 0 && progress.Position > 100_000)
                    (sink.Before, sink.PositionBefore) = (GC.GetAllocatedBytesForCurrentThread(), progress.Position);
                else if (progress.Position > 1_200_000 && sink.After == 0)
                    (sink.After, sink.PositionAfter) = (GC.GetAllocatedBytesForCurrentThread(), progress.Position);
            },
        };
        using var machine = new VirtualMachine(manifest, plan.Images, new Script(), sink, options);
        machine.Run().Reason.ShouldBe(EndReason.GuestExit);

        (sink.PositionAfter - sink.PositionBefore).ShouldBeGreaterThan(1_000_000ul);
        (sink.After - sink.Before).ShouldBe(0L);
    }

    private sealed class CountingSink : IEventSink
    {
        public long Before, After;
        public ulong PositionBefore, PositionAfter;

        public bool Append(ReadOnlySpan<Event> events, ReadOnlySpan<byte> arena) => true;
    }
}
