using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>Beyond offset FFFFh in real-address mode: #GP and #SS without an error code (SDM volume 3, 21.1.1 and 21.1.4).</summary>
internal static class RealLimitFamily
{
    private const uint DataStart = (uint)RealAddressMode.Data << 4, StackStart = (uint)RealAddressMode.Stack << 4;

    /// <summary>The family. QEMU checks no limits, and goes on into whatever is there.</summary>
    public static Family Make() => new("real-limits", 32,
        [.. ((IEnumerable<Case>)[.. Accesses(), .. Strings(), .. Stacks(), .. Transfers(), .. Fetches()]).Select(one => one with { NotOn = NotOn(one.Name) })]);

    /// <summary>Bochs hangs where LIDT takes a part of its operand from elsewhere.</summary>
    private static string[] NotOn(string name) => name == "LIDT at FFFE" ? ["QEMU", "Bochs"] : ["QEMU"];

    private static IEnumerable<Case> Accesses()
    {
        (string Name, byte[] Bytes)[] instructions =
        [
            ("byte", [0x8A, 0x0F]), ("word", [0x8B, 0x0F]), ("dword", [0x66, 0x8B, 0x0F]), ("store of a word", [0x89, 0x0F]),
            ("store of a dword", [0x66, 0x89, 0x0F]), ("addition", [0x01, 0x0F]),
            ("FILD of a qword", [0xDF, 0x2F]), ("FLD of ten bytes", [0xDB, 0x2F]), ("LES", [0xC4, 0x0F]),
            ("LFS of 32 bits", [0x66, 0x0F, 0xB4, 0x0F]), ("SGDT", [0x0F, 0x01, 0x07]), ("LIDT", [0x0F, 0x01, 0x1F]),
            ("BOUND", [0x62, 0x0F]), ("far JMP through memory", [0xFF, 0x2F]), ("word in SS", [0x36, 0x8B, 0x0F]),
            ("store to ES", [0x26, 0x89, 0x0F]), ("word in CS", [0x2E, 0x8B, 0x0F]),
            ("BT of the next word", [0x0F, 0xA3, 0x17]), ("CMPXCHG8B", [0x0F, 0xC7, 0x0F]), ("PUSH of a dword", [0x66, 0xFF, 0x37]),
            ("POP to a word", [0x8F, 0x07]), ("XLAT", [0xD7]),
        ];
        foreach ((string name, byte[] bytes) in instructions)
        {
            foreach (ushort offset in (ushort[])[0xFFFC, 0xFFFD, 0xFFFE, 0xFFFF])
            {
                if (name is "FLD of ten bytes" or "FILD of a qword" or "CMPXCHG8B" && offset != 0xFFFF)
                    continue;
                if (name is "LIDT" or "far JMP through memory" && offset == 0xFFFC)
                    continue;
                yield return RealAddressMode.Make($"{name} at {offset:X}", a =>
                {
                    a.fninit();
                    a.mov(ecx, 0x1234_5678);
                    a.mov(bx, unchecked((short)offset));
                    a.mov(dx, 16);
                    a.db(bytes);
                    // What the fill made of a segment register, a bound or a flag is no matter here.
                    a.mov(edx, 0);
                }, DataStart + 0xFFFC, DataStart + 0x1_0000);
            }
        }
        foreach (uint offset in (uint[])[0xFFFF, 0x1_0000, 0x1_0001, 0x8000_0000, 0xFFFF_FFFF, 0xFFFF_FFFE])
        {
            foreach ((string name, byte[] bytes) in ((string, byte[])[])[("byte", [0x67, 0x8A, 0x0B]), ("word", [0x67, 0x8B, 0x0B]),
                ("store", [0x67, 0x88, 0x0B]), ("byte in SS", [0x67, 0x36, 0x8A, 0x0B]),
                ("[EBP]", [0x67, 0x8A, 0x4D, 0]), ("[ESP]", [0x67, 0x8A, 0x0C, 0x24]), ("byte in FS", [0x64, 0x67, 0x8A, 0x0B])])
            {
                yield return RealAddressMode.Make($"67h: {name} at {offset:X}", a =>
                {
                    a.mov(ebx, offset);
                    a.mov(ebp, offset);
                    if (name == "[ESP]")
                        a.mov(esp, offset & ~1u);
                    a.db(bytes);
                });
            }
        }
        foreach (string register in (string[])["DS", "ES", "FS", "GS", "SS"])
        {
            foreach (uint limit in (uint[])[0xFFE, 0xFFF, 0x1000])
            {
                byte prefix = register switch { "DS" => 0x3E, "ES" => 0x26, "FS" => 0x64, "GS" => 0x65, _ => 0x36 };
                yield return new($"{register} with the limit {limit:X} of protected mode: a byte at FFF, a word at FFF", c => c.RealMode(a =>
                {
                    a.mov(esp, 0x800);
                    a.mov(bx, 0xFFF);
                    a.mov(edi, 0);
                    a.db(prefix, 0x8A, 0x17);
                    a.mov(dx, 1);
                    a.db(prefix, 0x8B, 0x17);
                    a.mov(dx, 2);
                }, limits: new RealLimits { Data = limit, Stack = limit }));
            }
        }
    }

    private static IEnumerable<Case> Strings()
    {
        (string Name, byte[] Bytes, uint Esi, uint Edi)[] rows =
        [
            ("MOVSW from FFFF", [0xA5], 0xFFFF, 0), ("MOVSW to FFFF", [0xA5], 0, 0xFFFF), ("MOVSD from FFFD", [0x66, 0xA5], 0xFFFD, 0),
            ("STOSW at FFFF", [0xAB], 0, 0xFFFF), ("LODSW at FFFF", [0xAD], 0xFFFF, 0),
            ("LODSW by SS at FFFF", [0x36, 0xAD], 0xFFFF, 0), ("SCASW at FFFF", [0xAF], 0, 0xFFFF),
            ("CMPSW, both at FFFF", [0xA7], 0xFFFF, 0xFFFF), ("REP MOVSW from FFFB", [0xF3, 0xA5], 0xFFFB, 0x10),
            ("REP MOVSW to FFFB", [0xF3, 0xA5], 0x10, 0xFFFB), ("REP STOSW at FFFD", [0xF3, 0xAB], 0, 0xFFFD),
            ("REP STOSD at FFF6", [0xF3, 0x66, 0xAB], 0, 0xFFF6), ("REP LODSW by SS at FFFD", [0xF3, 0x36, 0xAD], 0xFFFD, 0),
            ("REP MOVSB by 67h from FFFE", [0x67, 0xF3, 0xA4], 0xFFFE, 0x10), ("REP MOVSB by 67h to FFFE", [0x67, 0xF3, 0xA4], 0x10, 0xFFFE),
            ("REP STOSB by 67h at FFFE", [0x67, 0xF3, 0xAA], 0, 0xFFFE),
            ("LODSB by 67h at 10000", [0x67, 0xAC], 0x1_0000, 0), ("STOSB by 67h at FFFFFFFF", [0x67, 0xAA], 0, uint.MaxValue),
            ("REP LODSB by 67h at FFFFFFFE", [0x67, 0xF3, 0xAC], 0xFFFF_FFFE, 0),
            ("REP OUTSW at FFFD", [0xF3, 0x6F], 0xFFFD, 0), ("INSW at FFFF", [0x6D], 0, 0xFFFF), ("REPE SCASW at FFFD", [0xF3, 0xAF], 0, 0xFFFD),
            ("REPE CMPSW at FFFD", [0xF3, 0xA7], 0xFFFD, 0xFFFD),
        ];
        foreach ((string name, byte[] bytes, uint source, uint target) in rows)
        {
            yield return RealAddressMode.Make(name, a =>
            {
                a.mov(edx, 0x80);
                a.mov(esi, source);
                a.mov(edi, target);
                a.mov(ecx, 4);
                a.mov(eax, name.StartsWith("REPE SCASW", StringComparison.Ordinal) ? 0x5E5Du : 0x1122_3344);
                a.cmp(eax, eax);
                a.db(bytes);
                a.mov(edx, 0);
            }, DataStart, DataStart + 4, DataStart + 0x10, DataStart + 0xFFF8, DataStart + 0xFFFC, DataStart + 0x1_0000);
        }
    }

    /// <summary>Where the exception finds no room either, the processor shuts down.</summary>
    private static IEnumerable<Case> Stacks()
    {
        (string Name, Action<Assembler> Write, ushort[] Pointers)[] rows =
        [
            ("PUSH", a => a.push(bx), [1, 3]), ("PUSH of 32 bits", a => a.push(ebx), [2, 5, 6]), ("POP", a => a.pop(bx), [0xFFFF]),
            ("POP of 32 bits", a => a.pop(ebx), [0xFFFD, 0xFFFE, 0xFFFF]),
            ("PUSHA", a => a.db(0x60), [5, 7, 9, 15, 16, 17]), ("PUSHAD", a => a.db(0x66, 0x60), [6, 10, 18, 30, 32]),
            ("POPA", a => a.db(0x61), [0xFFF1, 0xFFF3, 0xFFFF]), ("POPAD", a => a.db(0x66, 0x61), [0xFFE2, 0xFFFD]),
            ("CALL", a => a.db(0xE8, 0, 0), [1]), ("CALL of 32 bits", a => a.db(0x66, 0xE8, 0, 0, 0, 0), [2]),
            ("far CALL", a => a.db(0x9A, 0, 2, 0, 0x10), [1, 3]),
            ("far CALL of 32 bits", a => a.db(0x66, 0x9A, 0, 2, 0, 0, 0, 0x10), [6]), ("INT 50h", a => a.@int(0x50), [1, 3, 5]),
            ("UD2", a => a.ud2(), [1]), ("RET", a => a.ret(), [0xFFFF]),
            ("RETF", a => a.retf(), [0xFFFD, 0xFFFF]), ("RETF of 32 bits", a => a.db(0x66, 0xCB), [0xFFFA, 0xFFFD]),
            ("IRET", a => a.iret(), [0xFFFB, 0xFFFD, 0xFFFF]), ("IRETD", a => a.iretd(), [0xFFF6, 0xFFFA, 0xFFFF]),
            ("POPF", a => a.popf(), [0xFFFF]), ("POPFD", a => a.popfd(), [0xFFFE]), ("PUSHFD", a => a.pushfd(), [6]),
            ("POP DS", a => a.pop(ds), [0xFFFF]), ("POP FS of 32 bits", a => a.db(0x66, 0x0F, 0xA1), [0xFFFD, 0xFFFE]),
            ("ENTER 4, 0", a => a.db(0xC8, 4, 0, 0), [7, 2, 4]), ("ENTER 2, 2", a => a.db(0xC8, 2, 0, 2), [7, 9]),
            ("ENTER of 32 bits", a => a.db(0x66, 0xC8, 4, 0, 0), [6]), ("POP to [SP]", a => a.db(0x67, 0x8F, 0x04, 0x24), [0xFFFD]),
        ];
        foreach ((string name, Action<Assembler> write, ushort[] pointers) in rows)
        {
            foreach (ushort pointer in pointers)
            {
                yield return RealAddressMode.Make($"{name} with SP {pointer:X}", a =>
                {
                    a.mov(ebx, 0x1B1B_2B2B);
                    a.mov(ebp, 0x9999_0010);
                    a.mov(esp, 0x4444_0000u | pointer);
                    write(a);
                    a.mov(edi, esp);
                    a.mov(esp, (uint)RealAddressMode.StackPointer);
                }, StackStart, StackStart + 4, StackStart + 0xFFF8, StackStart + 0xFFFC, StackStart + 0x1_0000);
            }
        }
        foreach (ushort frame in (ushort[])[0xFFFE, 0xFFFF, 0, 1])
        {
            foreach ((string name, Action<Assembler> write) in ((string, Action<Assembler>)[])[("LEAVE", a => a.db(0xC9)),
                ("LEAVE of 32 bits", a => a.db(0x66, 0xC9)), ("ENTER 0, 2", a => a.db(0xC8, 0, 0, 2)),
                ("word at [BP]", a => a.mov(cx, __word_ptr[bp]))])
            {
                yield return RealAddressMode.Make($"{name} with BP {frame:X}", a =>
                {
                    a.mov(ebp, 0x9999_0000u | frame);
                    write(a);
                    a.mov(edi, esp);
                    a.mov(esp, (uint)RealAddressMode.StackPointer);
                });
            }
        }
    }

    /// <summary>Targets of 32 bits beyond the limit of the code segment.</summary>
    private static IEnumerable<Case> Transfers()
    {
        foreach ((string name, bool wide, Action<Assembler, ushort, uint> write) in RealTransferFamily.Forms)
        {
            if (!wide)
                continue;
            foreach (uint ip in (uint[])[0x1_0000, 0x1_0200, 0xFFFF_0200, 0xFFFF_FFFF])
                yield return RealAddressMode.Make($"{name} to {ip:X}", a => write(a, RealAddressMode.Code, ip),
                    StackStart + RealAddressMode.StackPointer - 8);
        }
        foreach (uint ip in (uint[])[0x1_0000, 0x1_0200, 0xFFFF_0200, 0x8000_0200])
        {
            yield return RealAddressMode.Make($"IRETD to {ip:X}", a =>
            {
                RealReturnFamily.PushFrame(a, true, 0x7202, ip: ip);
                a.iretd();
            });
            yield return RealAddressMode.Make($"RET of 32 bits to {ip:X}", a =>
            {
                a.PushWide(ip);
                a.db(0x66, 0xC3);
            });
            yield return RealAddressMode.Make($"JMP EBX to {ip:X}", a =>
            {
                a.mov(ebx, ip);
                a.db(0x66, 0xFF, 0xE3);
            });
            yield return RealAddressMode.Make($"CALL EBX to {ip:X}", a =>
            {
                a.mov(ebx, ip);
                a.db(0x66, 0xFF, 0xD3);
            }, StackStart + RealAddressMode.StackPointer - 4);
        }
        (string Name, byte[] Bytes)[] rows =
        [
            ("JMP of 32 bits by 10000h", [0x66, 0xE9, 0, 0, 1, 0]), ("JMP of 32 bits by -100h", [0x66, 0xE9, 0, 0xFF, 0xFF, 0xFF]),
            ("CALL of 32 bits by 10000h", [0x66, 0xE8, 0, 0, 1, 0]),
            ("Jcc of 32 bits by 10000h", [0x66, 0x0F, 0x85, 0, 0, 1, 0]),
            ("Jcc of 32 bits by 10000h, not taken", [0x66, 0x0F, 0x84, 0, 0, 1, 0]), ("short JMP with 66h by -80h", [0x66, 0xEB, 0x80]),
            ("LOOP with 66h by -80h", [0x66, 0xE2, 0x80]), ("JCXZ with 66h by -80h", [0x66, 0xE3, 0x80]), ("short JMP by -80h", [0xEB, 0x80]),
        ];
        foreach ((string name, byte[] bytes) in rows)
        {
            yield return RealAddressMode.Make(name, a =>
            {
                a.test(sp, sp);
                if (!name.StartsWith("JCXZ", StringComparison.Ordinal))
                    a.mov(cx, 5);
                // Where -80h leads to the end of the segment, there is the end of the case.
                for (int place = 0xFF80; place < 0xFFC0; place += 4)
                    a.mov(__dword_ptr.cs[place], 0x40CD_40CD);
                a.db(bytes);
            });
        }
    }

    /// <summary>Instructions at the end of 64 KiB of code.</summary>
    private static IEnumerable<Case> Fetches()
    {
        (string Name, byte[] Bytes)[] rows =
        [
            ("NOP", [0x90]), ("JMP to FFF0h", [0xEB, 0xF0]), ("near JMP to 200h", [0xE9, 0x00, 0x02]), ("MOV AX, imm16", [0xB8, 0x34, 0x12]),
            ("INT 50h", [0xCD, 0x50]), ("INT3", [0xCC]), ("UD2", [0x0F, 0x0B]), ("CALL to 200h", [0xE8, 0x00, 0x02]),
            ("JE not taken", [0x74, 0x10]), ("MOV EAX, imm32", [0x66, 0xB8, 1, 2, 3, 4]), ("LOOP not taken", [0xE2, 0x10]), ("RETF", [0xCB]),
            ("REP STOSB", [0xF3, 0xAA]),
        ];
        foreach ((string name, byte[] bytes) in rows)
        {
            for (int inside = 1; inside <= bytes.Length; inside++)
            {
                if (inside < bytes.Length && inside > 2)
                    continue;
                int start = 0x1_0000 - inside, outside = bytes.Length - inside;
                yield return new($"{name} with {inside} of {bytes.Length} bytes below 64 KiB", c =>
                {
                    for (int n = 0; n < bytes.Length; n++)
                        c.A.mov(__byte_ptr[Layout.Low + (uint)(start + n)], unchecked((sbyte)bytes[n]));
                    c.Poke(Layout.Low + 0xFFF0, 0xCCCC_CCCC);
                    // What lies beyond is an end of its own.
                    for (int n = outside; n < 8; n++)
                        c.A.mov(__byte_ptr[Layout.Low + 0x1_0000 + (uint)n], unchecked((sbyte)0xCC));
                    c.RealMode(a =>
                    {
                        a.push(cs);
                        a.push(RealAddressMode.Target);
                        a.mov(cx, 1);
                        a.db(0xE9, (byte)(start - 10), (byte)((start - 10) >> 8));
                    }, target: a => a.mov(dx, 1));
                });
            }
        }
    }
}
