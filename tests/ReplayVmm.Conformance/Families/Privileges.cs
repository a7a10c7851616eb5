using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>Control registers, and who may run what with which encoding (SDM volume 2; volume 3, 2.5, 5.9 and 6.9).</summary>
internal static class Privileges
{
    /// <summary>In both modes.</summary>
    public static Family Make(int mode) =>
        new($"privileges-{mode}", mode, [.. Rings(mode), .. Switched(mode), .. Locked(mode), .. Lengths(mode), .. Coprocessor(), .. Flags(mode), .. Cr0(mode), .. Cr4(mode), .. Numbers(mode)]);

    private static IEnumerable<Case> Rings(int mode)
    {
        (string Name, byte[] Code)[] rows =
        [
            ("CLTS", [0x0F, 0x06]), ("INVD", [0x0F, 0x08]), ("WBINVD", [0x0F, 0x09]), ("INVLPG", [0x0F, 0x01, 0x38]), ("INVLPG of a register", [0x0F, 0x01, 0xFA]),
            ("LMSW EBX", [0x0F, 0x01, 0xF3]), ("LGDT of a register", [0x0F, 0x01, 0xD3]), ("LLDT CX", [0x0F, 0x00, 0xD1]), ("MOV EDX, CR0", [0x0F, 0x20, 0xC2]),
            ("MOV EDX, CR1", [0x0F, 0x20, 0xCA]), ("MOV EDX, CR2", [0x0F, 0x20, 0xD2]), ("MOV EDX, CR5", [0x0F, 0x20, 0xEA]), ("MOV CR7, EAX", [0x0F, 0x22, 0xF8]),
            ("MOV EDX, DR0", [0x0F, 0x21, 0xC2]), ("HLT with LOCK", [0xF0, 0xF4]), ("CLI", [0xFA]), ("STI", [0xFB]), ("IN AL, E4h", [0xE4, 0xE4]), ("OUT DX, AL", [0xEE]), ("INSB", [0x6C]),
            ("OUTSB", [0x6E]), ("REP INSB with a count of 0", [0xF3, 0x6C]), ("LTR CX", [0x0F, 0x00, 0xD9]), ("RSM", [0x0F, 0xAA]), ("UD0", [0x0F, 0xFF, 0xC0]), ("UD1", [0x0F, 0xB9, 0xC0]),
        ];
        foreach ((string name, byte[] code) in rows)
        {
            foreach (int ring in (int[])[0, 1, 3])
            {
                if (ring == 0 && name is "LMSW EBX" or "IN AL, E4h" or "HLT with LOCK")
                    continue;
                if (ring == 0 && name.StartsWith("LTR", StringComparison.Ordinal))
                    continue;
                yield return new($"{name}, CPL {ring}", c =>
                {
                    c.A.mov(edi, Layout.Scratch);
                    c.A.mov(esi, Layout.Scratch);
                    c.A.mov(edx, 0xE4);
                    c.Ring(ring);
                    c.Raw(code);
                    c.A.mov(edx, 0);
                    c.Done();
                });
            }
        }
    }

    /// <summary>What CR4 switches on and off.</summary>
    private static IEnumerable<Case> Switched(int mode)
    {
        (string Name, byte[] Code, uint Bit, string Switch)[] rows =
        [
            ("RDTSC", [0x0F, 0x31], 4, "TSD"), ("RDTSCP", [0x0F, 0x01, 0xF9], 4, "TSD"), ("RDPMC", [0x0F, 0x33], 0x100, "PCE"), ("SGDT", [0x0F, 0x01, 0x07], 0x800, "UMIP"),
            ("SIDT", [0x0F, 0x01, 0x0F], 0x800, "UMIP"), ("SLDT EAX", [0x0F, 0x00, 0xC0], 0x800, "UMIP"), ("STR EAX", [0x0F, 0x00, 0xC8], 0x800, "UMIP"), ("SMSW EAX", [0x0F, 0x01, 0xE0], 0x800, "UMIP"),
            ("RDFSBASE EAX", [0xF3, 0x0F, 0xAE, 0xC0], 0x1_0000, "FSGSBASE"), ("WRGSBASE EAX", [0xF3, 0x0F, 0xAE, 0xD8], 0x1_0000, "FSGSBASE"), ("XGETBV", [0x0F, 0x01, 0xD0], 0x4_0000, "OSXSAVE"),
            ("XGETBV of register 2", [0xB9, 2, 0, 0, 0, 0x0F, 0x01, 0xD0], 0x4_0000, "OSXSAVE"), ("XSETBV of 0", [0x31, 0xC0, 0x31, 0xD2, 0x0F, 0x01, 0xD1], 0x4_0000, "OSXSAVE"),
            ("XSETBV of bit 2 alone", [0xB8, 5, 0, 0, 0, 0x31, 0xD2, 0x0F, 0x01, 0xD1], 0x4_0000, "OSXSAVE"), ("XSETBV of bit 63", [0xB8, 1, 0, 0, 0, 0xBA, 0, 0, 0, 0x80, 0x0F, 0x01, 0xD1], 0x4_0000, "OSXSAVE"),
        ];
        foreach ((string name, byte[] code, uint bit, string flag) in rows)
        {
            foreach (bool on in (bool[])[false, true])
            {
                foreach (int ring in (int[])[0, 3])
                {
                    // Which counters there are is a model's choice, where reading is allowed.
                    if (name == "RDPMC" && (on || ring == 0))
                        continue;
                    yield return new($"{name} with CR4.{flag} {(on ? 1 : 0)}, CPL {ring}", c =>
                    {
                        c.A.mov(edi, Layout.Scratch);
                        if (on)
                            c.SetCr4(bit);
                        c.Ring(ring);
                        c.Raw(code);
                        c.ClearPair();
                        c.PlainFlags();
                        c.Done();
                    });
                }
            }
        }
    }

    private static IEnumerable<Case> Locked(int mode)
    {
        (string Name, byte[] Code)[] rows =
        [
            ("MOV [EDI], EAX", [0x89, 0x07]), ("ADD EAX, EAX", [0x01, 0xC0]), ("ADD EAX, [EDI]", [0x03, 0x07]), ("ADD [EDI], EAX", [0x01, 0x07]), ("CMP [EDI], EAX", [0x39, 0x07]),
            ("TEST [EDI], EAX", [0x85, 0x07]), ("XCHG [EDI], EAX", [0x87, 0x07]), ("XCHG EAX, EAX", [0x87, 0xC0]), ("BT [EDI], EAX", [0x0F, 0xA3, 0x07]), ("BTS [EDI], EAX", [0x0F, 0xAB, 0x07]),
            ("BTS EAX, EAX", [0x0F, 0xAB, 0xC0]), ("NOT [EDI]", [0xF7, 0x17]), ("MUL [EDI]", [0xF7, 0x27]), ("INC [EDI]", [0xFF, 0x07]), ("PUSH [EDI]", [0xFF, 0x37]), ("CMPXCHG [EDI], ECX", [0x0F, 0xB1, 0x0F]),
            ("CMPXCHG8B [EDI]", [0x0F, 0xC7, 0x0F]), ("XADD [EDI], EAX", [0x0F, 0xC1, 0x07]), ("NOP", [0x90]), ("CLI", [0xFA]), ("MOV EAX, CR0", [0x0F, 0x20, 0xC0]), ("INT3", [0xCC]), ("LGDT [EDI]", [0x0F, 0x01, 0x17]),
            ("SHL [EDI], 1", [0xD1, 0x27]), ("MOVSB", [0xA4]), ("FNOP", [0xD9, 0xD0]), ("SUB [EDI], imm8", [0x83, 0x2F, 0x01]), ("CMP [EDI], imm8", [0x83, 0x3F, 0x01]), ("BTC [EDI], imm8", [0x0F, 0xBA, 0x3F, 1]), ("BT [EDI], imm8", [0x0F, 0xBA, 0x27, 1]),
        ];
        foreach ((string name, byte[] code) in rows)
        {
            foreach (int ring in (int[])[0, 3])
            {
                yield return new($"LOCK {name}, CPL {ring}", c =>
                {
                    c.A.mov(edi, Layout.Scratch);
                    c.A.mov(esi, Layout.Scratch);
                    c.Ring(ring);
                    c.A.db(0xF0);
                    c.Raw(code);
                    c.A.mov(eax, 0);
                    c.PlainFlags();
                    c.Done();
                });
            }
        }
    }

    private static IEnumerable<Case> Lengths(int mode)
    {
        foreach (int length in (int[])[14, 15, 16])
        {
            yield return new($"NOP of {length} bytes", c =>
            {
                c.Raw([.. Enumerable.Repeat((byte)0x2E, length - 1), 0x90]);
                c.Done();
            });
            yield return new($"an undefined opcode of {length} bytes", c => c.Raw([.. Enumerable.Repeat((byte)0x2E, length - 2), 0x0F, 0x0B]));
            yield return new($"MOV EAX, imm32 of {length} bytes", c =>
            {
                c.Raw([.. Enumerable.Repeat((byte)0x3E, length - 5), 0xB8, 1, 0, 0, 0]);
                c.Done();
            });
        }
        yield return new("instruction of 16 bytes with LOCK", c => c.Raw([0xF0, .. Enumerable.Repeat((byte)0x3E, 14), 0x90]));
        if (mode == 64)
        {
            foreach ((string name, byte[] bytes) in (IEnumerable<(string, byte[])>)
                [
                    ("REX before 66h does not count", [0x48, 0x66, 0x0F, 0x20, 0xC1]), ("MOV from CR8 by REX.R", [0x44, 0x0F, 0x20, 0xC1]), ("MOV from CR8 by LOCK", [0xF0, 0x0F, 0x20, 0xC1]),
                    ("MOV from CR9", [0x44, 0x0F, 0x20, 0xC9]), ("MOV from CR0 to R9", [0x41, 0x0F, 0x20, 0xC1]), ("INVLPG with REX.W", [0x48, 0x0F, 0x01, 0x38]), ("CLI with REX", [0x4F, 0xFA]),
                    ("LAHF", [0x9F]), ("SAHF", [0x9E]), ("PUSHAD", [0x60]), ("AAA", [0x37]), ("DAS", [0x2F]), ("SALC", [0xD6]), ("opcode 82h", [0x82, 0xC0, 0]), ("ARPL is MOVSXD", [0x63, 0xC1]),
                ])
            {
                yield return new(name, c =>
                {
                    c.Raw(bytes);
                    c.A.mov(eax, 0);
                    c.A.mov(ecx, 0);
                    c.A.mov(r9d, 0);
                    c.PlainFlags();
                    c.Done();
                });
            }
            yield return new("a jump to the last canonical byte", c =>
            {
                c.A.mov(rax, 0x7FFF_FFFF_FFFF);
                c.A.jmp(rax);
            });
            yield return new("a jump to where no address is", c =>
            {
                c.A.mov(rax, 0x8000_0000_0000);
                c.A.jmp(rax);
            });
            yield return new("RET to where no address is", c =>
            {
                c.A.mov(rax, 0x8000_0000_0000);
                c.A.push(rax);
                c.A.ret();
            });
            yield return new("CALL to where no address is", c =>
            {
                c.A.mov(rax, 0x8000_0000_0000);
                c.A.call(rax);
            });
        }
    }

    /// <summary>#NM and #MF by CR0 (SDM volume 3, 2.5 and table 9-3).</summary>
    private static IEnumerable<Case> Coprocessor()
    {
        for (uint bits = 0; bits < 8; bits++)
        {
            uint cr0 = 0x31 | (bits << 1);
            foreach ((string name, byte[] code) in (IEnumerable<(string, byte[])>)
                [
                    ("FNOP", [0xD9, 0xD0]), ("WAIT", [0x9B]), ("FNINIT", [0xDB, 0xE3]), ("EMMS", [0x0F, 0x77]), ("FXSAVE", [0x0F, 0xAE, 0x07]), ("XORPS", [0x0F, 0x57, 0xC0]), ("LOCK FNOP", [0xF0, 0xD9, 0xD0]),
                    ("PREFETCHNTA", [0x0F, 0x18, 0x07]), ("LFENCE", [0x0F, 0xAE, 0xE8]), ("LDMXCSR of reserved bits", [0x0F, 0xAE, 0x17]),
                ])
            {
                foreach (bool extended in code.Length == 3 && name is not "LOCK FNOP" ? (bool[])[false, true] : [false])
                {
                    yield return new($"{name}, CR0 {Describe(bits)}{(extended ? ", CR4.OSFXSR" : "")}", c =>
                    {
                        c.A.mov(edi, Layout.Scratch);
                        c.A.mov(__dword_ptr[Layout.Scratch], -1);
                        if (extended)
                            c.SetCr4(0x200);
                        LoadCr0(c, cr0);
                        c.Raw(code);
                        c.Done();
                    });
                }
            }
        }
        foreach (bool numeric in (bool[])[true])
        {
            foreach ((string name, byte[] code) in (IEnumerable<(string, byte[])>)[("WAIT", [0x9B]), ("FNOP", [0xD9, 0xD0]), ("FNSTSW AX", [0xDF, 0xE0]), ("FNCLEX", [0xDB, 0xE2]), ("FLD1", [0xD9, 0xE8]), ("EMMS", [0x0F, 0x77])])
            {
                yield return new($"an unmasked x87 exception, then {name}", c =>
                {
                    LoadCr0(c, 0x31);
                    c.A.mov(__word_ptr[Layout.Scratch], 0x37B);
                    c.Raw(0xDB, 0xE3);
                    c.A.fldcw(__word_ptr[Layout.Scratch]);
                    // 1 / 0.
                    c.Raw(0xD9, 0xE8, 0xD9, 0xEE, 0xDE, 0xF9);
                    c.Raw(code);
                    c.A.mov(eax, 0);
                    c.A.nop();
                    c.Done();
                });
            }
        }
    }

    private static string Describe(uint bits) => $"MP {bits & 1} EM {bits >> 1 & 1} TS {bits >> 2 & 1}";

    private static IEnumerable<Case> Flags(int mode)
    {
        for (int iopl = 0; iopl < 4; iopl++)
        {
            for (int cpl = 0; cpl < 4; cpl++)
            {
                (uint level, int ring) = ((uint)iopl, cpl);
                foreach (uint value in (uint[])[0x27_7ED7 & ~0x4100u, 2, 0x3A_8002])
                {
                    yield return new($"POPF of {value:X}h with IOPL {iopl}, CPL {cpl}", c =>
                    {
                        c.Ring(ring, 2 | (level << 12));
                        c.A.push((int)value);
                        if (mode == 64)
                            c.A.popfq();
                        else
                            c.A.popfd();
                        c.Done();
                    });
                }
                foreach ((string name, byte code) in (IEnumerable<(string, byte)>)[("CLI", 0xFA), ("STI", 0xFB)])
                {
                    yield return new($"{name} with IOPL {iopl}, CPL {cpl}", c =>
                    {
                        c.Ring(ring, 2 | (level << 12));
                        c.Raw(code);
                        c.Done();
                    });
                }
            }
        }
    }

    private static void LoadCr0(CaseWriter c, uint value)
    {
        c.A.mov(eax, value | (c.Mode == 64 ? 0x8000_0000 : 0));
        if (c.Mode == 64)
            c.A.mov(cr0, rax);
        else
            c.A.mov(cr0, eax);
        c.A.mov(eax, 0);
    }

    private static IEnumerable<Case> Cr0(int mode)
    {
        // No paging is switched on in 32-bit guests: another family has tables.
        foreach (uint value in mode == 64
            ? (uint[])[0x8000_0010, 0x0000_0011, 0x0000_0010, 0xA000_0011, 0xC000_0011, 0xE000_0011, 0x8000_0001, 0x8000_0011, 0x9FFA_FFD1, 0x8000_0031, 0x8005_0013]
            : [0x0000_0010, 0x8000_0010, 0x2000_0011, 0x4000_0011, 0x6000_0011, 0x1FFA_FFD1, 0x0000_0031, 0x0005_0013])
        {
            yield return new($"CR0 takes {value:X}h", c =>
            {
                c.A.mov(eax, value);
                if (mode == 64)
                {
                    c.A.mov(cr0, rax);
                    c.A.mov(rcx, cr0);
                }
                else if (value == 0x10)
                {
                    // Real mode with a protected-mode code segment, and back.
                    c.A.mov(cr0, eax);
                    c.A.mov(ecx, cr0);
                    c.A.mov(eax, 0x11);
                    c.A.mov(cr0, eax);
                }
                else
                {
                    c.A.mov(cr0, eax);
                    c.A.mov(ecx, cr0);
                }
                c.Done();
            });
        }
        foreach (ushort word in (ushort[])[0, 1, 0xF, 0xFFF0, 0xFFFF])
        {
            yield return new($"LMSW of {word:X}h", c =>
            {
                c.A.mov(ecx, word);
                c.A.lmsw(cx);
                c.A.smsw(edx);
                c.A.clts();
                c.A.smsw(ebx);
                c.Done();
            });
        }
        if (mode == 64)
        {
            yield return new("CR0 takes a bit above 31", c =>
            {
                c.A.mov(rax, 0x1_8000_0011);
                c.A.mov(cr0, rax);
            });
            foreach (ulong value in (ulong[])[0, 5, 15, 16, 0x1_0000_0000])
            {
                yield return new($"CR8 takes {value:X}h", c =>
                {
                    c.A.mov(rax, value);
                    c.A.mov(cr8, rax);
                    c.A.mov(rdx, cr8);
                    c.A.mov(ecx, 0);
                    c.A.mov(cr8, rcx);
                    c.Done();
                });
            }
            yield return new("CR3 takes a bit beyond physical addresses", c =>
            {
                c.A.mov(rax, 0x10_0000_0000_0000 | Layout.RuntimePageTables);
                c.A.mov(cr3, rax);
                c.Done();
            });
            yield return new("CR3 takes bit 63 without PCIDs", c =>
            {
                c.A.mov(rax, unchecked((long)0x8000_0000_0000_0000) | Layout.RuntimePageTables);
                c.A.mov(cr3, rax);
                c.Done();
            });
        }
    }

    private static IEnumerable<Case> Cr4(int mode)
    {
        for (int bit = 0; bit < 32; bit++)
        {
            int n = bit;
            // Protection keys, CET, VMX, SMX and newer bits are a model's choice; LA57 cannot change in IA-32e mode whatever the model.
            if (bit is 13 or 14 or 17 or 19 or 20 or 21 or 22 or 23 or 24 or 25 or 27 or 28 or 29 or 30 || (bit == 12 && mode == 32))
                continue;
            yield return new($"CR4 takes bit {bit}", c =>
            {
                uint value = (1u << n) | (mode == 64 ? 0x20u : 0);
                c.A.mov(eax, value);
                if (mode == 64)
                {
                    c.A.mov(cr4, rax);
                    c.A.mov(rcx, cr4);
                }
                else
                {
                    c.A.mov(cr4, eax);
                    c.A.mov(ecx, cr4);
                }
                c.Done();
            });
        }
        if (mode == 64)
        {
            yield return new("CR4 loses PAE in IA-32e mode", c =>
            {
                c.A.mov(cr4, rax);
                c.Done();
            });
            yield return new("CR4 takes bit 32", c =>
            {
                c.A.mov(rax, 0x1_0000_0020);
                c.A.mov(cr4, rax);
                c.Done();
            });
        }
    }

    private static IEnumerable<Case> Numbers(int mode)
    {
        for (int number = 0; number < 16; number++)
        {
            if (number is 0 or 2 or 3 or 4 || (number == 8 && mode == 64) || (number > 7 && mode == 32))
                continue;
            byte modrm = (byte)(0xC0 | ((number & 7) << 3));
            byte[] prefix = number > 7 ? [0x44] : [];
            foreach (int ring in (int[])[0, 3])
            {
                yield return new($"MOV from CR{number}, CPL {ring}", c =>
                {
                    c.Ring(ring);
                    c.Raw([.. prefix, 0x0F, 0x20, modrm]);
                });
                yield return new($"MOV to CR{number}, CPL {ring}", c =>
                {
                    c.Ring(ring);
                    c.Raw([.. prefix, 0x0F, 0x22, modrm]);
                });
            }
        }
    }
}
