using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>Near and far transfers and loads of segment registers in real-address mode, of 16 and 32 bits (SDM volume 2; volume 3, 21.1).</summary>
internal static class RealTransferFamily
{
    private const ushort Pointer = 0x100;

    /// <summary>The family.</summary>
    public static Family Make() => new("real-transfers", 32, [.. Far(), .. Near(), .. Loops(), .. Loads()]);

    /// <summary>Forms of far transfers.</summary>
    internal static readonly (string Name, bool Wide, Action<Assembler, ushort, uint> Write)[] Forms =
    [
        ("JMP ptr16:16", false, (a, cs, ip) => Direct(a, 0xEA, false, cs, ip)),
        ("JMP ptr16:32", true, (a, cs, ip) => Direct(a, 0xEA, true, cs, ip)),
        ("CALL ptr16:16", false, (a, cs, ip) => Direct(a, 0x9A, false, cs, ip)),
        ("CALL ptr16:32", true, (a, cs, ip) => Direct(a, 0x9A, true, cs, ip)),
        ("JMP m16:16", false, (a, cs, ip) => Indirect(a, 0x2E, false, cs, ip)),
        ("JMP m16:32", true, (a, cs, ip) => Indirect(a, 0x2E, true, cs, ip)),
        ("CALL m16:16", false, (a, cs, ip) => Indirect(a, 0x1E, false, cs, ip)),
        ("CALL m16:32", true, (a, cs, ip) => Indirect(a, 0x1E, true, cs, ip)),
        ("RETF", false, (a, cs, ip) => Return(a, false, cs, ip, 0xCB)), ("RETF of 32 bits", true, (a, cs, ip) => Return(a, true, cs, ip, 0xCB)),
        ("RETF 6", false, (a, cs, ip) => Return(a, false, cs, ip, 0xCA, 6, 0)),
        ("RETF 6 of 32 bits", true, (a, cs, ip) => Return(a, true, cs, ip, 0xCA, 6, 0)),
        ("RETF 9001h", false, (a, cs, ip) => Return(a, false, cs, ip, 0xCA, 1, 0x90)),
    ];

    private static void Direct(Assembler a, byte opcode, bool wide, ushort selector, uint ip) =>
        a.db([.. Prefix(wide), opcode, .. Offset(wide, ip), (byte)selector, (byte)(selector >> 8)]);

    private static void Indirect(Assembler a, byte form, bool wide, ushort selector, uint ip)
    {
        a.mov(__dword_ptr[Pointer], ip);
        a.mov(__word_ptr[Pointer + (wide ? 4 : 2)], unchecked((short)selector));
        a.db([.. Prefix(wide), 0xFF, form, Pointer & 0xFF, Pointer >> 8]);
    }

    private static void Return(Assembler a, bool wide, ushort selector, uint ip, params byte[] instruction)
    {
        if (wide)
        {
            a.PushWide(0x5678_0000u | selector);
            a.PushWide(ip);
        }
        else
        {
            a.push(unchecked((short)selector));
            a.push(unchecked((short)ip));
        }
        a.db([.. Prefix(wide), .. instruction]);
    }

    private static byte[] Prefix(bool wide) => wide ? [0x66] : [];

    private static byte[] Offset(bool wide, uint ip) => BitConverter.GetBytes(ip)[..(wide ? 4 : 2)];

    private static IEnumerable<Case> Far() =>
        from form in Forms
        from selector in (ushort[])[0x1000, 0x1001, 0x1003, 0x1020, 0x0FFF, 0x0300]
        let ip = (ushort)(0x1_0200 - (selector << 4))
        select RealAddressMode.Make($"{form.Name} to {selector:X}:{ip:X}", a => form.Write(a, selector, ip), ShowReturn);

    private static void ShowReturn(Assembler a)
    {
        a.mov(dx, cs);
        a.mov(cx, sp);
        a.mov(bp, sp);
        a.cmp(bp, unchecked((short)RealAddressMode.StackPointer));
        a.mov(bx, __word_ptr[bp]);
        a.mov(esi, __dword_ptr[bp]);
        a.mov(edi, __dword_ptr[bp + 4]);
    }

    private static IEnumerable<Case> Near()
    {
        (string Name, Action<Assembler> Write)[] rows =
        [
            ("CALL of 16 bits", a => a.db(0xE8, 0xFD, 1)), ("CALL of 32 bits", a => a.db(0x66, 0xE8, 0xFA, 1, 0, 0)),
            ("JMP of 16 bits", a => a.db(0xE9, 0xFD, 1)),
            ("JMP of 32 bits", a => a.db(0x66, 0xE9, 0xFA, 1, 0, 0)), ("Jcc of 16 bits", a => a.db(0x0F, 0x85, 0xFC, 1)),
            ("Jcc of 32 bits", a => a.db(0x66, 0x0F, 0x85, 0xF9, 1, 0, 0)),
            ("CALL of 16 bits that wraps", a =>
            {
                a.nop();
                a.db(0xE8, 0xFC, 1);
            }),
            ("CALL BX with high bits in EBX", a => Register(a, 0xFF, 0xD3)), ("JMP BX with high bits in EBX", a => Register(a, 0xFF, 0xE3)),
            ("CALL m16", a => Memory(a, 0xFF, 0x16, 0, 1)), ("JMP m16", a => Memory(a, 0xFF, 0x26, 0, 1)),
            ("CALL m32", a => Memory(a, 0x66, 0xFF, 0x16, 4, 1)), ("JMP m32", a => Memory(a, 0x66, 0xFF, 0x26, 4, 1)),
            ("RET", a => Push(a, false, 0xC3)), ("RET of 32 bits", a => Push(a, true, 0x66, 0xC3)), ("RET 6", a => Push(a, false, 0xC2, 6, 0)),
            ("RET 6 of 32 bits", a => Push(a, true, 0x66, 0xC2, 6, 0)), ("RET 9001h", a => Push(a, false, 0xC2, 1, 0x90)),
            ("RET 8000h", a => Push(a, false, 0xC2, 0, 0x80)),
        ];
        foreach ((string name, Action<Assembler> write) in rows)
            yield return RealAddressMode.Make(name, write, ShowReturn);
    }

    private static void Register(Assembler a, params byte[] instruction)
    {
        a.mov(ebx, 0x4321_0200);
        a.db(instruction);
    }

    private static void Memory(Assembler a, params byte[] instruction)
    {
        a.mov(__dword_ptr[Pointer], 0x4321_0200);
        a.mov(__dword_ptr[Pointer + 4], 0x200);
        a.db(instruction);
    }

    private static void Push(Assembler a, bool wide, params byte[] instruction)
    {
        if (wide)
            a.PushWide(RealAddressMode.Target);
        else
            a.push((short)RealAddressMode.Target);
        a.db(instruction);
    }

    /// <summary>LOOP, LOOPE, LOOPNE and JCXZ with CX and, by 67h, with ECX.</summary>
    private static IEnumerable<Case> Loops()
    {
        foreach ((string name, byte opcode) in ((string, byte)[])[("LOOPNE", 0xE0), ("LOOPE", 0xE1), ("LOOP", 0xE2), ("JCXZ", 0xE3)])
        {
            foreach (byte prefix in (byte[])[0, 0x67, 0x66])
            {
                foreach (uint count in (uint[])[0, 1, 2, 0x1_0000, 0x1_0001, 0xFFFF_0000, 0xFFFF_FFFF])
                {
                    foreach (bool zero in (bool[])[false, true])
                    {
                        if (opcode > 0xE1 && zero)
                            continue;
                        string how = prefix switch { 0x67 => ", 67h", 0x66 => ", 66h", _ => "" };
                        yield return RealAddressMode.Make($"{name}{how}, ECX {count:X}, ZF {(zero ? 1 : 0)}", a =>
                        {
                            a.mov(ecx, count);
                            a.cmp(ax, (short)(zero ? 0 : 1));
                            a.db([.. prefix == 0 ? (byte[])[] : [prefix], opcode, 3]);
                            a.mov(dx, 1);
                        });
                    }
                }
            }
        }
    }

    /// <summary>The base of a segment is its selector times 16, whatever the selector.</summary>
    private static IEnumerable<Case> Loads()
    {
        AssemblerRegisterSegment[] registers = [ds, es, fs, gs];
        foreach (AssemblerRegisterSegment register in registers)
        {
            foreach (ushort selector in (ushort[])[0, 3, 0x2FFF, 0x3001, 0x3003, 0x3FFE, 0xFFFF])
            {
                yield return new($"{Protection.Name(register)} = {selector:X}", c =>
                {
                    c.Poke(0x600 + 0xF, 0x1122_3344);
                    c.Poke(0x10_0000 - 0x10 + 0x600, 0x5566_7788);
                    c.RealMode(a =>
                    {
                        a.mov(dx, unchecked((short)selector));
                        a.mov(register, dx);
                        int place = selector < 0x1000 ? 0x60F : selector < 0x4000 ? 0x3_FFE8 : 0x600 + 0xF_FFF0;
                        ushort offset = (ushort)(place - (selector << 4));
                        a.mov(bx, unchecked((short)offset));
                        a.db(register == ds ? (byte)0x3E : register == es ? (byte)0x26 : register == fs ? (byte)0x64 : (byte)0x65);
                        a.db(0x66, 0x8B, 0x0F);
                        a.mov(dx, register);
                    });
                });
            }
        }
        (string Name, Action<Assembler> Write)[] rows =
        [
            ("LDS", a => a.lds(cx, __dword_ptr[Pointer])), ("LES", a => a.les(cx, __dword_ptr[Pointer])),
            ("LFS", a => a.lfs(cx, __dword_ptr[Pointer])),
            ("LGS", a => a.lgs(cx, __dword_ptr[Pointer])), ("LDS of 32 bits", a => a.lds(ecx, __fword_ptr[Pointer])),
            ("LES of 32 bits", a => a.les(ecx, __fword_ptr[Pointer])),
            ("LFS of 32 bits", a => a.lfs(ecx, __fword_ptr[Pointer])), ("LGS of 32 bits", a => a.lgs(ecx, __fword_ptr[Pointer])),
            ("LSS SP", a => a.db(0x0F, 0xB2, 0x26, 0, 1)), ("LSS ESP", a => a.db(0x66, 0x0F, 0xB2, 0x26, 0, 1)),
            ("POP DS", a => Pop(a, () => a.pop(ds))), ("POP ES", a => Pop(a, () => a.pop(es))), ("POP FS", a => Pop(a, () => a.pop(fs))),
            ("POP GS", a => Pop(a, () => a.pop(gs))),
            ("POP DS of 32 bits", a => Pop(a, () => a.db(0x66, 0x1F))), ("POP GS of 32 bits", a => Pop(a, () => a.db(0x66, 0x0F, 0xA9))),
            ("MOV DS, EAX", a => a.db(0x66, 0xB8, 0x34, 0x12, 0x78, 0x56, 0x66, 0x8E, 0xD8)),
            ("MOV EAX, FS", a => a.db(0x66, 0xB8, 0x34, 0x12, 0x78, 0x56, 0x66, 0x8C, 0xE0)),
            ("MOV AX, FS", a => a.db(0x66, 0xB8, 0x34, 0x12, 0x78, 0x56, 0x8C, 0xE0)),
            ("MOV m16, FS with 66h", a => a.db(0x66, 0x8C, 0x26, 0, 1)),
            ("PUSH FS", a => Store(a, () => a.push(fs))), ("PUSH FS of 32 bits", a => Store(a, () => a.db(0x66, 0x0F, 0xA0))),
            ("PUSH CS of 32 bits", a => Store(a, () => a.db(0x66, 0x0E))),
            ("MOV CS, AX", a => a.db(0x8E, 0xC8)), ("MOV AX, segment 6", a => a.db(0x8C, 0xF0)), ("MOV segment 7, AX", a => a.db(0x8E, 0xF8)),
            ("POP CS (0Fh) as an escape", a => a.db(0x0F, 0x0B)),
            ("LDS of a register", a => a.db(0xC5, 0xC0)), ("LES of a register", a => a.db(0xC4, 0xC0)),
            ("LFS of a register", a => a.db(0x0F, 0xB4, 0xC0)), ("LSS of a register", a => a.db(0x0F, 0xB2, 0xC0)),
            ("far JMP of a register", a => a.db(0xFF, 0xE8)), ("far CALL of a register", a => a.db(0xFF, 0xD8)),
        ];
        foreach ((string name, Action<Assembler> write) in rows)
        {
            yield return RealAddressMode.Make(name, a =>
            {
                a.mov(__dword_ptr[Pointer], 0x2345_7001);
                a.mov(__word_ptr[Pointer + 4], 0x1357);
                write(a);
            }, ((uint)RealAddressMode.Data << 4) + Pointer);
        }
    }

    private static void Pop(Assembler a, Action pop)
    {
        a.PushWide(0x6666_7FFF);
        pop();
        a.mov(cx, sp);
    }

    private static void Store(Assembler a, Action push)
    {
        a.PushWide(0x6666_7FFF);
        a.PushWide(0x6666_7FFF);
        a.add(sp, 8);
        push();
        a.mov(cx, sp);
        // A push of 32 bits may clear the upper half or leave it.
        a.mov(bx, __word_ptr.ss[0x7FFC]);
    }
}
