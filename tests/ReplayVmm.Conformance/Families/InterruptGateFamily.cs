using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// Interrupts and exceptions through the IDT (SDM volume 3, 6.11 to 6.13): gate, code segment, stack, flags, error codes.
/// </summary>
internal static class InterruptGateFamily
{
    private const byte Vector = 0x50;
    private const ushort CodeSelector = Protection.Second, StackSelector = Protection.Third;
    private const int ReadableCode = 0x1A;

    /// <summary>The family.</summary>
    public static Family Make() =>
        new("interrupt-gates", 32, [.. Gates(), .. Privileges(), .. Codes(), .. Stacks(), .. Sources(), .. FlagCases()]);

    private static IEnumerable<Case> Gates()
    {
        for (int type = 0; type < 32; type++)
        {
            foreach (bool present in (bool[])[true, false])
            {
                // Tasks are another family's; gates of 16 bits come below.
                if (type is 5 or 6 or 7 && present)
                    continue;
                byte access = Protection.Access(type, 3, present);
                yield return new($"gate of {Protection.TypeNames[type]}{(present ? "" : ", not present")}", c =>
                {
                    Handler(c);
                    c.Gate(Vector, access, Selectors.Code0, Layout.Scratch);
                    c.A.@int(Vector);
                });
            }
        }
        foreach (uint limit in (uint[])[0x286, 0x287])
        {
            yield return new($"IDT limit {limit:X} for vector 50h", c =>
            {
                c.PokeWord(Layout.Scratch + 0x100, (ushort)limit);
                c.Poke(Layout.Scratch + 0x102, Layout.Idt);
                c.A.lidt(__[Layout.Scratch + 0x100]);
                c.A.@int(Vector);
            });
        }
    }

    /// <summary>What the gate leads to: it ends the case by another vector.</summary>
    private static void Handler(CaseWriter c) => c.Poke(Layout.Scratch, 0x9090_40CD);

    private static IEnumerable<Case> Privileges()
    {
        (string Name, Action<Assembler> Write)[] sources =
        [
            ("INT n", a => a.@int(Vector)), ("INT3", a => a.int3()), ("INTO", a => a.into()), ("INT1", a => a.db(0xF1)),
            ("#UD", a => a.ud2()), ("INT 3", a => a.db(0xCD, 3)), ("INT 0Dh", a => a.db(0xCD, 13)),
        ];
        foreach ((string name, Action<Assembler> write) in sources)
        {
            for (int n = 0; n < 16; n++)
            {
                int cpl = n >> 2, dpl = n & 3;
                yield return new($"{name}: CPL {cpl}, gate of DPL {dpl}", c =>
                {
                    Handler(c);
                    foreach (byte vector in (byte[])[1, 3, 4, 6, Vector])
                        c.Gate(vector, Protection.Access(14, dpl), Selectors.Code0, Layout.Scratch);
                    if (name == "INT 0Dh")
                        c.Gate(13, Protection.Access(14, dpl), Selectors.Code0, c["out"]);
                    c.Enter(cpl, 0x802);
                    write(c.A);
                    c.Done();
                    c.Mark("out");
                    c.Done();
                });
            }
        }
    }

    private static IEnumerable<Case> Codes()
    {
        for (int type = 0; type < 32; type++)
        {
            foreach (bool present in (bool[])[true, false])
            {
                ulong descriptor = Protection.FlatSegment(type, 0, present);
                yield return Code($"code of {Protection.TypeNames[type]}{(present ? "" : ", not present")}", CodeSelector, descriptor, 0);
            }
        }
        foreach ((string name, int type) in ((string, int)[])[("code", ReadableCode), ("conforming", 0x1E)])
        {
            for (int n = 0; n < 16; n++)
            {
                int cpl = n >> 2, dpl = n & 3;
                yield return Code($"{name} of DPL {dpl}, CPL {cpl}", CodeSelector | 3, Protection.FlatSegment(type, dpl), cpl);
            }
        }
        foreach (ushort selector in (ushort[])[0, 3, 4, 7, 0x1008, 0xFFFF])
            yield return Code($"code selector {selector:X}", selector, 0, 0);
        yield return Code("beyond the limit", CodeSelector, DescriptorBits.Segment(0x9A, 0, 0xFFFF, 4), 0);
        yield return Code("beyond the limit, CPL 3", CodeSelector, DescriptorBits.Segment(0x9A, 0, 0xFFFF, 4), 3);
        yield return new("external fault: code not present", c =>
        {
            c.Describe(CodeSelector, Protection.FlatSegment(ReadableCode, 0, false));
            c.Gate(6, 0x8E, CodeSelector, 0);
            c.A.ud2();
        });
        yield return new("external fault: null code", c =>
        {
            c.Gate(6, 0x8E, 0, 0);
            c.A.ud2();
        });
        yield return new("external fault: gate not present", c =>
        {
            c.Gate(6, 0x0E, Selectors.Code0, 0);
            c.A.ud2();
        });
        yield return new("external fault: gate is data", c =>
        {
            c.Gate(6, 0x92, Selectors.Code0, 0);
            c.A.ud2();
        });
        yield return new("external fault: gate not present, INT1", c =>
        {
            c.Gate(1, 0x0E, Selectors.Code0, 0);
            c.A.db(0xF1);
        });
        yield return new("software fault: gate not present, INT3", c =>
        {
            c.Gate(3, 0x0E, Selectors.Code0, 0);
            c.A.int3();
        });
        yield return new("external fault: gate not present, single step", c =>
        {
            c.Gate(1, 0x0E, Selectors.Code0, 0);
            c.Push(0x102);
            c.A.popfd();
            c.A.nop();
        });
    }

    private static Case Code(string name, ushort selector, ulong descriptor, int cpl) => new(name, c =>
    {
        c.Gate(Vector, Protection.Access(14, 3), selector, c["in"]);
        if (descriptor != 0)
            c.Describe(CodeSelector, descriptor);
        c.Enter(cpl);
        c.A.@int(Vector);
        c.Mark("in");
        c.Done();
    }, Protection.High(CodeSelector));

    /// <summary>The stack of ring 1 in the TSS, into which an interrupt from ring 3 goes.</summary>
    private static IEnumerable<Case> Stacks()
    {
        foreach ((string name, ushort selector, ulong descriptor) in Protection.Ring1Stacks(StackSelector))
            yield return Stack(name, selector, descriptor);
        foreach (ushort selector in (ushort[])[0, 1, 4, 0x1001, 0xFFFD])
            yield return Stack($"stack selector {selector:X}", selector, 0);
        yield return Stack("stack just long enough", StackSelector | 1, DescriptorBits.Segment(0xB6, Layout.Scratch, 0xFF, 4), 0x114);
        yield return Stack("stack one byte short", StackSelector | 1, DescriptorBits.Segment(0xB6, Layout.Scratch, 0xFF, 4), 0x113);
        yield return Stack("stack one byte short, exception", StackSelector | 1, DescriptorBits.Segment(0xB6, Layout.Scratch, 0xFF, 4), 0x113, exception: true);
        yield return Stack("stack null, exception", 0, 0, exception: true);
        yield return Stack("stack not present, exception", StackSelector | 1, Protection.FlatSegment(0x12, 1, false), exception: true);
        yield return Stack("stack of 16 bits", StackSelector | 1, DescriptorBits.Segment(0xB2, Layout.Scratch, 0xFFFF, 0), 0x1000);
        foreach (uint limit in (uint[])[3, 0xA, 0xB, 0x10, 0x11, 0x13])
        {
            yield return new($"TSS limit {limit:X} for ring 1", c =>
            {
                c.Describe(Protection.Chosen, DescriptorBits.Segment(0x89, Layout.Tss, limit, 0));
                c.A.mov(eax, Protection.Chosen);
                c.A.ltr(ax);
                c.Gate(Vector, 0xEE, Selectors.Code1, c["in"]);
                c.Enter(3);
                c.A.@int(Vector);
                c.Mark("in");
                c.Done();
            });
        }
    }

    private static Case Stack(string name, ushort selector, ulong descriptor, uint pointer = Layout.Scratch + 0x800, bool exception = false) => new(name, c =>
    {
        c.Gate(Vector, 0xEE, Selectors.Code1, c["in"]);
        c.Gate(6, 0xEE, Selectors.Code1, c["in"]);
        if (descriptor != 0)
            c.Describe(StackSelector, descriptor);
        c.Poke(Layout.Tss + 0xC, pointer);
        c.Poke(Layout.Tss + 0x10, selector);
        c.Enter(3);
        if (exception)
            c.A.ud2();
        else
            c.A.@int(Vector);
        c.Mark("in");
        c.Done();
    }, Protection.High(StackSelector));

    /// <summary>Error codes on the stack, and where EIP points.</summary>
    private static IEnumerable<Case> Sources()
    {
        (string Name, Action<Assembler> Write)[] sources =
        [
            ("INT 8", a => a.db(0xCD, 8)), ("INT 0Eh", a => a.db(0xCD, 14)), ("INT 0", a => a.db(0xCD, 0)), ("INT 2", a => a.db(0xCD, 2)),
            ("INT FFh", a => a.db(0xCD, 0xFF)), ("INTO without OF", a => a.into()), ("DIV by 0", a => a.div(ecx)),
            ("IDIV overflow", Overflow), ("AAM 0", a => a.db(0xD4, 0)), ("BOUND", a => a.bound(ecx, __dword_ptr[Layout.Scratch + 0x80])),
            ("UD1", a => a.db(0x0F, 0xB9, 0xC0)), ("LOCK on a register", a => a.db(0xF0, 0x01, 0xC0)),
            ("LOCK on a load", a => a.db(0xF0, 0x8B, 0x00)), ("GP with a selector", a => a.db(0x66, 0xB8, 0xF8, 0x0F, 0x8E, 0xE0)),
            ("WAIT with TS and MP", Wait), ("FPU with EM", Emulate),
        ];
        foreach ((string name, Action<Assembler> write) in sources)
        {
            yield return new($"{name} at CPL 0", c =>
            {
                c.Poke(Layout.Scratch + 0x80, 1);
                write(c.A);
                c.Done();
            });
            if (name.Contains("FPU", StringComparison.Ordinal) || name.Contains("WAIT", StringComparison.Ordinal))
                continue;
            yield return new($"{name} at CPL 3", c =>
            {
                c.Poke(Layout.Scratch + 0x80, 1);
                c.Enter(3);
                write(c.A);
                c.Done();
            });
        }
        yield return new("16-bit gate pushes words", c =>
        {
            c.PokeLong(Layout.Scratch + 0x10, 0x40CD_5966_C031_5866);
            c.Describe(CodeSelector, DescriptorBits.Segment(0x9A, Layout.Scratch, 0xFFFF, 4));
            c.Gate(Vector, 0xE6, CodeSelector, 0x10);
            c.A.@int(Vector);
        });
        yield return new("16-bit gate with an error code", c =>
        {
            // POP AX, the error code, to EDX; POP AX, the place, forgotten; POP CX.
            c.PokeLong(Layout.Scratch + 0x10, 0xC031_5866_5A66_9090);
            c.Poke(Layout.Scratch + 0x18, 0x40CD_5966);
            c.Describe(CodeSelector, DescriptorBits.Segment(0x9A, Layout.Scratch, 0xFFFF, 4));
            c.Gate(13, 0x86, CodeSelector, 0x10);
            c.Load(fs, 0xFF8);
        });
    }

    private static void Overflow(Assembler a)
    {
        a.mov(edx, 0x7FFF_FFFF);
        a.mov(ecx, 1);
        a.idiv(ecx);
    }

    private static void Wait(Assembler a)
    {
        a.mov(eax, cr0);
        a.or(eax, 0xA);
        a.mov(cr0, eax);
        a.wait();
    }

    private static void Emulate(Assembler a)
    {
        a.mov(eax, cr0);
        a.or(eax, 4);
        a.mov(cr0, eax);
        a.fninit();
    }

    /// <summary>Which flags the handler starts with, and which it finds pushed.</summary>
    private static IEnumerable<Case> FlagCases()
    {
        foreach (byte gate in (byte[])[0xEE, 0xEF])
        {
            foreach (uint flags in (uint[])[0x2, 0x202, 0x4002, 0x1_0002, 0x3002, 0x4_0202, 0x20_0002, 0x25_76D7])
            {
                foreach (int ring in (int[])[0, 3])
                {
                    yield return new($"{(gate == 0xEE ? "interrupt" : "trap")} gate, flags {flags:X}, CPL {ring}", c =>
                    {
                        c.Gate(Vector, gate, Selectors.Code0, c["in"]);
                        if (ring == 3)
                        {
                            c.Enter(3, flags);
                        }
                        else
                        {
                            c.Push(flags);
                            c.Push(Selectors.Code0);
                            c.Push(c["ring"]);
                            c.A.iretd();
                            c.Mark("ring");
                        }
                        c.A.@int(Vector);
                        c.Mark("in");
                        c.A.pushfd();
                        c.A.pop(ecx);
                        c.A.mov(edx, __dword_ptr[esp + 8]);
                        c.Done();
                    });
                }
            }
        }
    }
}
