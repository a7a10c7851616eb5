using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// Values that the control registers of paging do not take (SDM volume 3, 2.5, 4.1 and 4.10.1), process-context identifiers and INVPCID, linear addresses that wrap
/// or are not canonical.
/// </summary>
internal static class PageControlFamily
{
    private const uint Efer = 0xC000_0080;

    /// <summary>In both modes.</summary>
    public static Family Make(int mode) => new($"page-control-{mode}", mode, [.. mode == 64 ? Rows64() : Rows32(), .. Addresses(mode)]);

    private static IEnumerable<Case> Rows32()
    {
        foreach ((string name, uint value) in ((string, uint)[])
            [("PG without PE", 0x8000_0010), ("NW without CD", 0x2000_0011), ("CD", 0x4000_0011), ("CD and NW", 0x6000_0011), ("undefined bits", 0x0FE0_FFD1)])
        {
            yield return new($"CR0 = {name}", c =>
            {
                c.A.mov(eax, value & ~0x8u);
                c.A.mov(cr0, eax);
                c.A.mov(ecx, cr0);
                c.A.mov(eax, 0x11);
                c.A.mov(cr0, eax);
                c.Done();
            });
        }
        yield return new("CR0.PG with LME and without PAE", c =>
        {
            SetEfer(c.A, 0x100);
            PagingForm.TwoLevel.Map(c);
            c.A.mov(eax, PagingForm.Tables);
            c.A.mov(cr3, eax);
            c.A.mov(eax, 0x8000_0011);
            c.A.mov(cr0, eax);
            c.Done();
        });
        yield return new("CR4.PCIDE outside IA-32e mode", c =>
        {
            PagingProgram.Require(c, 1, ecx, 17);
            c.A.mov(eax, 0x2_0000);
            c.A.mov(cr4, eax);
            c.Done();
        });
        // QEMU stops answering where other undefined bits are set.
        yield return new("CR4 bit 24", c =>
        {
            c.A.mov(eax, 1u << 24);
            c.A.mov(cr4, eax);
            c.Done();
        });
        yield return new("CR3 keeps its bits", c =>
        {
            c.A.mov(eax, 0x40_0FFF);
            c.A.mov(cr3, eax);
            c.A.mov(ecx, cr3);
            c.Done();
        });
        yield return new("CR4.PAE set under paging", c =>
        {
            // The same page is a directory of the one mode and holds pointers of the other that are not valid.
            PagingForm.TwoLevel.Map(c);
            PagingForm.TwoLevel.Enable(c);
            c.A.mov(eax, 0x30);
            c.A.mov(cr4, eax);
            c.Done();
        });
        yield return new("LME set under paging", c =>
        {
            PagingForm.Pae.Map(c);
            PagingForm.Pae.Enable(c);
            SetEfer(c.A, 0x100);
            c.Done();
        });
        yield return User32("MOV CR3 at CPL 3", a => a.mov(cr3, eax));
        yield return User32("MOV from CR0 at CPL 3", a => a.mov(eax, cr0));
        yield return User32("INVLPG at CPL 3", a => a.invlpg(__[eax]));
    }

    private static Case User32(string name, Action<Assembler> code) => new(name, c =>
    {
        PagingForm form = c.Mode == 64 ? PagingForm.FourLevel : PagingForm.Pae;
        form.Map(c);
        PagingProgram.PlaceUser(c, a =>
        {
            code(a);
            a.@int(CaseWriter.DoneVector);
        });
        form.Enable(c);
        PagingProgram.EnterUser(c);
    });

    private static void SetEfer(Assembler a, uint value)
    {
        a.mov(ecx, Efer);
        a.mov(edx, 0);
        a.mov(eax, value);
        a.wrmsr();
    }

    private static IEnumerable<Case> Rows64()
    {
        const ulong Tables = Layout.RuntimePageTables;
        foreach ((string name, ulong value) in ((string, ulong)[])
        [
            // Not without PG or PE, nor CR4 without PAE: QEMU takes those values and runs into nowhere.
            ("bit 32", 0x1_8000_0011), ("bit 63", 0x8000_0000_8000_0011), ("NW without CD", 0xA000_0011),
        ])
        {
            yield return Write($"CR0: {name}", value, a => a.mov(cr0, rax));
        }
        foreach (int bit in (int[])[51, 52, 60, 61, 62, 63])
            yield return Write($"CR3 bit {bit}", Tables | (1ul << bit), a => a.mov(cr3, rax));
        yield return Write("CR3 bits 0 to 11", Tables | 0xFFF, a => a.mov(cr3, rax));
        yield return Write("CR4 bit 24", 0x20 | (1ul << 24), a => a.mov(cr4, rax));
        yield return Write("LME cleared under paging", 0, a =>
        {
            a.mov(ecx, Efer);
            a.mov(edx, 0);
            a.wrmsr();
        });
        foreach ((string name, Action<CaseWriter> code) in Pcids())
        {
            yield return new($"PCID: {name}", c =>
            {
                PagingProgram.Require(c, 1, ecx, 17);
                code(c);
                c.Done();
            });
        }
        foreach ((string name, Action<CaseWriter> code) in Invpcids())
        {
            yield return new($"INVPCID: {name}", c =>
            {
                PagingProgram.Require(c, 7, ebx, 10);
                code(c);
                c.Done();
            });
        }
        yield return User32("INVPCID at CPL 3", a => a.invpcid(rax, __[rsp]));
    }

    private static Case Write(string name, ulong value, Action<Assembler> code) => new(name, c =>
    {
        c.A.mov(rax, value);
        code(c.A);
        c.A.mov(rdx, cr3);
        c.Done();
    });

    private static IEnumerable<(string Name, Action<CaseWriter> Code)> Pcids()
    {
        const ulong NoFlush = 1ul << 63, Pcide = 0x2_0020;
        PagingForm form = PagingForm.FourLevel;
        yield return ("PCIDE set", c => Put(c.A, 4, Pcide));
        yield return ("PCIDE set with CR3 bits 0 to 11 other than 0", c =>
        {
            Put(c.A, 3, Layout.RuntimePageTables | 0x18);
            Put(c.A, 4, Pcide);
        }
        );
        yield return ("CR3 with an identifier and bit 63", c =>
        {
            Put(c.A, 4, Pcide);
            Put(c.A, 3, Layout.RuntimePageTables | 0x123 | NoFlush);
            c.A.mov(rdx, cr3);
        }
        );
        yield return ("CR3 bit 62", c =>
        {
            Put(c.A, 4, Pcide);
            Put(c.A, 3, Layout.RuntimePageTables | (1ul << 62));
        }
        );
        yield return ("PCIDE cleared with an identifier", c =>
        {
            Put(c.A, 4, Pcide);
            Put(c.A, 3, Layout.RuntimePageTables | 5);
            Put(c.A, 4, 0x20);
            c.A.mov(rdx, cr3);
        }
        );
        yield return ("CR0.PG cleared", c =>
        {
            Put(c.A, 4, Pcide);
            Put(c.A, 0, 0x11);
        }
        );
        foreach ((string how, ulong second, ulong third) in ((string, ulong, ulong)[])
        [
            ("the other flushed", 2, 1), ("both flushed", 1, 1), ("back without a flush after the page's INVLPG", 2, 1 | NoFlush),
        ])
        {
            bool invalidate = (third & NoFlush) != 0;
            yield return ($"page made absent, {how}", c =>
            {
                c.A.mov(__dword_ptr[Layout.Scratch], 0x1111);
                form.Map(c);
                form.Enable(c, cr4: (uint)Pcide);
                PagingProgram.Load(c.A, ebx, rbx, form.Target);
                Put(c.A, 3, PagingForm.Tables | 1);
                c.A.mov(esi, PagingProgram.AtB(c.A));
                if (!invalidate)
                    Put(c.A, 3, PagingForm.Tables | second);
                form.Set(c, form.Leaf, 0);
                if (invalidate)
                {
                    c.A.invlpg(PagingProgram.AtB(c.A));
                    Put(c.A, 3, PagingForm.Tables | second);
                }
                Put(c.A, 3, PagingForm.Tables | third);
                c.A.mov(esi, PagingProgram.AtB(c.A));
            }
            );
        }
    }

    private static IEnumerable<(string Name, Action<CaseWriter> Code)> Invpcids()
    {
        const ulong Pcide = 0x2_0020;
        foreach (ulong type in (ulong[])[0, 1, 2, 3, 4, 0xFFFF_FFFF])
        {
            foreach ((string name, ulong low, ulong high) in ((string, ulong, ulong)[])
            [
                ("a good descriptor", 0, 0x80_4030_0000), ("bit 12 of its descriptor", 0x1000, 0), ("an identifier without PCIDE", 7, 0),
                ("an address that is not canonical", 0, 0x8000_0000_0000),
            ])
            {
                yield return ($"type {type:x}, {name}", c => Invalidate(c, type, low, high));
            }
            if (type > 3)
                continue;
            yield return ($"type {type:x}, page made absent", c =>
            {
                PagingProgram.Require(c, 1, ecx, 17);
                PagingForm form = PagingForm.FourLevel;
                form.Map(c);
                form.Enable(c, cr4: (uint)Pcide);
                Put(c.A, 3, PagingForm.Tables | 7);
                PagingProgram.Load(c.A, ebx, rbx, form.Target);
                c.A.mov(esi, PagingProgram.AtB(c.A));
                form.Set(c, form.Leaf, 0);
                Invalidate(c, type, 7, form.Target);
                c.A.mov(esi, PagingProgram.AtB(c.A));
            }
            );
        }
        yield return ("operand in an absent page", c =>
        {
            c.A.mov(rbx, 0x60_0000_0000);
            c.A.invpcid(rax, __[rbx]);
        }
        );
    }

    private static void Invalidate(CaseWriter c, ulong type, ulong low, ulong high)
    {
        c.A.mov(rcx, low);
        c.A.mov(__[(ulong)(Layout.Scratch + 0x100)], rcx);
        c.A.mov(rcx, high);
        c.A.mov(__[(ulong)(Layout.Scratch + 0x108)], rcx);
        c.A.mov(rcx, type);
        c.A.invpcid(rcx, __[Layout.Scratch + 0x100]);
    }

    private static void Put(Assembler a, int register, ulong value)
    {
        a.mov(rcx, value);
        AssemblerRegisterCR target = register switch { 0 => cr0, 3 => cr3, _ => cr4 };
        a.mov(target, rcx);
    }

    private static IEnumerable<Case> Addresses(int mode) => mode == 64 ? PageAddresses.Canonical() : PageAddresses.Wrapping();
}
