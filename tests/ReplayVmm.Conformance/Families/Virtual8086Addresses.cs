using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>Addresses, stacks and jumps at the edges of segments of 64 KiB (SDM volume 3, 21.1 and 21.2).</summary>
internal static class Virtual8086Addresses
{
    private const uint Iopl3 = 0x3000;

    /// <summary>In virtual-8086 mode.</summary>
    public static IEnumerable<Case> Make()
    {
        (string Name, Action<Assembler> Write)[] programs =
        [
            ("word at FFFF", a => a.mov(ax, __word_ptr[0xFFFF])), ("byte at FFFF", a => a.mov(al, __byte_ptr[0xFFFF])),
            ("store of a word at FFFF", a => a.mov(__word_ptr[0xFFFF], ax)), ("dword at FFFC", a => a.mov(eax, __dword_ptr[0xFFFC])),
            ("dword at FFFD", a => a.mov(eax, __dword_ptr[0xFFFD])), ("stack word at FFFF", Bp),
            ("32-bit address 10000", a => Far(a, 0x1_0000)), ("32-bit address FFFC", a => Far(a, 0xFFFC)),
            ("PUSH with SP 1", a => Sp(a, 1)), ("PUSH with SP 0", a => Sp(a, 0)),
            ("POP with SP FFFF", a =>
            {
                a.mov(sp, unchecked((short)0xFFFF));
                a.pop(cx);
            }),
            ("any selector is good", a =>
            {
                a.mov(ax, 0x1234);
                a.mov(fs, ax);
                a.mov(gs, ax);
                a.push(fs);
                a.pop(es);
                a.mov(cx, es);
            }),
            ("FFFF:0010 reaches beyond 1 MiB", a =>
            {
                a.mov(ax, -1);
                a.mov(fs, ax);
                a.mov(ecx, __dword_ptr.fs[0x10]);
            }),
            ("far JMP", a => a.db(0xEA, 0x80, 0x00, 0x00, 0x10)), ("far CALL", a => a.db(0x9A, 0x80, 0x00, 0x00, 0x10)),
            ("far JMP to 1008:0000", a => a.db(0xEA, 0, 0, 8, 0x10)),
            ("far JMP of 32 bits beyond 64 KiB", a => a.db(0x66, 0xEA, 0, 0, 1, 0, 0, 0x10)),
            ("RETF", a =>
            {
                a.push(cs);
                a.push(0x80);
                a.retf();
            }),
            ("near JMP wraps", a => a.db(0xE9, 0x7D, 0)), ("JMP to FFFF", a => a.db(0x85, 0xFF, 0x75, 4, 0x47, 0xE9, 0xF7, 0xFF)),
            ("JMP of 32 bits beyond 64 KiB", a => a.db(0x66, 0xE9, 0, 0, 1, 0)),
        ];
        foreach ((string name, Action<Assembler> write) in programs)
        {
            yield return new(name, c =>
            {
                c.PutLow([0xCD, 0x40, 0x90, 0x90], 0x80);
                c.Poke(0x10_0000 - 4, 0);
                c.Poke(Layout.Low + 0xFFFC, 0x9090_9090);
                for (uint n = 0; n < 32; n += 4)
                    c.Poke(Layout.Low + 0x1_0000 + n, 0x0B0F_0B0F);
                c.Virtual8086(a =>
                {
                    write(a);
                    a.@int(CaseWriter.DoneVector);
                }, Iopl3);
            });
        }
    }

    private static void Bp(Assembler a)
    {
        a.mov(bp, -1);
        a.mov(ax, __word_ptr[bp]);
    }

    private static void Far(Assembler a, uint address)
    {
        a.mov(ebx, address);
        a.mov(eax, __dword_ptr[ebx]);
    }

    private static void Sp(Assembler a, short value)
    {
        a.mov(sp, value);
        a.push(ax);
    }
}
