using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// Values of CR0, CR3, CR4 and EFER that 64-bit mode does not take or of which it ignores bits
/// (SDM volume 3, 2.5, 4.1.1 and 4.1.2; volume 2, MOV).
/// </summary>
internal static class PageControlLong
{
    private const ulong Tables = Layout.RuntimePageTables;

    /// <summary>Every row.</summary>
    public static IEnumerable<Case> Rows() => [.. Cr0(), .. Cr3(), .. Cr4(), .. Efer(), .. ProcessContexts.Rows()];

    private static IEnumerable<Case> Cr0()
    {
        foreach ((string name, ulong value, bool onQemu) in ((string, ulong, bool)[])
        [
            ("PG cleared", 0x11, true), ("PE cleared", 0x8000_0010, false), ("PE and PG cleared", 0x10, false), ("all cleared", 0, false),
            ("bit 32", 0x1_8000_0011, true), ("bit 63", 0x8000_0000_8000_0011, true), ("NW without CD", 0xA000_0011, true),
            ("CD", 0xC000_0011, true), ("CD and NW", 0xE000_0011, true), ("undefined bits", 0x8FE0_FFD1, true),
            ("ET cleared", 0x8000_0001, true),
        ])
        {
            yield return Write($"CR0: {name}", value, a =>
            {
                a.mov(cr0, rax);
                a.mov(rcx, cr0);
            }, onQemu);
        }
    }

    private static IEnumerable<Case> Cr3()
    {
        foreach (int bit in (int[])[51, 52, 60, 61, 62, 63])
            yield return Write($"CR3 bit {bit}", Tables | (1ul << bit), a => a.mov(cr3, rax), onQemu: false);
        yield return Write("CR3 bits 0 to 11", Tables | 0xFFF, a => a.mov(cr3, rax));
    }

    private static IEnumerable<Case> Cr4()
    {
        yield return Write("CR4.PAE cleared", 0, a => a.mov(cr4, rax));
        yield return Write("CR4.PAE cleared, PSE set", 0x10, a => a.mov(cr4, rax));
        yield return Write("CR4.LA57 changed", 0x1020, a => a.mov(cr4, rax));
        foreach (int bit in (int[])[.. PageControlFamily.UndefinedBits, 32, 63])
            yield return Write($"CR4 bit {bit}", 0x20 | (1ul << bit), a => a.mov(cr4, rax), onQemu: false);
        yield return new("CR4.PKS without the feature", c =>
        {
            PagingProgram.Require(c, 7, ecx, 31, there: false);
            c.A.mov(eax, 0x100_0020);
            c.A.mov(cr4, rax);
            c.Done();
        });
    }

    private static IEnumerable<Case> Efer()
    {
        foreach ((string name, ulong value) in ((string, ulong)[])
        [
            ("LME cleared under paging", 0x400), ("LME and LMA cleared under paging", 0), ("LMA cleared under paging", 0x100),
            ("EFER bit 1", 0x502), ("EFER bit 9", 0x700), ("EFER bit 16", 0x1_0500), ("EFER bit 32", 0x1_0000_0500),
            ("EFER bit 63", 0x8000_0000_0000_0500), ("SCE and NXE set", 0xD01),
        ])
        {
            yield return new(name, c =>
            {
                PageControlFamily.SetEfer(c.A, value);
                c.A.mov(eax, 0);
                c.A.rdmsr();
                c.Done();
            });
        }
    }

    private static Case Write(string name, ulong value, Action<Assembler> code, bool onQemu = true) => new(name, c =>
    {
        c.A.mov(rax, value);
        code(c.A);
        c.A.mov(rdx, cr3);
        c.Done();
    })
    {
        NotOn = onQemu ? [] : ["QEMU"],
    };
}
