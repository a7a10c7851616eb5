using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>What DS, ES, FS, GS and SS take (SDM volume 3, 5.4 to 5.7; volume 2, MOV, POP, LDS).</summary>
internal static class SegmentLoadFamily
{
    private const ushort Chosen = Protection.Chosen;
    private const int Writable = 0x12, Data = 0x10, Code = 0x18, ReadableCode = 0x1A, Conforming = 0x1E, UnreadableConforming = 0x1C;

    private static readonly AssemblerRegisterSegment[] Registers = [ds, es, fs, gs, ss];

    /// <summary>The family.</summary>
    public static Family Make() => new("segment-loads", 32, [.. Types(), .. Privileges(), .. Tables(), .. Forms()]);

    private static IEnumerable<Case> Types()
    {
        foreach (AssemblerRegisterSegment register in (AssemblerRegisterSegment[])[es, ss])
        {
            for (int type = 0; type < 32; type++)
            {
                foreach (bool present in (bool[])[true, false])
                {
                    ulong descriptor = Protection.FlatSegment(type, 0, present);
                    yield return new($"{Protection.Name(register)}: {Protection.TypeNames[type]}{(present ? "" : ", not present")}", c =>
                    {
                        c.Describe(Chosen, descriptor);
                        c.Load(register, Chosen);
                        c.Done();
                    }, Protection.High(Chosen));
                }
            }
        }
    }

    private static IEnumerable<Case> Privileges()
    {
        (string Name, AssemblerRegisterSegment Register, int Type)[] kinds =
        [
            ("ES: data", es, Writable), ("ES: code", es, ReadableCode), ("ES: conforming", es, Conforming), ("SS: data", ss, Writable),
        ];
        foreach ((string name, AssemblerRegisterSegment register, int type) in kinds)
        {
            for (int n = 0; n < 64; n++)
            {
                int cpl = n >> 4, dpl = (n >> 2) & 3, rpl = n & 3;
                yield return new($"{name}, CPL {cpl}, DPL {dpl}, RPL {rpl}", c =>
                {
                    c.Describe(Chosen, Protection.FlatSegment(type, dpl));
                    c.Enter(cpl);
                    c.Load(register, (ushort)(Chosen | rpl));
                    c.Done();
                }, Protection.High(Chosen));
            }
        }
        (string Name, int Type, bool Present)[] several =
        [
            ("not present", Writable, false), ("read-only", Data, true), ("not present, execute-only", Code, false),
        ];
        foreach ((string name, int type, bool present) in several)
        {
            foreach (AssemblerRegisterSegment register in Registers)
            {
                yield return new($"{Protection.Name(register)}: {name}, CPL 3, DPL 0", c =>
                {
                    c.Describe(Chosen, Protection.FlatSegment(type, 0, present));
                    c.Enter(3);
                    c.Load(register, Chosen | 3);
                    c.Done();
                });
            }
        }
    }

    /// <summary>Selectors that name nothing, and the edges of tables.</summary>
    private static IEnumerable<Case> Tables()
    {
        foreach (AssemblerRegisterSegment register in Registers)
        {
            for (ushort rpl = 0; rpl < 4; rpl++)
            {
                ushort selector = rpl;
                yield return Plain($"{Protection.Name(register)}: null with RPL {rpl}", register, selector, _ => { });
                yield return Plain($"{Protection.Name(register)}: null with RPL {rpl}, CPL 3", register, selector, c => c.Enter(3));
            }
            yield return Plain($"{Protection.Name(register)}: beyond the GDT", register, 0x1008, _ => { });
            yield return Plain($"{Protection.Name(register)}: beyond the GDT, RPL 3", register, 0xFFFB, _ => { });
            yield return Plain($"{Protection.Name(register)}: in the LDT, none loaded", register, Chosen | Protection.Local, _ => { });
            yield return Plain($"{Protection.Name(register)}: first of the LDT", register, Protection.Local, c => c.LoadLdt());
            yield return Plain($"{Protection.Name(register)}: first of the LDT, described", register, Protection.Local, c =>
            {
                c.LoadLdt();
                c.Describe(Protection.Local, Protection.FlatSegment(Writable, 0));
            });
            foreach (int more in (int[])[0, 6, 7])
            {
                yield return Plain($"{Protection.Name(register)}: {more + 1} bytes of it in the LDT", register, Chosen | Protection.Local, c =>
                {
                    c.LoadLdt((uint)(Chosen + more));
                    c.Describe(Chosen | Protection.Local, Protection.FlatSegment(Writable, 0));
                });
                yield return Plain($"{Protection.Name(register)}: {more + 1} bytes of it in the GDT", register, 0x90, c =>
                {
                    c.Describe(0x90, Protection.FlatSegment(Writable, 0));
                    c.PokeWord(Layout.Scratch, (ushort)(0x90 + more));
                    c.Poke(Layout.Scratch + 2, Layout.Gdt);
                    c.A.lgdt(__[Layout.Scratch]);
                });
            }
        }
    }

    private static Case Plain(string name, AssemblerRegisterSegment register, ushort selector, Action<CaseWriter> prepare) => new(name, c =>
    {
        prepare(c);
        c.Load(register, selector);
        c.Done();
    });

    /// <summary>POP, LDS and the like, beside MOV; what a fault leaves of the general register and the stack.</summary>
    private static IEnumerable<Case> Forms()
    {
        (string Name, ulong Descriptor)[] rows =
        [
            ("data", Protection.FlatSegment(Writable, 0)),
            ("execute-only", Protection.FlatSegment(Code, 0)),
            ("execute-only conforming", Protection.FlatSegment(UnreadableConforming, 0)),
            ("not present", Protection.FlatSegment(Writable, 0, false)),
            ("system", Protection.FlatSegment(2, 0)),
        ];
        (string Name, Action<CaseWriter> Write)[] forms =
        [
            ("POP DS", c => Pop(c, a => a.pop(ds))),
            ("POP ES", c => Pop(c, a => a.pop(es))),
            ("POP FS", c => Pop(c, a => a.pop(fs))),
            ("POP GS", c => Pop(c, a => a.pop(gs))),
            ("POP SS", c => Pop(c, a => a.pop(ss))),
            ("LDS", c => c.A.lds(ebx, __fword_ptr[Layout.Scratch])),
            ("LES", c => c.A.les(ebx, __fword_ptr[Layout.Scratch])),
            ("LFS", c => c.A.lfs(ebx, __fword_ptr[Layout.Scratch])),
            ("LGS", c => c.A.lgs(ebx, __fword_ptr[Layout.Scratch])),
            ("LSS", c => c.A.lss(esp, __fword_ptr[Layout.Scratch])),
            ("LSS of 16 bits", c => c.A.lss(bx, __dword_ptr[Layout.Scratch + 2])),
        ];
        foreach ((string form, Action<CaseWriter> write) in forms)
        {
            foreach ((string row, ulong descriptor) in rows)
            {
                yield return new($"{form}: {row}", c =>
                {
                    c.Describe(Chosen, descriptor);
                    c.Poke(Layout.Scratch, Layout.CaseStack - 0x20);
                    c.Poke(Layout.Scratch + 4, Chosen);
                    write(c);
                    c.A.mov(ebp, esp);
                    c.Done();
                }, Protection.High(Chosen));
            }
        }
        yield return new("POP DS of 16 bits", c =>
        {
            c.Push(0x1234_0000 | Selectors.Data0);
            c.A.AddInstruction(Instruction.Create(Iced.Intel.Code.Popw_DS, Register.DS));
            c.A.mov(ebp, esp);
            c.Done();
        });
        yield return new("PUSH FS keeps the upper half of the slot or clears it", c =>
        {
            c.A.push(fs);
            c.A.pop(eax);
            c.A.and(eax, 0xFFFF);
            c.Done();
        });
        yield return new("PUSH GS of 16 bits", c =>
        {
            c.Push(0xFFFF_FFFF);
            c.A.AddInstruction(Instruction.Create(Iced.Intel.Code.Pushw_GS, Register.GS));
            c.A.mov(ebp, esp);
            c.A.mov(ebx, __dword_ptr[esp]);
            c.Done();
        });
        yield return new("MOV EAX, DS clears the upper half", c =>
        {
            c.A.mov(eax, -1);
            c.A.mov(eax, ds);
            c.Done();
        });
        yield return new("MOV CS, AX", c =>
        {
            c.A.db(0x8E, 0xC8);
            c.Done();
        });
        yield return new("MOV to segment register 6", c =>
        {
            c.A.db(0x8E, 0xF0);
            c.Done();
        });
        yield return new("MOV from segment register 7", c =>
        {
            c.A.db(0x8C, 0xF8);
            c.Done();
        });
    }

    private static void Pop(CaseWriter c, Action<Assembler> pop)
    {
        c.Push(Chosen);
        pop(c.A);
    }
}
