using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// The timer's interrupt through the two 8259s (8254 mode 0, whose output rises once and stays). Each case waits until the request is there, so that
/// nothing depends on time, and then lets it in at a known place.
/// </summary>
internal static class InterruptControllerFamily
{
    private const byte Master = 0x20, MasterData = 0x21, Slave = 0xA0, SlaveData = 0xA1, Base = 0x50, ReadRequests = 0x0A, ReadService = 0x0B,
        EndOfInterrupt = 0x20, SpecificEnd = 0x60;
    private const uint Interrupt = 0x200;

    /// <summary>The family.</summary>
    public static Family Make() => new("interrupt-controller", 32, [.. Shadows(), .. Controllers()]);

    private static IEnumerable<Case> Shadows()
    {
        (string Name, Action<CaseWriter> Write)[] rows =
        [
            ("STI", c => c.A.sti()), ("POPF", c => PopFlags(c, Interrupt | 2)),
            ("STI, MOV DS", c =>
            {
                c.A.mov(edi, ds);
                c.A.sti();
                c.A.mov(ds, edi);
            }),
            ("STI, CLI, STI", c =>
            {
                c.A.sti();
                c.A.cli();
                c.A.inc(edx);
                c.A.sti();
            }),
            ("MOV SS behind POPF", c =>
            {
                c.A.mov(edi, ss);
                PopFlags(c, Interrupt | 2);
                c.A.mov(ss, edi);
            }),
            ("IRET", c =>
            {
                c.Push(Interrupt | 2);
                c.Push(Selectors.Code0);
                c.Push(c["there"]);
                c.A.iretd();
                c.Mark("there");
            }),
            ("IRET to ring 3", c =>
            {
                c.Enter(3, Interrupt | 2);
            }),
            ("STI before a fault", c =>
            {
                c.A.sti();
                c.A.ud2();
            }),
        ];
        foreach ((string name, Action<CaseWriter> write) in rows)
        {
            yield return new($"a timer's interrupt that waits, then {name}", c =>
            {
                Prepare(c, 0xFE);
                write(c);
                for (int n = 0; n < 4; n++)
                    c.A.inc(ecx);
                c.Done();
            });
        }
        foreach (bool masked in (bool[])[true, false])
        {
            yield return new($"a timer's interrupt that waits, {(masked ? "masked in the controller" : "not masked, IF 0")}", c =>
            {
                Prepare(c, masked ? (byte)0xFF : (byte)0xFE);
                if (masked)
                    c.A.sti();
                for (int n = 0; n < 4; n++)
                    c.A.inc(ecx);
                c.A.cli();
                c.A.cmp(ecx, ecx);
                c.Done();
            });
        }
    }

    /// <summary>Requests, in service, ends of interrupts: each in a byte of ECX, EDX, ESI.</summary>
    private static IEnumerable<Case> Controllers()
    {
        (string Name, byte Control, Action<CaseWriter> Write)[] rows =
        [
            ("nothing", 1, _ => { }), ("EOI", 1, c => Out(c, Master, EndOfInterrupt)),
            ("specific EOI of 0", 1, c => Out(c, Master, SpecificEnd)), ("specific EOI of 3", 1, c => Out(c, Master, SpecificEnd | 3)),
            ("automatic EOI", 3, _ => { }), ("rotation on EOI", 1, c => Out(c, Master, 0xA0)),
            ("rotation on specific EOI", 1, c => Out(c, Master, 0xE0)),
        ];
        foreach ((string name, byte control, Action<CaseWriter> write) in rows)
        {
            yield return new($"registers of the controller after the interrupt and {name}", c =>
            {
                Prepare(c, 0xFE, control);
                c.Gate(Base, 0x8E, Selectors.Code0, c["handler"]);
                c.A.sti();
                c.A.inc(ebx);
                c.A.inc(ebx);
                c.Mark("handler");
                Read(c, ReadRequests);
                c.A.mov(ecx, eax);
                Read(c, ReadService);
                c.A.mov(edx, eax);
                write(c);
                Read(c, ReadService);
                c.A.mov(esi, eax);
                c.A.@in(al, MasterData);
                c.A.movzx(edi, al);
                c.A.mov(eax, 0);
                c.A.cmp(eax, eax);
                c.Done();
            });
        }
        yield return new("the poll command takes the request", c =>
        {
            Prepare(c, 0xFE);
            Out(c, Master, 0x0C);
            c.A.@in(al, Master);
            c.A.movzx(ecx, al);
            Read(c, ReadService);
            c.A.mov(edx, eax);
            c.A.mov(eax, 0);
            c.A.cmp(eax, eax);
            c.Done();
        });
        foreach (byte start in (byte[])[0x50, 0x57, 0x20, 0xF8])
        {
            yield return new($"vectors from {start:X} on", c =>
            {
                Prepare(c, 0xFE, 1, start);
                c.A.sti();
                c.A.inc(ecx);
                c.A.inc(ecx);
                c.Done();
            });
        }
    }

    /// <summary>Both controllers set up and masked, the timer run out, its request seen; then the mask.</summary>
    private static void Prepare(CaseWriter c, byte mask, byte control = 1, byte start = Base)
    {
        foreach ((byte port, byte value) in ((byte, byte)[])[(Master, 0x11), (MasterData, start), (MasterData, 4), (MasterData, control),
            (MasterData, 0xFF),
            (Slave, 0x11), (SlaveData, Base + 8), (SlaveData, 2), (SlaveData, 1), (SlaveData, 0xFF), (0x43, 0x30), (0x40, 0x40), (0x40, 0x00),
            (Master, ReadRequests)])
            Out(c, port, value);
        Label wait = c.A.CreateLabel();
        c.A.Label(ref wait);
        c.A.@in(al, Master);
        c.A.test(al, 1);
        c.A.je(wait);
        Out(c, MasterData, mask);
        c.A.mov(eax, 0);
        c.A.cmp(eax, eax);
        c.A.push(2);
        c.A.popfd();
    }

    private static void Read(CaseWriter c, byte command)
    {
        Out(c, Master, command);
        c.A.@in(al, Master);
        c.A.movzx(eax, al);
    }

    private static void PopFlags(CaseWriter c, uint flags)
    {
        c.Push(flags);
        c.A.popfd();
    }

    private static void Out(CaseWriter c, byte port, byte value)
    {
        c.A.mov(al, unchecked((sbyte)value));
        c.A.@out(port, al);
    }
}
