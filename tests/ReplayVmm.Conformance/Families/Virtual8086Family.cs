using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// Virtual-8086 mode (SDM volume 3, chapter 21, "8086 Emulation"): IOPL, CR4.VME with its bitmap, CR4.PVI, addresses, interrupts out of it.
/// </summary>
internal static class Virtual8086Family
{
    private const int Vme = 1, Pvi = 2;
    private const uint Vif = 1 << 19, Vip = 1 << 20, If = 0x200, Iopl3 = 0x3000;
    private const byte Vector = 0x50;

    /// <summary>The family.</summary>
    public static Family Make() => new(
        "virtual-8086",
        32,
        [.. Sensitive(), .. Software(), .. Instructions(), .. Virtual8086Addresses.Make(), .. Entries(), .. Pvis()]);

    private static void SetCr4(CaseWriter c, int bits)
    {
        c.A.mov(eax, cr4);
        c.A.or(eax, bits);
        c.A.mov(cr4, eax);
        c.A.xor(eax, eax);
    }

    /// <summary>CLI, STI, PUSHF, POPF and IRET by IOPL, VME, VIF and VIP.</summary>
    private static IEnumerable<Case> Sensitive()
    {
        (string Name, Action<Assembler> Write)[] instructions =
        [
            ("CLI", a => a.cli()), ("STI", a => a.sti()), ("PUSHF", a => a.pushf()), ("PUSHFD", a => a.pushfd()),
            ("POPF of 2", a => Pop(a, 2)), ("POPF of IF", a => Pop(a, 0x202)), ("POPF of TF", a => Pop(a, 0x102)),
            ("POPF of all", a => Pop(a, 0x7EFF & ~0x100)),
            ("POPFD", a =>
            {
                a.push(0x24);
                a.push(0x202);
                a.popfd();
            }),
            ("IRET with IF", a => Return(a, 0x202)), ("IRET without IF", a => Return(a, 2)), ("IRET with TF", a => Return(a, 0x102)),
            ("IRET with IOPL and NT", a => Return(a, 0x7002)),
            ("IRETD", a =>
            {
                a.mov(eax, 0x0025_0202);
                a.push(eax);
                a.mov(eax, cs);
                a.push(eax);
                a.mov(eax, 0x80);
                a.push(eax);
                a.iretd();
            }),
        ];
        foreach ((string name, Action<Assembler> write) in instructions)
        {
            foreach (uint iopl in (uint[])[0, 0x2000, Iopl3])
            {
                foreach (bool vme in (bool[])[false, true])
                {
                    foreach (uint flags in (uint[])[0, If, Vif, Vip, Vif | Vip])
                    {
                        if (iopl == 0x2000 && flags != 0)
                            continue;
                        yield return new($"{name}, IOPL {iopl >> 12}, VME {(vme ? 1 : 0)}, flags {flags:X}", c =>
                        {
                            if (vme)
                                SetCr4(c, Vme);
                            c.PutLow([0x0F, 0x0B, 0x0F, 0x0B], 0x80);
                            c.Virtual8086(a =>
                            {
                                write(a);
                                a.pop(cx);
                                a.ud2();
                            }, flags | iopl);
                        });
                    }
                }
            }
        }
    }

    private static void Pop(Assembler a, ushort flags)
    {
        a.push(unchecked((short)flags));
        a.popf();
    }

    private static void Return(Assembler a, ushort flags)
    {
        a.push(unchecked((short)flags));
        a.push(cs);
        a.push(0x80);
        a.iret();
    }

    /// <summary>INT n, INT3, INTO and INT1, with and without redirection.</summary>
    private static IEnumerable<Case> Software()
    {
        (string Name, Action<Assembler> Write)[] instructions =
        [
            ("INT 50h", a => a.@int(Vector)), ("INT3", a => a.int3()), ("INTO", a => a.into()), ("INT1", a => a.db(0xF1)),
            ("INT 3", a => a.db(0xCD, 3)), ("INT 0Dh", a => a.db(0xCD, 13)),
        ];
        foreach ((string name, Action<Assembler> write) in instructions)
        {
            foreach (uint iopl in (uint[])[0, Iopl3])
            {
                foreach (int mode in (int[])[0, 1, 2, 3])
                {
                    foreach (int dpl in (int[])[0, 3])
                    {
                        string kind = mode switch { 0 => "no VME", 1 => "VME, bit set", 2 => "VME, bit clear", _ => "VME, bit clear, VIF" };
                        yield return new($"{name}, IOPL {iopl >> 12}, {kind}, gate of DPL {dpl}", c =>
                        {
                            if (mode > 0)
                                SetCr4(c, Vme);
                            // The redirection bitmap is 32 bytes below the I/O map, which moves up.
                            c.PokeWord(Layout.Tss + 0x66, 0x88);
                            if (mode >= 2)
                            {
                                for (uint n = 0; n < 32; n += 4)
                                    c.Poke(Layout.Tss + 0x68 + n, 0);
                            }
                            foreach (byte vector in (byte[])[1, 3, 4, 13, Vector])
                                c.Gate(vector, Protection.Access(14, dpl), Selectors.Code0, c["out"]);
                            // The program's own vectors lead to INT FFh, whose gate it may not use.
                            foreach (uint vector in (uint[])[1, 3, 4, 13, Vector])
                                c.Poke(vector * 4, ((uint)Layout.LowSegment << 16) | 0x80);
                            c.PutLow([0x0F, 0x0B, 0x0F, 0x0B], 0x80);
                            c.Virtual8086(a =>
                            {
                                write(a);
                                a.ud2();
                            }, iopl | 0x800 | (mode == 3 ? Vif : 0));
                            c.Mark("out");
                            c.A.mov(ecx, 1);
                            c.Done();
                        }, Layout.Low + Virtual8086Entry.Sp - 4, Layout.Low + Virtual8086Entry.Sp - 8);
                    }
                }
            }
        }
        foreach (ushort map in (ushort[])[0, 0x1F, 0x20, 0x68, 0xFFFF])
        {
            yield return new($"redirection with the I/O map at {map:X}", c =>
            {
                SetCr4(c, Vme);
                c.PokeWord(Layout.Tss + 0x66, map);
                c.Poke(Vector * 4u, ((uint)Layout.LowSegment << 16) | 0x80);
                c.PutLow([0x0F, 0x0B, 0x0F, 0x0B], 0x80);
                c.Virtual8086(a => a.@int(Vector), Iopl3);
            });
        }
    }

    private static IEnumerable<Case> Instructions()
    {
        (string Name, Action<Assembler> Write)[] instructions =
        [
            ("HLT", a => a.hlt()), ("CLTS", a => a.clts()), ("LGDT", a => a.lgdt(__[0x100])), ("LIDT", a => a.lidt(__[0x100])),
            ("LMSW", a => a.lmsw(ax)), ("SMSW", a => a.smsw(__word_ptr[0x100])), ("SGDT", a => a.sgdt(__[0x100])),
            ("SLDT", a => a.sldt(ax)), ("STR", a => a.str(ax)), ("LLDT", a => a.lldt(ax)), ("LTR", a => a.ltr(ax)),
            ("LAR", a => a.lar(ax, cx)), ("LSL", a => a.lsl(ax, cx)), ("VERR", a => a.verr(ax)), ("VERW", a => a.verw(ax)),
            ("ARPL", a => a.arpl(ax, cx)), ("MOV EAX, CR0", a => a.mov(eax, cr0)), ("MOV CR0, EAX", a => a.mov(cr0, eax)),
            ("MOV DR7, EAX", a => a.mov(dr7, eax)), ("RDMSR", a => a.rdmsr()), ("INVLPG", a => a.invlpg(__byte_ptr[0x100])),
            ("WBINVD", a => a.wbinvd()), ("IN", a => a.@in(al, 0x80)), ("OUTSB", a => a.outsb()), ("SYSENTER", a => a.sysenter()),
            ("UD2", a => a.ud2()), ("DIV", a => a.div(cx)), ("VEX of two bytes", a => a.db(0xC5, 0xF8, 0x77)),
            ("VEX of three bytes, ANDN", a => a.db(0xC4, 0xE2, 0x78, 0xF2, 0xC1)),
            ("VEX of three bytes, RORX", a => a.db(0xC4, 0xE3, 0x7B, 0xF0, 0xC1, 4)),
            ("EVEX", a => a.db(0x62, 0xF1, 0x7C, 0x48, 0x28, 0xC1)), ("BOUND", a => a.bound(cx, __dword_ptr[0x100])),
            ("LOCK NOP", a => a.db(0xF0, 0x90)), ("AAM 0", a => a.db(0xD4, 0)), ("MOV CS, AX", a => a.db(0x8E, 0xC8)),
            ("LDS of a register", a => a.db(0xC5, 0xC0)), ("LES of a register", a => a.db(0xC4, 0xC0)),
        ];
        foreach ((string name, Action<Assembler> write) in instructions)
        {
            yield return new(name, c => c.Virtual8086(a =>
            {
                write(a);
                a.@int(CaseWriter.DoneVector);
            }, Iopl3));
        }
    }

    /// <summary>IRET into virtual-8086 mode, and gates out of it.</summary>
    private static IEnumerable<Case> Entries()
    {
        yield return new("entry beyond 64 KiB", c =>
        {
            c.PutLow([0x0F, 0x0B, 0x0F, 0x0B]);
            c.Poke(Layout.Low + 0x1_0000, 0x0B0F_0B0F);
            for (int n = 0; n < 5; n++)
                c.Push(Layout.LowSegment);
            c.Push(0);
            c.Push(0x2_0002);
            c.Push(Layout.LowSegment);
            c.Push(0x1_0000);
            c.A.iretd();
        });
        foreach (int dpl in (int[])[0, 1, 2, 3])
        {
            foreach (int type in (int[])[0x1A, 0x1E])
            {
                yield return new($"out by a gate to {(type == 0x1A ? "code" : "conforming")} of DPL {dpl}", c =>
                {
                    c.Describe(Protection.Chosen, Protection.FlatSegment(type, dpl));
                    c.Gate(Vector, 0xEE, (ushort)(Protection.Chosen | dpl), c["out"]);
                    c.Virtual8086(a => a.@int(Vector), Iopl3);
                    c.Mark("out");
                    c.Done();
                });
            }
        }
        yield return new("out by a trap gate keeps IF", c =>
        {
            c.Gate(Vector, 0xEF, Selectors.Code0, c["out"]);
            c.Virtual8086(a => a.@int(Vector), Iopl3 | 0x4200);
            c.Mark("out");
            c.Done();
        });
        yield return new("out and back by IRET", c =>
        {
            c.Gate(Vector, 0xEE, Selectors.Code0, c["out"]);
            c.Virtual8086(a =>
            {
                a.@int(Vector);
                a.mov(cx, 0x77);
                a.@int(CaseWriter.DoneVector);
            }, Iopl3 | 0x20_0000);
            c.Mark("out");
            c.A.iretd();
        });
        yield return new("RF in the image holds off nothing but debug", c => c.Virtual8086(a => a.ud2(), Iopl3 | 0x1_0000));
        yield return new("TF traps", c => c.Virtual8086(a =>
        {
            a.nop();
            a.nop();
        }, Iopl3 | 0x100));
    }

    /// <summary>Protected-mode virtual interrupts.</summary>
    private static IEnumerable<Case> Pvis()
    {
        foreach (string name in (string[])["CLI", "STI", "POPF", "PUSHF"])
        {
            for (int cpl = 1; cpl < 4; cpl++)
            {
                foreach (uint flags in (uint[])[2, If | 2, Vif | 2, Vip | 2, Vif | Vip | 2])
                {
                    int level = cpl;
                    yield return new($"PVI: {name}, CPL {cpl}, flags {flags:X}", c =>
                    {
                        SetCr4(c, Pvi);
                        c.Enter(level, flags);
                        switch (name)
                        {
                            case "CLI":
                                c.A.cli();
                                break;
                            case "STI":
                                c.A.sti();
                                break;
                            case "POPF":
                                c.Push(0x202);
                                c.A.popfd();
                                break;
                            default:
                                c.A.pushfd();
                                c.A.pop(ecx);
                                break;
                        }
                        c.Done();
                    });
                }
            }
        }
    }
}
