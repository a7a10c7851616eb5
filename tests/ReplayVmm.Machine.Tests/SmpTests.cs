using System.Buffers.Binary;
using Iced.Intel;
using ReplayVmm.Events;
using ReplayVmm.Processor;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Machine.Tests;

/// <summary>Several processors taking turns.</summary>
public sealed class SmpTests
{
    private sealed record Outcome(RunResult Result, Log Log, uint[] Counters);

    private static Outcome Run(int vcpus, Func<MachineManifest, MachineManifest>? change = null, MachineOptions? options = null)
    {
        BootPlan plan = SmpGuest.Plan(vcpus);
        MachineManifest manifest = SmpGuest.Manifest(plan, vcpus);
        return Run(plan, change is null ? manifest : change(manifest), options);
    }

    private static Outcome Run(BootPlan plan, MachineManifest manifest, MachineOptions? options = null)
    {
        var log = new Log();
        options ??= new MachineOptions { UntilTime = 1_000_000_000 };
        using var machine = new VirtualMachine(manifest, plan.Images, new Script(), log, options with { EventBatch = 1 });
        log.Check = () => machine.State.DescribeDifference(log.Fold).ShouldBeNull();
        RunResult result = machine.Run();
        byte[] bytes = new byte[4 * Enum.GetValues<SmpGuest.Counter>().Length];
        machine.Memory.TryRead(SmpGuest.Counters, bytes).ShouldBeTrue();
        return new Outcome(result, log, [.. bytes.Chunk(4).Select(b => BinaryPrimitives.ReadUInt32LittleEndian(b))]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void Processors_start_lock_interrupt_shoot_down_and_change_code_and_do_it_again_in_the_same_way(int vcpus)
    {
        Outcome first = Run(vcpus);

        (first.Result.Reason, first.Result.Code).ShouldBe((EndReason.GuestExit, 0x43u));
        foreach (SmpGuest.Counter counter in Enum.GetValues<SmpGuest.Counter>())
            first.Counters[(int)counter].ShouldBe((uint)SmpGuest.Expected(counter, vcpus), counter.ToString());
        first.Log.Entries.Select(e => (int)e.Event.Vcpu).Distinct().Order().ShouldBe(Enumerable.Range(0, vcpus));
        first.Log.Of(EventKind.StateDigest).Count().ShouldBeGreaterThan(0);

        Outcome second = Run(vcpus);
        second.Result.ShouldBe(first.Result);
        second.Log.Lines.ShouldBe(first.Log.Lines);
    }

    [Fact]
    public void Each_processor_sees_its_own_identifier_and_how_many_there_are()
    {
        // Each stores what CPUID and its APIC say at 6000h + 4 x its number, then counts itself.
        const int Vcpus = 3;
        byte[] image = new byte[0x2000];
        byte[] trampoline = SixteenBit(0x8000, a =>
        {
            a.jmp(0x9000ul);
        });
        trampoline.CopyTo(image, 0);
        void Common(Assembler a)
        {
            a.xor(ax, ax);
            a.mov(ds, ax);
            a.mov(eax, 0xB);
            a.mov(ecx, 0);
            a.cpuid();
            a.mov(esi, edx);
            a.shl(si, 2);
            a.add(si, 0x6000);
            a.mov(__dword_ptr[si], edx);
            a.mov(eax, 1);
            a.cpuid();
            a.mov(__dword_ptr[si + 0x100], ebx);
            a.mov(ecx, 0x1B);
            a.rdmsr();
            a.mov(__dword_ptr[si + 0x200], eax);
            a.mov(eax, 0xB);
            a.mov(ecx, 1);
            a.cpuid();
            a.mov(__dword_ptr[si + 0x300], ebx);
        }

        SixteenBit(0x9000, a =>
        {
            Common(a);
            a.@lock.inc(__dword_ptr[0x7000]);
            a.cli();
            a.hlt();
        }).CopyTo(image, 0x1000);
        SixteenBit(0x9800, a =>
        {
            Common(a);
            // The APIC's registers lie above what real mode reaches, so x2APIC mode sends the IPIs.
            a.mov(ecx, 0x1B);
            a.rdmsr();
            a.or(eax, 0xC00);
            a.wrmsr();
            a.mov(edx, 0);
            foreach (int command in (int[])[0xC_4500, 0xC_4608])
            {
                a.mov(ecx, 0x830);
                a.mov(eax, command);
                a.wrmsr();
            }

            Label wait = a.CreateLabel();
            a.Label(ref wait);
            a.pause();
            a.cmp(__dword_ptr[0x7000], Vcpus - 1);
            a.jne(wait);
            a.mov(al, 1);
            a.@out(0xF4, al);
            a.hlt();
        }).CopyTo(image, 0x1800);
        BootPlan plan = BootLoader.Flat(new BootImage("cpuid", image), 0x8000, 0x9800, 16, 2 << 20, new PlatformShape(Vcpus));
        var log = new Log();
        using var machine = new VirtualMachine(
            Guest.Manifest(plan) with { Vcpus = Vcpus }, plan.Images, new Script(), log, new MachineOptions { UntilTime = 100_000_000 });
        machine.Run().Reason.ShouldBe(EndReason.GuestExit);
        uint At(int address)
        {
            byte[] bytes = new byte[4];
            machine.Memory.TryRead((ulong)address, bytes).ShouldBeTrue();
            return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        }

        for (int i = 0; i < Vcpus; i++)
        {
            At(0x6000 + (4 * i)).ShouldBe((uint)i, "leaf Bh: x2APIC identifier");
            (At(0x6100 + (4 * i)) >> 24).ShouldBe((uint)i, "leaf 1: initial APIC identifier");
            ((At(0x6100 + (4 * i)) >> 16) & 0xFF).ShouldBe((uint)Vcpus);
            ((At(0x6200 + (4 * i)) >> 8) & 1).ShouldBe(i == 0 ? 1u : 0, "IA32_APIC_BASE.BSP");
            (At(0x6300 + (4 * i)) & 0xFFFF).ShouldBe((uint)Vcpus, "leaf Bh: processors in the package");
        }
    }

    private static byte[] SixteenBit(ulong address, Action<Assembler> program)
    {
        var assembler = new Assembler(16);
        program(assembler);
        using var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), address);
        return stream.ToArray();
    }

    [Fact]
    public void A_processor_that_waits_in_a_pause_loop_gives_its_turn_away()
    {
        Outcome outcome = Run(4);
        List<Event> pauses = [.. outcome.Log.Of(EventKind.VmExited).Select(e => e.Event).Where(e => e.A == (ulong)ExitReason.Pause)];
        pauses.Count.ShouldBeGreaterThan(10);
        for (int i = 1; i < pauses.Count; i++)
            (pauses[i].VirtualTime - pauses[i - 1].VirtualTime).ShouldBeGreaterThanOrEqualTo(10_000ul / 32);
        pauses.Select(e => e.Vcpu).Distinct().Count().ShouldBeGreaterThan(1);
    }

    [Fact]
    public void One_processor_never_exits_for_a_pause()
    {
        Run(1).Log.Entries.ShouldNotContain(e => e.Event.Kind == EventKind.VmExited && e.Event.A == (ulong)ExitReason.Pause);
    }

    [Fact]
    public void Processors_that_were_never_started_cost_nothing_and_do_not_keep_a_dead_machine_alive()
    {
        BootPlan plan = Guest.Flat(32, a =>
        {
            a.cli();
            a.hlt();
        });
        Outcome outcome = Run(plan, Guest.Manifest(plan) with { Vcpus = 4 });
        outcome.Result.Reason.ShouldBe(EndReason.DeadHalt);
        outcome.Result.Instructions.ShouldBe(2ul);
        outcome.Log.Fold.Vcpu(3).Halted.ShouldBe(2ul);
    }

    [Theory]
    [InlineData(ulong.MaxValue, 250ul)]
    [InlineData(123_456ul, ulong.MaxValue)]
    [InlineData(400_001ul, ulong.MaxValue)]
    public void A_run_can_be_led_to_the_very_point_where_another_ended(ulong time, ulong events)
    {
        MachineOptions until = new()
        {
            UntilTime = time == ulong.MaxValue ? null : time,
            UntilEvents = events == ulong.MaxValue ? null : events,
        };
        Outcome ended = Run(4, options: until);
        BootPlan plan = SmpGuest.Plan(4);
        var log = new Log();
        using var machine = new VirtualMachine(
            SmpGuest.Manifest(plan, 4), plan.Images, new Script(), log, new MachineOptions { EventBatch = 1 });
        (Event last, byte[] _) = ended.Log.Entries[^1];
        RunResult result = machine.Run(new StopPoint(last.Position, last.VirtualTime, ended.Result.Reason, ended.Result.Code));
        result.ShouldBe(ended.Result);
        log.Lines.ShouldBe(ended.Log.Lines);
    }

    [Fact]
    public void A_local_apic_answers_where_its_base_register_puts_it_and_nowhere_else()
    {
        BootPlan plan = Guest.Flat(32, a =>
        {
            a.mov(ecx, 0x1B);
            a.mov(eax, unchecked((int)0xFEE1_0900));
            a.xor(edx, edx);
            a.wrmsr();
            a.mov(eax, __dword_ptr[0xFEE1_0030L]);
            a.mov(__dword_ptr[0x6000], eax);
            a.mov(eax, __dword_ptr[0xFEE0_0030L]);
            a.mov(__dword_ptr[0x6004], eax);
            a.mov(__dword_ptr[0xFEC0_0000L], 1);
            a.mov(eax, __dword_ptr[0xFEC0_0010L]);
            a.mov(__dword_ptr[0x6008], eax);
            a.Exit();
        });
        using var machine = new VirtualMachine(Guest.Manifest(plan), plan.Images, new Script(), new Log());
        machine.Run().Reason.ShouldBe(EndReason.GuestExit);
        byte[] bytes = new byte[12];
        machine.Memory.TryRead(0x6000, bytes).ShouldBeTrue();
        bytes.Chunk(4).Select(b => BinaryPrimitives.ReadUInt32LittleEndian(b)).ShouldBe([0x0005_0014u, uint.MaxValue, 0x0017_0020u]);
    }
}
