using static Iced.Intel.AssemblerRegisters;
using static ReplayVmm.Conformance.LocalApic;

namespace ReplayVmm.Conformance;

/// <summary>
/// External interrupts and NMIs by the local APIC: shadows, masking, halting, priorities (SDM volume 3, 6.7, 6.8 and 6.9; volume 2, STI,
/// HLT).
/// </summary>
internal static class Interrupts
{
    private const uint Interrupt = 0x200;

    /// <summary>In both modes.</summary>
    public static Family Make(int mode) =>
        new($"interrupts-{mode}", mode, [.. InterruptShadows.Make(), .. Masking(), .. Priorities(), .. NonMaskableInterrupts.Make(), .. Halts()]);

    private static IEnumerable<Case> Masking()
    {
        yield return new("an interrupt that waits while IF is clear", c =>
        {
            c.PrepareApic();
            c.Send(Low);
            c.A.inc(ecx);
            c.Done();
        });
        yield return new("the interrupt of the case before is still there", c =>
        {
            c.PrepareApic();
            c.A.sti();
            c.A.nop();
            c.A.nop();
            c.Done();
        });
        foreach (uint priority in (uint[])[0x40, 0x50, 0x60])
        {
            yield return new($"task priority {priority:X}h", c =>
            {
                c.PrepareApic();
                c.WriteApic(TaskPriority, priority);
                c.Send(Low);
                c.A.sti();
                c.A.nop();
                c.A.nop();
                c.A.cli();
                c.WriteApic(TaskPriority, 0);
                c.A.inc(ecx);
                c.A.sti();
                c.A.inc(ecx);
                c.A.inc(ecx);
                c.Done();
            });
        }
        yield return new("INT 51h is not the interrupt", c =>
        {
            c.PrepareApic();
            c.Send(Low);
            c.A.@int(Low);
        });
    }

    private static IEnumerable<Case> Priorities()
    {
        yield return new("two interrupts: the higher one first", c =>
        {
            c.PrepareApic();
            c.Gate(High, c["high"]);
            c.Gate(Low, c["low"]);
            c.Send(Low);
            c.Send(High);
            c.A.sti();
            c.A.nop();
            c.A.nop();
            c.Done();
            c.Mark("high");
            c.A.lea(ecx, __[ecx + (ecx * 1) + 1]);
            c.WriteApic(EndOfInterrupt, 0);
            c.Return();
            c.Mark("low");
            c.A.lea(ecx, __[ecx + (ecx * 1) + 2]);
            c.WriteApic(EndOfInterrupt, 0);
            c.Return();
        });
        yield return new("a lower interrupt waits for the end of the higher one", c =>
        {
            c.PrepareApic();
            c.Gate(High, c["high"]);
            c.Send(Low);
            c.Send(High);
            c.A.sti();
            c.A.nop();
            c.Mark("high");
            c.A.sti();
            c.A.inc(ecx);
            c.A.inc(ecx);
            c.WriteApic(EndOfInterrupt, 0);
            c.A.inc(ecx);
            c.JumpOn();
            c.A.nop();
            c.Done();
        });
        yield return new("a step comes before an interrupt", c =>
        {
            c.PrepareApic();
            c.Gate(1, c["trap"]);
            c.Send(Low);
            c.PopFlags(0x100 | 2);
            c.A.sti();
            c.A.nop();
            c.A.nop();
            c.Mark("trap");
            c.A.inc(ecx);
            c.Done();
        });
        yield return new("an NMI comes before an interrupt", c =>
        {
            c.PrepareApic();
            c.Gate(2, c["nmi"]);
            c.Send(Low);
            // Both wait in the handler of the first NMI for its IRET, which sets IF.
            c.InNmiWithAnother();
            c.A.or(__dword_ptr[c.Mode == 64 ? Layout.CaseStack - 24 : Layout.CaseStack - 4], Interrupt);
            c.Return();
            c.Mark("second");
            c.Done();
        });
        yield return new("an interrupt comes before an execution breakpoint", c =>
        {
            c.PrepareApic();
            c.A.mov(eax, c["there"]);
            c.MoveToDr(0);
            c.A.mov(eax, 1);
            c.MoveToDr(7);
            c.A.mov(eax, 0);
            c.Send(Low);
            c.A.sti();
            c.A.nop();
            c.Mark("there");
            c.A.inc(ecx);
            c.Done();
        });
        yield return new("an interrupt comes before a page that is not there", c =>
        {
            // The last instruction on which STI holds it off is the jump there: it comes when the next one would have to be fetched.
            const uint NotThere = 0x3000_0000;
            c.PrepareApic();
            c.Send(Low);
            if (c.Mode == 32)
            {
                PagingForm.TwoLevelLarge.Map(c);
                PagingForm.TwoLevelLarge.Enable(c);
            }
            c.PlainFlags();
            c.A.mov(ecx, NotThere);
            c.A.sti();
            if (c.Mode == 64)
                c.A.jmp(rcx);
            else
                c.A.jmp(ecx);
        });
    }

    private static IEnumerable<Case> Halts()
    {
        yield return new("STI, HLT with an interrupt that waits", c =>
        {
            c.PrepareApic();
            c.Send(Low);
            c.A.sti();
            c.A.hlt();
            c.A.inc(ecx);
            c.Done();
        });
        yield return new("HLT that a handler leaves goes on behind it", c =>
        {
            c.PrepareApic();
            c.Gate(Low, c["interrupt"]);
            c.Send(Low);
            c.A.sti();
            c.A.hlt();
            c.A.inc(ecx);
            c.Done();
            c.Mark("interrupt");
            c.A.mov(edx, ecx);
            c.A.inc(esi);
            c.WriteApic(EndOfInterrupt, 0);
            c.Return();
        });
        foreach (int ring in (int[])[1, 3])
        {
            yield return new($"HLT at CPL {ring}", c =>
            {
                c.Ring(ring);
                c.A.hlt();
            });
        }
        yield return new("the APIC's timer ends HLT", c =>
        {
            c.PrepareApic();
            c.WriteApic(TimerDivider, 0xB);
            c.WriteApic(TimerEntry, High);
            c.WriteApic(TimerStart, 1000);
            c.A.sti();
            c.A.hlt();
            c.A.inc(ecx);
            c.Done();
        });
    }
}
