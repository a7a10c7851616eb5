using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>Linear addresses at the ends of what there is (SDM volume 3, 3.3.7.1; volume 1, 3.3.1).</summary>
internal static class PageAddresses
{
    private const ulong LowEnd = 0x8000_0000_0000, HighStart = 0xFFFF_8000_0000_0000;

    /// <summary>#GP, or #SS through the stack segment, for each kind of access at each border.</summary>
    public static IEnumerable<Case> Canonical()
    {
        (string Name, Action<Assembler> Access)[] accesses =
        [
            ("read", a => a.mov(eax, __[rbx])),
            ("write", a => a.mov(__[rbx], eax)),
            ("read by RBP", a => a.mov(eax, __[rbp])),
            ("read by RSP", a => a.mov(eax, __[rsp])),
            ("read by RBP with DS", a => a.mov(eax, __.ds[rbp])),
            ("read by RBX with SS", a => a.mov(eax, __.ss[rbx])),
            ("read by RBP with FS", a => a.mov(eax, __.fs[rbp])),
            ("push", a => a.push(rax)),
            ("pop", a => a.pop(rax)),
            ("call", a => a.call(rbx)),
            ("jump", a => a.jmp(rbx)),
            ("return", a => a.ret()),
            ("call with a good stack", a =>
            {
                a.mov(rsp, Layout.CaseStack);
                a.call(rbx);
            }),
            ("return with a good stack", a =>
            {
                a.mov(rsp, Layout.CaseStack);
                a.push(rbx);
                a.ret();
            }),
            ("push of memory with a good stack", a =>
            {
                a.mov(rsp, Layout.CaseStack);
                a.push(__qword_ptr[rbx]);
            }),
            ("LEAVE", a => a.leave()),
            ("PREFETCHT0", a => a.prefetcht0(__byte_ptr[rbx])),
            ("CLFLUSH", a => a.clflush(__byte_ptr[rbx])),
            ("string source", a => a.lodsd()),
            ("string destination", a => a.stosd()),
            ("exchange", a => a.xchg(__[rbx], eax)),
            ("16 bytes", a => a.cmpxchg16b(__[rbx])),
            ("INVLPG", a => a.invlpg(__[rbx])),
            ("SGDT", a => a.sgdt(__[rbx])),
            ("LGDT", a => a.lgdt(__[rbx])),
        ];
        foreach ((string where, ulong address) in ((string, ulong)[])
            [("the lower half's end", LowEnd), ("2 below it", LowEnd - 2), ("8 below the upper half", HighStart - 8),
             ("2 below it, up into it", HighStart - 2),
             ("the middle", 0x1234_5678_9ABC_DEF0)])
        {
            foreach ((string name, Action<Assembler> access) in accesses)
            {
                if (name == "16 bytes" && address != 0x1234_5678_9ABC_DEF0 && address % 16 != 0)
                    continue;
                yield return new($"address {name}, {where}", c =>
                {
                    foreach (AssemblerRegister64 register in (AssemblerRegister64[])[rbx, rbp, rsi, rdi])
                        c.A.mov(register, address);
                    // The handler's stack is one that can be had whatever RSP is.
                    foreach (uint vector in (uint[])[12, 13, 14])
                        c.A.mov(__byte_ptr[Layout.Idt + (vector * 16) + 4], 1);
                    c.A.mov(rsp, address);
                    access(c.A);
                    c.A.mov(rsp, Layout.CaseStack);
                    c.Done();
                });
            }
        }
        foreach ((string name, uint msr) in ((string, uint)[])[("FS", 0xC000_0100), ("GS", 0xC000_0101)])
        {
            foreach (ulong value in (ulong[])[LowEnd - 1, LowEnd, HighStart - 1, HighStart])
            {
                yield return new($"base of {name} = {value:x}", c =>
                {
                    c.A.mov(ecx, msr);
                    c.A.mov(eax, (uint)value);
                    c.A.mov(edx, (uint)(value >> 32));
                    c.A.wrmsr();
                    c.Done();
                });
            }
        }
        yield return new("base of FS and an offset that wraps into what is mapped", c =>
        {
            c.A.mov(ecx, 0xC000_0100);
            c.A.mov(eax, 0xFFFF_F000);
            c.A.mov(edx, 0xFFFF_FFFF);
            c.A.wrmsr();
            c.A.mov(__dword_ptr[Layout.Scratch], 0x77);
            c.A.mov(ebx, Layout.Scratch + 0x1000);
            c.A.mov(esi, __.fs[rbx]);
            c.Done();
        });
    }

    /// <summary>Segment base and offset add up modulo 4 GiB, under paging too.</summary>
    public static IEnumerable<Case> Wrapping()
    {
        foreach (PagingForm form in (PagingForm[])[PagingForm.TwoLevel, PagingForm.Pae])
        {
            foreach ((string name, uint start, uint offset) in ((string, uint, uint)[])
            [
                ("base FFFFF000h", 0xFFFF_F000, Layout.Scratch + 0x1000), ("base 80000000h", 0x8000_0000, Layout.Scratch + 0x8000_0000),
                ("base 0, unmapped", 0, 0x6000_0000), ("across the top of memory", 0, 0xFFFF_FFFE),
                ("base 1000h, across the top", 0x1000, 0xFFFF_EFFE),
                ("base FFFFFFFCh, from the top's last bytes", 0xFFFF_FFFC, 0),
            ])
            {
                foreach (bool write in (bool[])[false, true])
                {
                    yield return new($"{form.Name}: {(write ? "write" : "read")}, {name}", c =>
                    {
                        c.A.mov(__dword_ptr[Layout.Scratch], 0x77);
                        PageTableFamily.Put(c, Layout.Gdt + Selectors.Free, DescriptorBits.Segment(0x92, start, 0xF_FFFF, 0xC));
                        form.Map(c);
                        form.Enable(c);
                        c.A.mov(eax, (uint)Selectors.Free);
                        c.A.mov(fs, ax);
                        c.A.mov(ebx, offset);
                        if (write)
                            c.A.mov(__.fs[ebx], eax);
                        else
                            c.A.mov(eax, __.fs[ebx]);
                        c.Done();
                    }, Layout.Scratch);
                }
            }
        }
    }
}
