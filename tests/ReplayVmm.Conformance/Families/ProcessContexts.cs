using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>Process-context identifiers and INVPCID (SDM volume 3, 4.10.1; volume 2, INVPCID), in 64-bit mode.</summary>
internal static class ProcessContexts
{
    /// <summary>Every row.</summary>
    public static IEnumerable<Case> Rows()
    {
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
        yield return PageControlFamily.User("INVPCID at CPL 3", a => a.invpcid(rax, __[rsp]), c => PagingProgram.Require(c, 7, ebx, 10));
    }

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
        foreach ((string bits, ulong value) in ((string, ulong)[])
            [("bit 52", 1ul << 52), ("bit 61", 1ul << 61), ("bit 62", 1ul << 62), ("bits 61 and 63", (1ul << 61) | NoFlush)])
        {
            yield return ($"CR3 {bits}", c =>
            {
                Put(c.A, 4, Pcide);
                Put(c.A, 3, Layout.RuntimePageTables | value);
            }
            );
        }
        yield return ("CR3 bit 63 with PCIDE off again", c =>
        {
            Put(c.A, 4, Pcide);
            Put(c.A, 4, 0x20);
            Put(c.A, 3, Layout.RuntimePageTables | NoFlush);
        }
        );
        yield return ("LME cleared", c =>
        {
            Put(c.A, 4, Pcide);
            PageControlFamily.SetEfer(c.A, 0);
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
        yield return ("operand reaching into an absent page", c =>
        {
            PagingForm form = PagingForm.FourLevel;
            form.Map(c);
            form.Enable(c);
            c.A.mov(rbx, form.Target + 0xFF8);
            c.A.invpcid(rax, __[rbx]);
        }
        );
        yield return ("operand that is not canonical", c =>
        {
            c.A.mov(rbx, 0x8000_0000_0000);
            c.A.invpcid(rax, __[rbx]);
        }
        );
        yield return ("operand by RBP that is not canonical", c =>
        {
            c.A.mov(rbp, 0x8000_0000_0000);
            c.A.invpcid(rax, __[rbp]);
        }
        );
        yield return ("type 100000000", c => Invalidate(c, 0x1_0000_0000, 0, 0));
        yield return ("type 0, bit 63 of its descriptor", c => Invalidate(c, 0, 1ul << 63, 0));
        yield return ("type 1, the greatest identifier under PCIDE", c =>
        {
            Put(c.A, 4, 0x2_0020);
            Invalidate(c, 1, 0xFFF, 0);
        }
        );
        foreach ((string name, byte[] bytes) in ((string, byte[])[])
            [("of a register", [0x66, 0x0F, 0x38, 0x82, 0xC1]), ("with LOCK", [0xF0, 0x66, 0x0F, 0x38, 0x82, 0x04, 0x24]),
             ("without its prefix", [0x0F, 0x38, 0x82, 0x04, 0x24])])
        {
            yield return (name, c => c.A.db(bytes));
        }
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
}
