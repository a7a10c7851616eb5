using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>External interrupts and NMIs by the local APIC: shadows, masking, halting, priorities (SDM volume 3, 6.7, 6.8 and 6.9; volume 2, STI, HLT).</summary>
internal static class Interrupts
{
    private const byte Low = 0x51, High = 0x71;
    private const uint Spurious = SystemSetup.Apic + 0xF0, EndOfInterrupt = SystemSetup.Apic + 0xB0, Command = SystemSetup.Apic + 0x300, TaskPriority = SystemSetup.Apic + 0x80;
    private const uint Self = 0x4_0000, Nmi = 0x400, Enabled = 0x1FF;
    private const uint Interrupt = 0x200;

    /// <summary>In both modes.</summary>
    public static Family Make(int mode) => new($"interrupts-{mode}", mode, [.. Shadows(), .. Masking(), .. Priorities(), .. NonMaskable(), .. Halts()]);

    /// <summary>The local APIC on, nothing in service, task priority 0.</summary>
    private static void Prepare(CaseWriter c)
    {
        if (c.Mode == 64)
            c.UserPages();
        WriteApic(c, Spurious, Enabled);
        WriteApic(c, TaskPriority, 0);
        // Each end of interrupt ends one; cases leave at most a few.
        for (int i = 0; i < 4; i++)
            WriteApic(c, EndOfInterrupt, 0);
        c.PlainFlags();
    }

    private static void WriteApic(CaseWriter c, uint register, uint value)
    {
        // Addresses above 2 GiB are no displacements of 64-bit mode.
        c.A.mov(ebx, register);
        if (c.Mode == 64)
            c.A.mov(__dword_ptr[rbx], value);
        else
            c.A.mov(__dword_ptr[ebx], value);
        c.A.mov(ebx, 0);
    }

    /// <summary>Sends it, and lets machines that look only at jumps see it.</summary>
    private static void Send(CaseWriter c, uint what)
    {
        // Only fixed interrupts have the shorthand "self"; destination 0 is this processor.
        WriteApic(c, Command, what == Nmi ? Nmi : Self | what);
        c.A.jmp(c.A.@F);
        c.A.nop();
        c.A.AnonymousLabel();
        c.A.nop();
    }

    private static void Return(CaseWriter c)
    {
        if (c.Mode == 64)
            c.A.iretq();
        else
            c.A.iretd();
    }

    private static void PopFlags(CaseWriter c, uint flags)
    {
        c.A.push((int)flags);
        if (c.Mode == 64)
            c.A.popfq();
        else
            c.A.popfd();
    }

    private static IEnumerable<Case> Shadows()
    {
        (string Name, Action<CaseWriter> Code)[] rows =
        [
            ("STI", c => c.A.sti()),
            ("STI with interrupts already enabled", c =>
            {
                c.A.sti();
                c.A.sti();
            }),
            ("STI, CLI", c =>
            {
                c.A.sti();
                c.A.cli();
                c.A.inc(edx);
                c.A.sti();
            }),
            ("POPF", c => PopFlags(c, Interrupt | 2)),
            ("IRET", c => c.Leave(Selectors.Code0, Selectors.Data0, Layout.CaseStack, Interrupt | 2)),
            ("IRET to ring 3", c => c.Leave(Selectors.Code3, Selectors.Data3, Layout.UserStack, Interrupt | 2)),
            ("STI, MOV SS", c =>
            {
                c.A.mov(eax, ss);
                c.A.sti();
                c.A.mov(ss, eax);
            }),
            ("STI, MOV SS, MOV SS", c =>
            {
                c.A.mov(eax, ss);
                c.A.sti();
                c.A.mov(ss, eax);
                c.A.mov(ss, eax);
            }),
            ("MOV SS, STI", c =>
            {
                c.A.mov(eax, ss);
                c.A.mov(ss, eax);
                c.A.sti();
            }),
            ("STI, MOV DS", c =>
            {
                c.A.mov(eax, ds);
                c.A.sti();
                c.A.mov(ds, eax);
            }),
            ("STI, INT3", c =>
            {
                c.Gate(3, c["trap"], 0x8F);
                c.A.sti();
                c.A.int3();
                c.Mark("trap");
            }),
            ("STI, an undefined opcode", c =>
            {
                c.Gate(6, c["trap"], 0x8F);
                c.A.sti();
                c.A.ud2();
                c.Mark("trap");
            }),
            ("STI, NOP in two blocks", c =>
            {
                c.A.sti();
                c.A.jmp(c.A.@F);
                c.A.nop();
                c.A.AnonymousLabel();
            }),
        ];
        foreach ((string name, Action<CaseWriter> code) in rows)
        {
            yield return new($"an interrupt that waits, then {name}", c =>
            {
                Prepare(c);
                Send(c, Low);
                code(c);
                for (int i = 0; i < 4; i++)
                    c.A.inc(ecx);
                c.Done();
            });
        }
    }

    private static IEnumerable<Case> Masking()
    {
        yield return new("an interrupt that waits while IF is clear", c =>
        {
            Prepare(c);
            Send(c, Low);
            c.A.inc(ecx);
            c.Done();
        });
        yield return new("the interrupt of the case before is still there", c =>
        {
            Prepare(c);
            c.A.sti();
            c.A.nop();
            c.A.nop();
            c.Done();
        });
        foreach (uint priority in (uint[])[0x40, 0x50, 0x60])
        {
            yield return new($"task priority {priority:X}h", c =>
            {
                Prepare(c);
                WriteApic(c, TaskPriority, priority);
                Send(c, Low);
                c.A.sti();
                c.A.nop();
                c.A.nop();
                c.A.cli();
                WriteApic(c, TaskPriority, 0);
                c.A.inc(ecx);
                c.A.sti();
                c.A.inc(ecx);
                c.A.inc(ecx);
                c.Done();
            });
        }
        yield return new("INT 51h is not the interrupt", c =>
        {
            Prepare(c);
            Send(c, Low);
            c.A.@int(Low);
        });
    }

    private static IEnumerable<Case> Priorities()
    {
        yield return new("two interrupts: the higher one first", c =>
        {
            Prepare(c);
            c.Gate(High, c["high"]);
            c.Gate(Low, c["low"]);
            Send(c, Low);
            Send(c, High);
            c.A.sti();
            c.A.nop();
            c.A.nop();
            c.Done();
            c.Mark("high");
            c.A.lea(ecx, __[ecx + (ecx * 1) + 1]);
            WriteApic(c, EndOfInterrupt, 0);
            Return(c);
            c.Mark("low");
            c.A.lea(ecx, __[ecx + (ecx * 1) + 2]);
            WriteApic(c, EndOfInterrupt, 0);
            Return(c);
        });
        yield return new("a lower interrupt waits for the end of the higher one", c =>
        {
            Prepare(c);
            c.Gate(High, c["high"]);
            Send(c, Low);
            Send(c, High);
            c.A.sti();
            c.A.nop();
            c.Mark("high");
            c.A.sti();
            c.A.inc(ecx);
            c.A.inc(ecx);
            WriteApic(c, EndOfInterrupt, 0);
            c.A.inc(ecx);
            c.A.jmp(c.A.@F);
            c.A.nop();
            c.A.AnonymousLabel();
            c.A.nop();
            c.Done();
        });
        yield return new("a step comes before an interrupt", c =>
        {
            Prepare(c);
            c.Gate(1, c["trap"]);
            Send(c, Low);
            PopFlags(c, 0x100 | 2);
            c.A.sti();
            c.A.nop();
            c.A.nop();
            c.Mark("trap");
            c.A.inc(ecx);
            c.Done();
        });
        yield return new("an NMI comes before an interrupt", c =>
        {
            Prepare(c);
            c.Gate(2, c["nmi"]);
            Send(c, Low);
            // Both wait in the handler of the first NMI for its IRET, which sets IF.
            Send(c, Nmi);
            c.A.nop();
            c.Done();
            c.Mark("nmi");
            c.A.inc(ecx);
            c.A.cmp(ecx, 2);
            c.A.je(c["second"]);
            WriteApic(c, Command, Nmi);
            c.A.or(__dword_ptr[c.Mode == 64 ? Layout.CaseStack - 24 : Layout.CaseStack - 4], Interrupt);
            Return(c);
            c.Mark("second");
            c.Done();
        });
        yield return new("an interrupt comes before an execution breakpoint", c =>
        {
            Prepare(c);
            c.A.mov(eax, c["there"]);
            if (c.Mode == 64)
                c.A.mov(dr0, rax);
            else
                c.A.mov(dr0, eax);
            c.A.mov(eax, 1);
            if (c.Mode == 64)
                c.A.mov(dr7, rax);
            else
                c.A.mov(dr7, eax);
            c.A.mov(eax, 0);
            Send(c, Low);
            c.A.sti();
            c.A.nop();
            c.Mark("there");
            c.A.inc(ecx);
            c.Done();
        });
        yield return new("an interrupt comes before a page that is not there", c =>
        {
            Prepare(c);
            Send(c, Low);
            c.A.sti();
            if (c.Mode == 64)
            {
                c.A.mov(ecx, 0x3000_0000);
                c.A.jmp(rcx);
            }
            else
            {
                c.A.nop();
                c.A.ud2();
            }
        });
    }

    private static IEnumerable<Case> NonMaskable()
    {
        yield return new("an NMI with IF clear", c =>
        {
            Prepare(c);
            Send(c, Nmi);
            c.A.nop();
            c.Done();
        });
        yield return new("an NMI with the shorthand self", c =>
        {
            Prepare(c);
            WriteApic(c, Command, Self | Nmi);
            c.A.jmp(c.A.@F);
            c.A.nop();
            c.A.AnonymousLabel();
            c.A.nop();
            c.Done();
        });
        yield return new("an NMI waits for IRET of the one before", c =>
        {
            Prepare(c);
            c.Gate(2, c["nmi"]);
            Send(c, Nmi);
            c.A.nop();
            c.A.mov(edx, ecx);
            c.Done();
            c.Mark("nmi");
            c.A.inc(ecx);
            c.A.cmp(ecx, 2);
            c.A.je(c.A.@F);
            WriteApic(c, Command, Nmi);
            c.A.jmp(c["behind"]);
            c.A.nop();
            c.Mark("behind");
            c.A.mov(esi, ecx);
            c.A.AnonymousLabel();
            Return(c);
        });
        yield return new("an IRET that faults lets NMIs in", c =>
        {
            Prepare(c);
            c.Gate(2, c["nmi"]);
            c.Gate(13, c["fault"]);
            Send(c, Nmi);
            c.A.nop();
            c.Done();
            c.Mark("nmi");
            c.A.inc(ecx);
            c.A.cmp(ecx, 2);
            c.A.je(c["second"]);
            WriteApic(c, Command, Nmi);
            c.A.push(Selectors.Data0);
            c.A.push((int)Layout.CaseStack);
            c.A.push(2);
            c.A.push(Selectors.Data0);
            c.A.push((int)c["fault"]);
            Return(c);
            c.Mark("fault");
            c.A.inc(edx);
            c.A.nop();
            c.Done();
            c.Mark("second");
            c.A.mov(ebx, edx);
            c.Done();
        });
        yield return new("an NMI behind MOV SS", c =>
        {
            Prepare(c);
            c.Gate(2, c["nmi"]);
            c.A.mov(eax, ss);
            // Blocked by the first, so that the second arrives with the IRET.
            Send(c, Nmi);
            c.A.nop();
            c.Done();
            c.Mark("nmi");
            c.A.inc(ecx);
            c.A.cmp(ecx, 2);
            c.A.je(c["second"]);
            WriteApic(c, Command, Nmi);
            Return(c);
            c.Mark("second");
            c.Done();
        });
        yield return new("an exception in an NMI handler does not end the block, its IRET does", c =>
        {
            Prepare(c);
            c.Gate(2, c["nmi"]);
            c.Gate(3, c["trap"]);
            Send(c, Nmi);
            c.A.nop();
            c.Done();
            c.Mark("nmi");
            c.A.inc(ecx);
            c.A.cmp(ecx, 2);
            c.A.je(c["second"]);
            WriteApic(c, Command, Nmi);
            c.A.int3();
            c.A.inc(ebx);
            c.Done();
            c.Mark("trap");
            c.A.inc(edx);
            c.A.nop();
            Return(c);
            c.Mark("second");
            c.Done();
        });
    }

    private static IEnumerable<Case> Halts()
    {
        yield return new("STI, HLT with an interrupt that waits", c =>
        {
            Prepare(c);
            Send(c, Low);
            c.A.sti();
            c.A.hlt();
            c.A.inc(ecx);
            c.Done();
        });
        yield return new("HLT that a handler leaves goes on behind it", c =>
        {
            Prepare(c);
            c.Gate(Low, c["interrupt"]);
            Send(c, Low);
            c.A.sti();
            c.A.hlt();
            c.A.inc(ecx);
            c.Done();
            c.Mark("interrupt");
            c.A.mov(edx, ecx);
            c.A.inc(esi);
            WriteApic(c, EndOfInterrupt, 0);
            Return(c);
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
            Prepare(c);
            WriteApic(c, SystemSetup.Apic + 0x3E0, 0xB);
            WriteApic(c, SystemSetup.Apic + 0x320, High);
            WriteApic(c, SystemSetup.Apic + 0x380, 1000);
            c.A.sti();
            c.A.hlt();
            c.A.inc(ecx);
            c.Done();
        });
    }
}
