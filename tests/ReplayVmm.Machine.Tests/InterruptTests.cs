using Iced.Intel;
using ReplayVmm.Events;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Machine.Tests;

public sealed class InterruptTests
{
    private static (RunResult Result, Log Log) Run(BootPlan plan, Script? script = null)
    {
        var log = new Log();
        using var machine = new VirtualMachine(Guest.Manifest(plan), plan.Images, script ?? new Script(), log, new MachineOptions { EventBatch = 1 });
        log.Check = () => machine.State.DescribeDifference(log.Fold).ShouldBeNull();
        return (machine.Run(), log);
    }

    /// <summary>Both 8259A at vectors 20h and 28h, all inputs masked but those in <paramref name="open"/>.</summary>
    private static void InitializePic(Assembler a, byte open)
    {
        (byte, byte)[] words = [(0x20, 0x11), (0x21, 0x20), (0x21, 4), (0x21, 1), (0xA0, 0x11), (0xA1, 0x28), (0xA1, 2), (0xA1, 1)];
        foreach ((byte port, byte value) in words)
        {
            a.mov(al, value);
            a.@out(port, al);
        }
        a.mov(al, (byte)~open);
        a.@out(0x21, al);
        a.mov(al, 0xFF);
        a.@out(0xA1, al);
    }

    [Fact]
    public void A_timer_wakes_a_halted_guest_at_its_frequency_and_idle_time_costs_no_instructions()
    {
        BootPlan plan = Guest.Flat(16, a =>
        {
            Label start = a.CreateLabel(), wait = a.CreateLabel();
            a.jmp(start);
            a.inc(cx);
            a.mov(al, 0x20);
            a.@out(0x20, al);
            a.iret();
            a.Label(ref start);
            a.cli();
            a.mov(ax, unchecked((short)Guest.Handler));
            a.mov(__word_ptr[0x80], ax);
            a.mov(__word_ptr[0x82], (short)0);
            InitializePic(a, open: 1);
            a.mov(al, 0x34);
            a.@out(0x43, al);
            a.mov(al, 11932 & 0xFF);
            a.@out(0x40, al);
            a.mov(al, 11932 >> 8);
            a.@out(0x40, al);
            a.xor(cx, cx);
            a.Label(ref wait);
            a.sti();
            a.hlt();
            a.cmp(cx, 5);
            a.jb(wait);
            a.mov(al, cl);
            a.Exit();
        });

        (RunResult result, Log log) = Run(plan);

        result.Reason.ShouldBe(EndReason.GuestExit);
        result.Code.ShouldBe(11u);
        result.Instructions.ShouldBeLessThan(200ul);
        result.VirtualTime.ShouldBeInRange(49_900_000ul, 50_200_000ul);
        ulong[] times = [.. log.Of(EventKind.InterruptInjected).Select(e => e.Event.VirtualTime)];
        times.Length.ShouldBe(5);
        log.Of(EventKind.InterruptInjected).ShouldAllBe(e => e.Event.A == 0x20);
        for (int i = 1; i < times.Length; i++)
            (times[i] - times[i - 1]).ShouldBeInRange(9_999_000ul, 10_001_000ul);
    }

    [Fact]
    public void An_interrupt_that_comes_while_interrupts_are_off_is_delivered_after_the_instruction_behind_sti()
    {
        BootPlan plan = Guest.Flat(16, a =>
        {
            Label start = a.CreateLabel(), spin = a.CreateLabel(), stop = a.CreateLabel();
            a.jmp(start);
            a.mov(al, bl);
            a.Exit();
            a.Label(ref start);
            a.cli();
            a.mov(ax, unchecked((short)Guest.Handler));
            a.mov(__word_ptr[0x80], ax);
            a.mov(__word_ptr[0x82], (short)0);
            InitializePic(a, open: 1);
            a.mov(al, 0x30);
            a.@out(0x43, al);
            a.mov(al, 20);
            a.@out(0x40, al);
            a.mov(al, 0);
            a.@out(0x40, al);
            a.mov(cx, 60_000);
            a.Label(ref spin);
            a.dec(cx);
            a.jnz(spin);
            a.mov(bl, 0);
            a.sti();
            a.inc(bl);
            a.inc(bl);
            a.Label(ref stop);
            a.jmp(stop);
        });

        (RunResult result, _) = Run(plan);

        result.Code.ShouldBe(3u);
    }

    [Fact]
    public void What_is_typed_comes_back_through_the_serial_interrupt()
    {
        BootPlan plan = Guest.Flat(16, a =>
        {
            Label start = a.CreateLabel(), wait = a.CreateLabel(), more = a.CreateLabel(), done = a.CreateLabel(), end = a.CreateLabel();
            a.jmp(start);
            a.mov(dx, 0x3FD);
            a.Label(ref more);
            a.@in(al, dx);
            a.test(al, 1);
            a.jz(done);
            a.mov(dl, 0xF8);
            a.@in(al, dx);
            a.cmp(al, (byte)'q');
            a.je(end);
            a.xor(al, 0x20);
            a.@out(dx, al);
            a.mov(dl, 0xFD);
            a.jmp(more);
            a.Label(ref done);
            a.mov(al, 0x20);
            a.@out(0x20, al);
            a.iret();
            a.Label(ref end);
            a.mov(al, 1);
            a.Exit();
            a.Label(ref start);
            a.cli();
            a.mov(ax, unchecked((short)Guest.Handler));
            a.mov(__word_ptr[0x90], ax);
            a.mov(__word_ptr[0x92], (short)0);
            InitializePic(a, open: 0x10);
            a.mov(dx, 0x3FA);
            a.mov(al, 7);
            a.@out(dx, al);
            a.mov(dx, 0x3FC);
            a.mov(al, 0xB);
            a.@out(dx, al);
            a.mov(dx, 0x3F9);
            a.mov(al, 1);
            a.@out(dx, al);
            a.Label(ref wait);
            a.sti();
            a.hlt();
            a.jmp(wait);
        });

        (RunResult result, Log log) = Run(plan, new Script((1_000_000, "hello"), (3_000_000, " worldwide, farther than a FIFO holds"), (9_000_000, "q")));

        result.Reason.ShouldBe(EndReason.GuestExit);
        log.Printed.ShouldBe("HELLO\0WORLDWIDE\f\0FARTHER\0THAN\0A\0fifo\0HOLDS");
        log.Of(EventKind.ConsoleInput).First().Event.VirtualTime.ShouldBe(1_000_000ul);
        log.Of(EventKind.ConsoleInput).SelectMany(e => e.Payload).Count().ShouldBe(43);
    }

    [Fact]
    public void The_local_apic_timer_interrupts_through_its_own_vector()
    {
        const uint Apic = 0xFEE0_0000;
        const ulong Table = 0x1000;
        byte[] program = Guest.Assemble(32, a =>
        {
            Label start = a.CreateLabel(), wait = a.CreateLabel();
            a.jmp(start);
            a.inc(ecx);
            a.mov(__dword_ptr[Apic + 0xB0], 0);
            a.iretd();
            a.Label(ref start);
            a.lidt(__[0x900]);
            a.mov(eax, (uint)Guest.Handler);
            a.mov(__word_ptr[(uint)Table + (0x40 * 8)], ax);
            a.shr(eax, 16);
            a.mov(__word_ptr[(uint)Table + (0x40 * 8) + 6], ax);
            a.mov(eax, Apic);
            a.mov(__dword_ptr[eax + 0xF0], 0x1FF);
            a.mov(__dword_ptr[eax + 0x3E0], 0xB);
            a.mov(__dword_ptr[eax + 0x320], 0x2_0040);
            a.mov(__dword_ptr[eax + 0x380], 250_000);
            a.xor(ecx, ecx);
            a.Label(ref wait);
            a.sti();
            a.hlt();
            a.cmp(ecx, 4);
            a.jb(wait);
            a.mov(al, cl);
            a.Exit();
        });
        BootPlan plan = BootLoader.Flat(new BootImage("apic", program), Guest.Load, Guest.Load, 32, 2 << 20);
        byte[] pointer = [0xFF, 7, .. BitConverter.GetBytes((uint)Table)];
        byte[] gate = [0, 0, 0x10, 0, 0, 0x8E, 0, 0];
        plan = plan with { Images = [.. plan.Images, new MemoryImage(0x900, pointer), new MemoryImage(Table + (0x40 * 8), gate)] };

        (RunResult result, Log log) = Run(plan);

        result.Reason.ShouldBe(EndReason.GuestExit);
        result.Code.ShouldBe(9u);
        log.Of(EventKind.InterruptInjected).Select(e => e.Event.A).ShouldBe([0x40ul, 0x40ul, 0x40ul, 0x40ul]);
        ulong[] times = [.. log.Of(EventKind.InterruptInjected).Select(e => e.Event.VirtualTime)];
        (times[3] - times[0]).ShouldBeInRange(749_000ul, 751_000ul);
    }

    [Fact]
    public void A_deadline_that_nobody_lives_to_see_wakes_nobody()
    {
        const uint Apic = 0xFEE0_0000;
        BootPlan plan = Guest.Flat(32, a =>
        {
            a.mov(eax, Apic);
            a.mov(__dword_ptr[eax + 0xF0], 0x1FF);
            a.mov(__dword_ptr[eax + 0x320], 0x4_0040);
            a.mov(ecx, 0x6E0);
            a.mov(edx, 0xFFFF_FFFF);
            a.mov(eax, 0xFFFF_0000);
            a.wrmsr();
            a.sti();
            a.hlt();
        });

        (RunResult result, Log log) = Run(plan);

        log.Of(EventKind.MsrWritten).ShouldContain(e => e.Event.A == 0x6E0 && e.Event.C == 0xFFFF_FFFF_FFFF_0000);
        result.Reason.ShouldBe(EndReason.DeadHalt);
        result.VirtualTime.ShouldBeLessThan(1_000_000ul);
    }

    [Fact]
    public void An_operator_can_end_a_guest_that_idles()
    {
        BootPlan plan = Guest.Flat(16, a =>
        {
            Label wait = a.CreateLabel();
            InitializePic(a, open: 0);
            a.mov(al, 0x34);
            a.@out(0x43, al);
            a.mov(al, 0);
            a.@out(0x40, al);
            a.@out(0x40, al);
            a.Label(ref wait);
            a.sti();
            a.hlt();
            a.jmp(wait);
        });
        (RunResult result, _) = Run(plan, new Script { End = now => now >= 200_000_000 ? EndReason.OperatorStopped : null });
        result.Reason.ShouldBe(EndReason.OperatorStopped);
        result.VirtualTime.ShouldBeInRange(200_000_000ul, 260_000_000ul);
    }
}
