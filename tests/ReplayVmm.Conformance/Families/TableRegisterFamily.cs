using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>LLDT, LTR and their tables, SGDT and the like with and without UMIP, and every instruction that only ring 0 may use.</summary>
internal static class TableRegisterFamily
{
    private const ushort Chosen = Protection.Chosen;
    private const int Umip = 1 << 11;

    /// <summary>The family.</summary>
    public static Family Make() => new("table-registers", 32, [.. Loads(), .. Stores(), .. Privileged()]);

    private static IEnumerable<Case> Loads()
    {
        (string Name, Action<Assembler> Write)[] forms = [("LLDT", a => a.lldt(bx)), ("LTR", a => a.ltr(bx))];
        foreach ((string form, Action<Assembler> write) in forms)
        {
            for (int type = 0; type < 32; type++)
            {
                foreach (bool present in (bool[])[true, false])
                {
                    byte access = Protection.Access(type, 0, present);
                    yield return Load($"{form}: {Protection.TypeNames[type]}{(present ? "" : ", not present")}", write, Chosen, access);
                }
            }
            byte right = (byte)(form == "LLDT" ? 0x82 : 0x89);
            foreach (ushort selector in (ushort[])[0, 1, 3, Chosen | 1, Chosen | 3, Chosen | 4, 4, 7, 0xFF8, 0x1000, 0xFFFF])
            {
                yield return Load($"{form}: selector {selector:X}", write, selector, right);
                yield return new($"{form}: selector {selector:X}, CPL 3", c =>
                {
                    c.Enter(3);
                    c.A.mov(ebx, selector);
                    write(c.A);
                    c.Done();
                });
            }
            yield return Load($"{form}: DPL 3", write, Chosen, (byte)(right | 0x60));
            yield return Load($"{form}: limit 0", write, Chosen, right, 0);
        }
        foreach ((uint limit, byte access) in ((uint, byte)[])[(0x66, 0x89), (0x2A, 0x81), (0, 0x89)])
            yield return Load($"LTR: access {access:X}, limit {limit:X}", a => a.ltr(bx), Chosen, access, limit);
        yield return new("null LDT: the old one is gone", c =>
        {
            c.LoadLdt();
            c.Describe(Protection.Local, Protection.FlatSegment(0x12, 0));
            c.Load(fs, Protection.Local);
            c.A.lldt(ax);
            c.A.mov(ecx, __dword_ptr.fs[Layout.Scratch]);
            c.Load(gs, Protection.Local);
            c.Done();
        });
    }

    private static Case Load(string name, Action<Assembler> write, ushort selector, byte access, uint limit = 0x67) => new(name, c =>
    {
        c.Describe(Chosen, DescriptorBits.Segment(access, Layout.OtherTss, limit, 0));
        c.A.mov(ebx, selector);
        write(c.A);
        c.A.str(ecx);
        c.A.sldt(edx);
        c.Done();
    }, Protection.High(Chosen));

    private static IEnumerable<Case> Stores()
    {
        (string Name, Action<Assembler> Write)[] stores =
        [
            ("SGDT", a => a.sgdt(__[Layout.Scratch])), ("SIDT", a => a.sidt(__[Layout.Scratch])),
            ("SLDT", a => a.sldt(__word_ptr[Layout.Scratch])), ("STR", a => a.str(__word_ptr[Layout.Scratch])),
            ("SMSW", a => a.smsw(__word_ptr[Layout.Scratch])), ("SLDT EAX", a => a.sldt(eax)), ("STR EAX", a => a.str(eax)),
            ("STR AX", a => a.str(ax)), ("SMSW AX", a => a.smsw(ax)),
        ];
        foreach ((string name, Action<Assembler> write) in stores)
        {
            for (int cpl = 0; cpl < 4; cpl++)
            {
                foreach (bool umip in (bool[])[false, true])
                {
                    int level = cpl;
                    yield return new($"{name}, CPL {cpl}{(umip ? ", UMIP" : "")}", c =>
                    {
                        if (umip)
                            SetUmip(c);
                        c.A.mov(eax, -1);
                        c.Poke(Layout.Scratch, 0xFFFF_FFFF);
                        c.Poke(Layout.Scratch + 4, 0xFFFF_FFFF);
                        if (level != 0)
                            c.Enter(level);
                        write(c.A);
                        c.Done();
                    }, Layout.Scratch, Layout.Scratch + 4);
                }
            }
        }
        (string Name, Action<Assembler> Write)[] limits =
        [
            ("SGDT", a => a.sgdt(__.gs[0xB])), ("LGDT", a => a.lgdt(__.gs[0xB])), ("SIDT", a => a.sidt(__.gs[0xB])),
            ("LIDT", a => a.lidt(__.gs[0xB])),
        ];
        foreach ((string name, Action<Assembler> write) in limits)
        {
            yield return new($"{name} over a limit", c =>
            {
                c.Describe(Chosen, DescriptorBits.Segment(0x92, Layout.Scratch, 0xF, 4));
                c.Load(gs, Chosen);
                write(c.A);
                c.Done();
            }, Layout.Scratch + 8, Layout.Scratch + 12);
        }
        yield return new("LGDT of 16 bits takes 24 bits of base", c =>
        {
            c.Poke(Layout.Scratch, 0x0FFF | (Layout.Gdt << 16));
            c.Poke(Layout.Scratch + 4, 0x5500 | (Layout.Gdt >> 16));
            c.A.db(0x66);
            c.A.lgdt(__[Layout.Scratch]);
            c.A.sgdt(__[Layout.Scratch + 8]);
            c.Done();
        }, Layout.Scratch + 8, Layout.Scratch + 12);
        yield return new("SGDT of 16 bits stores all of the base", c =>
        {
            c.Poke(Layout.Scratch, 0x0FFF | (Layout.Gdt << 16));
            c.Poke(Layout.Scratch + 4, Layout.Gdt >> 16);
            c.A.lgdt(__[Layout.Scratch]);
            c.A.db(0x66);
            c.A.sgdt(__[Layout.Scratch + 8]);
            c.Done();
        }, Layout.Scratch + 8, Layout.Scratch + 12);
        yield return new("LMSW sets TS and MP, SMSW shows it", c =>
        {
            c.A.mov(eax, 0xA);
            c.A.lmsw(ax);
            c.A.smsw(eax);
            c.Done();
        });
        yield return new("LMSW does not clear PE", c =>
        {
            c.A.mov(eax, 0);
            c.A.lmsw(ax);
            c.A.smsw(eax);
            c.Done();
        });
    }

    private static void SetUmip(CaseWriter c)
    {
        c.A.mov(eax, 7);
        c.A.mov(ecx, 0);
        c.A.cpuid();
        c.A.test(ecx, 4);
        c.A.mov(eax, (int)Comparison.AbsentMark);
        Label offered = c.A.CreateLabel();
        c.A.jne(offered);
        c.Done();
        c.A.Label(ref offered);
        c.A.mov(ebx, 0);
        c.A.mov(ecx, 0);
        c.A.mov(edx, 0);
        c.A.mov(eax, cr4);
        c.A.or(eax, Umip);
        c.A.mov(cr4, eax);
        c.A.xor(eax, eax);
    }

    private static IEnumerable<Case> Privileged()
    {
        (string Name, Action<Assembler> Write)[] instructions =
        [
            ("HLT", a => a.hlt()), ("CLTS", a => a.clts()), ("LGDT", a => a.lgdt(__[Layout.Scratch])),
            ("LIDT", a => a.lidt(__[Layout.Scratch])), ("LLDT", a => a.lldt(ax)), ("LTR", a => a.ltr(ax)), ("LMSW", a => a.lmsw(ax)),
            ("MOV EAX, CR0", a => a.mov(eax, cr0)), ("MOV CR0, EAX", a => a.mov(cr0, eax)), ("MOV EAX, CR2", a => a.mov(eax, cr2)),
            ("MOV CR3, EAX", a => a.mov(cr3, eax)), ("MOV EAX, CR4", a => a.mov(eax, cr4)), ("MOV EAX, DR7", a => a.mov(eax, dr7)),
            ("MOV DR0, EAX", a => a.mov(dr0, eax)), ("RDMSR", a => a.rdmsr()), ("WRMSR", a => a.wrmsr()), ("INVD", a => a.invd()),
            ("WBINVD", a => a.wbinvd()), ("INVLPG", a => a.invlpg(__byte_ptr[eax])), ("RDPMC", a => a.rdpmc()),
            ("XSETBV", a => a.db(0x0F, 0x01, 0xD1)), ("MOV EAX, CR1", a => a.db(0x0F, 0x20, 0xC8)),
            ("MOV EAX, CR5", a => a.db(0x0F, 0x20, 0xE8)), ("LLDT m beyond memory", a => a.lldt(__word_ptr[eax])), ("CLI", a => a.cli()),
            ("STI", a => a.sti()), ("IN", a => a.@in(al, 0x80)), ("OUT", a => a.@out(0x80, al)), ("INSB", a => a.insb()),
            ("OUTSB", a => a.outsb()),
        ];
        foreach ((string name, Action<Assembler> write) in instructions)
        {
            for (int cpl = 1; cpl < 4; cpl++)
            {
                int level = cpl;
                yield return new($"{name}: CPL {cpl}", c =>
                {
                    c.Enter(level);
                    write(c.A);
                    c.Done();
                });
            }
        }
    }
}
