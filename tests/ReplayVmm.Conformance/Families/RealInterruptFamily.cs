using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>Interrupts and exceptions of real-address mode through its vector table (SDM volume 3, 21.1.4; volume 2, INT n).</summary>
internal static class RealInterruptFamily
{
    private const byte Vector = 0x50;

    /// <summary>The family.</summary>
    public static Family Make() => new("real-interrupts", 32, [.. Kinds(), .. Tables(), .. Stacks(), .. RealDebugging.Rows()]);

    /// <summary>Pops <paramref name="flags"/> into FLAGS.</summary>
    public static void SetFlags(this Assembler a, ushort flags)
    {
        a.push(unchecked((short)flags));
        a.popf();
    }

    private static readonly (string Name, Action<Assembler> Write)[] Instructions =
    [
        ("INT 50h", a => a.@int(Vector)), ("INT 3", a => a.db(0xCD, 3)), ("INT 4", a => a.db(0xCD, 4)), ("INT 0Dh", a => a.db(0xCD, 13)),
        ("INT 0", a => a.db(0xCD, 0)), ("INT FFh", a => a.db(0xCD, 0xFF)), ("INT3", a => a.int3()), ("INT1", a => a.db(0xF1)),
        ("INTO", a => a.into()),
        ("BOUND below", a => Bound(a, 4)), ("BOUND at the lower end", a => Bound(a, 5)), ("BOUND at the upper end", a => Bound(a, 10)),
        ("BOUND above", a => Bound(a, 11)),
        ("BOUND of a negative index", a => Bound(a, -1)),
        ("BOUND of 32 bits", a =>
        {
            Bound(a, 5);
            a.bound(ecx, __qword_ptr[0x100]);
        }),
        ("DIV by 0", a => a.div(cx)), ("DIV of 32 bits by 0", a => a.div(ecx)), ("IDIV of 8 bits by 0", a => a.idiv(cl)),
        ("DIV that overflows", a =>
        {
            a.mov(dx, 1);
            a.mov(cx, 1);
            a.div(cx);
        }),
        ("IDIV of -32768 by -1", a =>
        {
            a.mov(ax, short.MinValue);
            a.mov(dx, -1);
            a.mov(cx, -1);
            a.idiv(cx);
        }),
        ("AAM 0", a => a.db(0xD4, 0)), ("UD2", a => a.ud2()), ("UD2 with 66h", a => a.db(0x66, 0x0F, 0x0B)), ("LOCK NOP", a => a.db(0xF0, 0x90)),
        ("16 bytes of instruction", a => a.db(0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x90)),
        ("FNOP with CR0.TS", a => Float(a, 0x18)), ("FNOP with CR0.EM", a => Float(a, 0x14)), ("CR0.PG without PE", a => Cr0(a, 0x8000_0010)),
        ("CR0.NW without CD", a => Cr0(a, 0x2000_0010)),
        ("RDMSR of no register", a =>
        {
            a.mov(ecx, 0x1234_5678);
            a.rdmsr();
        }),
    ];

    private static IEnumerable<Case> Kinds() =>
        from instruction in Instructions
        from flags in (ushort[])[2, 0x202, 0x7202, 0xF ^ 0x7ED8, 0x802]
        select RealAddressMode.Make($"{instruction.Name}, flags {flags:X}", a =>
        {
            a.SetFlags(flags);
            instruction.Write(a);
        });

    private static void Bound(Assembler a, short index)
    {
        a.mov(__word_ptr[0x100], 5);
        a.mov(__word_ptr[0x102], 10);
        a.mov(bx, index);
        a.bound(bx, __dword_ptr[0x100]);
    }

    private static void Float(Assembler a, uint control)
    {
        Cr0(a, control);
        a.fnop();
    }

    private static void Cr0(Assembler a, uint value)
    {
        a.mov(edx, value);
        a.mov(cr0, edx);
    }

    /// <summary>Vector tables that are too short, and elsewhere.</summary>
    private static IEnumerable<Case> Tables()
    {
        (string Name, Action<Assembler> Write, ushort[] Limits)[] rows =
        [
            ("INT 50h", a => a.@int(Vector), [0xFFFF, 0x143, 0x142, 0x140, 0x13F, 0x37, 0x36, 0x33, 0x23, 0x22, 0]),
            ("INT FFh", a => a.db(0xCD, 0xFF), [0x3FF, 0x3FE, 0xFF]), ("INT 0Dh", a => a.db(0xCD, 13), [0x37, 0x36]),
            ("INT 8", a => a.db(0xCD, 8), [0x23, 0x22]),
            ("INT3", a => a.int3(), [0xF, 0xE]), ("UD2", a => a.ud2(), [0x1B, 0x1A]), ("DIV by 0", a => a.div(cx), [3, 2]),
            ("#GP", a => Cr0(a, 0x8000_0010), [0x37, 0x36, 0x22]),
        ];
        foreach ((string name, Action<Assembler> write, ushort[] limits) in rows)
        {
            foreach (ushort limit in limits)
            {
                yield return RealAddressMode.Make($"{name}, table with limit {limit:X}", a =>
                {
                    SetTable(a, RealAddressMode.Vectors, limit);
                    a.SetFlags(0x202);
                    write(a);
                });
            }
        }
        foreach (uint start in (uint[])[0x3_0101, 0x3_FEC0, 0x3_FEBE, 0x3_FEBD, Layout.Scratch + 3, 0xFF_0000])
        {
            foreach (bool wide in (bool[])[false, true])
            {
                yield return new($"table at {start:X}, LIDT of {(wide ? 32 : 24)} bits of address", c =>
                {
                    bool cut = start == 0xFF_0000;
                    uint place = cut && !wide ? 0x1_0000 | (RealAddressMode.Vectors & 0xFFFF) : start;
                    c.RealMode(a =>
                    {
                        a.mov(ebx, start + (Vector * 4u));
                        if (!cut)
                            StoreFar(a, RealAddressMode.Pointer(Vector));
                        // Without 66h the highest byte of the address does not count.
                        SetTable(a, cut ? RealAddressMode.Vectors | (wide ? 0 : 0xFF00_0000) : start | (wide ? 0 : 0xAB00_0000), 0x3FF, wide);
                        a.@int(Vector);
                    }, limits: new RealLimits { Data = uint.MaxValue });
                });
            }
        }
        yield return RealAddressMode.Make("a vector whose IP is FFFF", a => Redirect(a, 0xFFFF, 0xF20), a => { });
        yield return RealAddressMode.Make("a vector whose CS is FFFF", a => Redirect(a, 0x200, 0x1000), ShowCs);
        foreach (ushort selector in (ushort[])[0x1000, 0x1001, 0x1020, 0x0FFF, 0x0300])
            yield return RealAddressMode.Make($"a vector that leads to {selector:X}:{(ushort)(0x1_0200 - (selector << 4)):X}",
                a => Redirect(a, (ushort)(0x1_0200 - (selector << 4)), selector), ShowCs);
    }

    private static void ShowCs(Assembler a)
    {
        a.mov(dx, cs);
        a.pushfd();
        a.pop(eax);
        a.pop(ebx);
        a.pop(cx);
    }

    private static void Redirect(Assembler a, ushort ip, ushort selector)
    {
        a.mov(ax, unchecked((short)(RealAddressMode.Vectors >> 4)));
        a.mov(fs, ax);
        a.mov(__dword_ptr.fs[Vector * 4], ((uint)selector << 16) | ip);
        a.pushfd();
        a.or(__dword_ptr.ss[esp], 0x24_7B00 & ~0x100);
        a.popfd();
        a.@int(Vector);
    }

    private static void StoreFar(Assembler a, uint value)
    {
        a.push(ds);
        a.mov(ax, 0);
        a.mov(ds, ax);
        a.mov(__dword_ptr[ebx], value);
        a.pop(ds);
    }

    private static void SetTable(Assembler a, uint start, ushort limit, bool wide = false)
    {
        a.mov(__word_ptr[0x200], unchecked((short)limit));
        a.mov(__dword_ptr[0x202], start);
        a.AddInstruction(Instruction.Create(wide ? Code.Lidt_m1632 : Code.Lidt_m1632_16,
            new MemoryOperand(Register.None, Register.None, 1, 0x200, 2)));
    }

    /// <summary>Where the frame goes: each of its words by itself, so that it may wrap.</summary>
    private static IEnumerable<Case> Stacks()
    {
        foreach (uint pointer in (uint[])[0, 2, 4, 6, 8, 0xFFFE, 0xFFFF, 7, 0x1_0000, 0x1234_0006, 0xFFFF_FFFE])
        {
            foreach ((string name, Action<Assembler> write) in ((string, Action<Assembler>)[])[("INT 50h", a => a.@int(Vector)),
                ("UD2", a => a.ud2())])
            {
                yield return RealAddressMode.Make($"{name} with ESP {pointer:X}", a =>
                {
                    a.mov(esp, pointer);
                    write(a);
                }, 0x4_FFFC, 0x5_0000, 0x5_0004, 0x5_FFF8, 0x5_FFFC, 0x6_0000);
            }
        }
    }
}
