using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>System instructions that real-address mode has, and those that it has not (SDM volume 3, 21.1.3; volume 2).</summary>
internal static class RealInstructionFamily
{
    private const ushort Place = 0x100;

    /// <summary>The family.</summary>
    public static Family Make() => new("real-instructions", 32,
        [.. Undefined(), .. RealEncodings.Rows(), .. Allowed(), .. ControlRegisters(), .. MachineStatusWords(), .. Tables()]);

    private static IEnumerable<Case> Undefined()
    {
        (string Name, byte[] Bytes)[] rows =
        [
            ("SLDT", [0x0F, 0x00, 0xC0]), ("SLDT m16", [0x0F, 0x00, 0x06, 0, 1]), ("STR", [0x0F, 0x00, 0xC8]),
            ("STR m16", [0x0F, 0x00, 0x0E, 0, 1]), ("LLDT", [0x0F, 0x00, 0xD0]),
            ("LLDT m16", [0x0F, 0x00, 0x16, 0, 1]), ("LTR", [0x0F, 0x00, 0xD8]), ("LTR m16", [0x0F, 0x00, 0x1E, 0, 1]),
            ("VERR", [0x0F, 0x00, 0xE0]), ("VERR m16", [0x0F, 0x00, 0x26, 0, 1]),
            ("VERW", [0x0F, 0x00, 0xE8]), ("VERW m16", [0x0F, 0x00, 0x2E, 0, 1]), ("0F 00 /6", [0x0F, 0x00, 0xF0]),
            ("0F 00 /7", [0x0F, 0x00, 0xF8]), ("LAR", [0x0F, 0x02, 0xC1]),
            ("LAR m16", [0x0F, 0x02, 0x06, 0, 1]), ("LSL", [0x0F, 0x03, 0xC1]), ("LSL m16", [0x0F, 0x03, 0x06, 0, 1]), ("ARPL", [0x63, 0xC8]),
            ("ARPL m16", [0x63, 0x06, 0, 1]),
            ("SLDT with 66h", [0x66, 0x0F, 0x00, 0xC0]), ("LAR with 66h", [0x66, 0x0F, 0x02, 0xC1]), ("SYSCALL", [0x0F, 0x05]),
            ("SYSRET", [0x0F, 0x07]),
            ("SYSENTER", [0x0F, 0x34]), ("SYSEXIT", [0x0F, 0x35]), ("SWAPGS", [0x0F, 0x01, 0xF8]), ("RSM", [0x0F, 0xAA]),
            ("0F 04", [0x0F, 0x04]), ("0F 0A", [0x0F, 0x0A]),
            ("UD1", [0x0F, 0xB9, 0xC0]), ("UD0", [0x0F, 0xFF, 0xC0]), ("INVLPG of a register", [0x0F, 0x01, 0xFF]),
            ("LGDT of a register", [0x0F, 0x01, 0xD7]), ("0F 01 /5 m", [0x0F, 0x01, 0x2E, 0, 1]),
            ("MOV from CR1", [0x0F, 0x20, 0xC8]), ("MOV from CR5", [0x0F, 0x20, 0xE8]), ("MOV to CR7", [0x0F, 0x22, 0xF8]),
            ("MOV from CR8 by LOCK", [0xF0, 0x0F, 0x20, 0xC0]),
            ("MOV from DR4 with CR4.DE 0", [0x0F, 0x21, 0xE0]), ("MOV from TR6", [0x0F, 0x24, 0xF0]), ("XGETBV", [0x0F, 0x01, 0xD0]),
            ("XSETBV", [0x0F, 0x01, 0xD1]),
            ("VEX of two bytes, VZEROUPPER", [0xC5, 0xF8, 0x77]), ("VEX of three bytes, ANDN", [0xC4, 0xE2, 0x78, 0xF2, 0xC1]),
            ("VEX of three bytes, RORX", [0xC4, 0xE3, 0x7B, 0xF0, 0xC1, 4]),
            ("EVEX", [0x62, 0xF1, 0x7C, 0x48, 0x28, 0xC1]), ("CMPXCHG8B of a register", [0x0F, 0xC7, 0xC8]), ("LEA of a register", [0x8D, 0xC0]),
            ("BOUND of a register with 66h", [0x66, 0x62, 0xC0]),
            ("POP of FE", [0xFE, 0xF8]), ("FF /7", [0xFF, 0xF8]), ("C6 /1", [0xC6, 0xC8, 0]), ("8F /1", [0x8F, 0xC8]),
            ("LOCK ADD of a register", [0xF0, 0x01, 0xC0]), ("LOCK MOV", [0xF0, 0x89, 0x06, 0, 1]),
            ("LOCK CMP", [0xF0, 0x39, 0x06, 0, 1]), ("LOCK INT3", [0xF0, 0xCC]), ("LOCK IRET", [0xF0, 0xCF]), ("LOCK POPF", [0xF0, 0x9D]),
        ];
        foreach ((string name, byte[] bytes) in rows)
        {
            Case one = RealAddressMode.Make($"undefined: {name}", a =>
            {
                a.mov(ecx, 0x1_0008);
                a.db(bytes);
            }, ((uint)RealAddressMode.Data << 4) + Place);
            yield return one with { NotOn = name == "LOCK IRET" ? ["QEMU"] : [] };
        }
    }

    private static IEnumerable<Case> Allowed()
    {
        (string Name, Action<Assembler> Write)[] rows =
        [
            ("CLTS", a =>
            {
                Cr0(a, 0x18);
                a.clts();
                a.mov(ecx, cr0);
            }),
            ("INVD", a => a.invd()), ("WBINVD", a => a.wbinvd()), ("INVLPG", a => a.invlpg(__byte_ptr[Place])), ("CLI", a => a.cli()),
            ("STI, CLI", a =>
            {
                a.sti();
                a.cli();
            }),
            ("HLT behind INT3", a =>
            {
                a.int3();
                a.hlt();
            }),
            ("MOV from CR0", a => a.mov(ecx, cr0)), ("MOV to CR2", a =>
            {
                a.mov(edx, 0x1234_5678);
                a.mov(cr2, edx);
                a.mov(ecx, cr2);
            }),
            ("MOV to CR3", a =>
            {
                a.mov(edx, 0x0040_0018);
                a.mov(cr3, edx);
                a.mov(ecx, cr3);
            }),
            ("MOV to DR3", a =>
            {
                a.mov(edx, 0x1234_5678);
                a.mov(dr3, edx);
                a.mov(ecx, dr3);
            }),
            ("MOV from DR6", a => a.mov(ecx, dr6)), ("RDMSR of EFER", a =>
            {
                a.mov(ecx, 0xC000_0080);
                a.rdmsr();
            }),
            ("WRMSR of SYSENTER_CS", a =>
            {
                a.mov(ecx, 0x174);
                a.mov(eax, 0x58);
                a.wrmsr();
                a.mov(eax, 0);
                a.rdmsr();
            }),
            ("RDTSC", a =>
            {
                a.rdtsc();
                a.mov(eax, 0);
                a.mov(edx, 0);
            }),
            ("CR4.TSD does not stop RDTSC", a =>
            {
                Cr4(a, 4);
                a.rdtsc();
                a.mov(eax, 0);
                a.mov(edx, 0);
            }),
            ("CR4.UMIP does not stop SMSW", a =>
            {
                a.Require(CpuidBit.Umip);
                Cr4(a, 0x800);
                a.smsw(cx);
            }),
            ("OUT and IN", a =>
            {
                a.mov(al, 0x5A);
                a.@out(0x80, al);
            }),
            ("XGETBV with CR4.OSXSAVE", a =>
            {
                a.Require(CpuidBit.Xsave);
                Cr4(a, 0x4_0000);
                a.db(0x0F, 0x01, 0xD0);
                a.and(eax, 1);
            }),
            ("VZEROUPPER with CR4.OSXSAVE and XCR0", a =>
            {
                a.Require(CpuidBit.Xsave);
                Cr4(a, 0x4_0000);
                a.db(0xC5, 0xF8, 0x77);
            }),
            ("CMPXCHG8B", a =>
            {
                a.mov(ebx, 0x77);
                a.cmpxchg8b(__qword_ptr[Place]);
            }),
            ("FNINIT and FNSTSW", a =>
            {
                a.fninit();
                a.fnstsw(ax);
            }),
            ("FNSTENV of 16 bits", a =>
            {
                a.fninit();
                a.fld1();
                a.db(0xD9, 0x36, 0, 1);
            }),
            ("FNSTENV of 32 bits", a =>
            {
                a.fninit();
                a.fld1();
                a.db(0x66, 0xD9, 0x36, 0, 1);
            }),
            ("FNSAVE of 16 bits", a =>
            {
                a.fninit();
                a.fld1();
                a.db(0xDD, 0x36, 0, 1);
            }),
            ("LAHF and SAHF", a =>
            {
                a.mov(ah, unchecked((sbyte)0xD7));
                a.sahf();
                a.lahf();
            }),
        ];
        uint place = ((uint)RealAddressMode.Data << 4) + Place;
        foreach ((string name, Action<Assembler> write) in rows)
            yield return RealAddressMode.Make($"allowed: {name}", write, place, place + 4, place + 8, place + 12);
    }

    private static void Cr0(Assembler a, uint value)
    {
        a.mov(edx, value);
        a.mov(cr0, edx);
    }

    private static void Cr4(Assembler a, uint value)
    {
        a.mov(edx, value);
        a.mov(cr4, edx);
    }

    private static IEnumerable<Case> ControlRegisters()
    {
        foreach (uint value in (uint[])[0, 0x10, 0x12, 0x14, 0x18, 0x30, 0x1_0010, 0x4_0010, 0x4000_0010, 0x6000_0010, 0x2000_0010, 0x8000_0010,
            0x1FFA_FFC0])
        {
            yield return RealAddressMode.Make($"CR0 takes {value:X}", a =>
            {
                Cr0(a, value);
                a.mov(ecx, cr0);
            });
        }
        foreach (int bit in (int[])[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 16, 17, 18, 19, 20, 21, 26, 31])
        {
            CpuidBit? feature = bit switch
            {
                6 => CpuidBit.MachineCheckException,
                11 => CpuidBit.Umip,
                13 => new CpuidBit(1, true, 5),
                18 => CpuidBit.Xsave,
                _ => null,
            };
            Case one = RealAddressMode.Make($"CR4 takes bit {bit}", a =>
            {
                if (feature is not null)
                    a.Require(feature);
                Cr4(a, 1u << bit);
                a.mov(ecx, cr4);
            });
            yield return one with { NotOn = bit is 15 or 19 or 26 or 31 ? ["QEMU"] : [] };
        }
        foreach (uint value in (uint[])[0, 1, 0x100, 0x800, 0x901, 0x400, 2, 0x1_0000])
        {
            yield return RealAddressMode.Make($"EFER takes {value:X}", a =>
            {
                a.mov(ecx, 0xC000_0080);
                a.mov(eax, value);
                a.wrmsr();
                a.mov(eax, 0);
                a.rdmsr();
            });
        }
    }

    private static IEnumerable<Case> MachineStatusWords()
    {
        foreach (ushort word in (ushort[])[0, 2, 4, 8, 0xE, 0x10, 0x20, 0xFFF0, 0x8000])
        {
            yield return RealAddressMode.Make($"LMSW of {word:X}", a =>
            {
                a.mov(dx, unchecked((short)word));
                a.lmsw(dx);
                a.mov(ecx, cr0);
                a.smsw(bx);
            });
            yield return RealAddressMode.Make($"LMSW of {word:X} from memory", a =>
            {
                a.mov(__word_ptr[Place], unchecked((short)word));
                a.lmsw(__word_ptr[Place]);
                a.mov(ecx, cr0);
            });
        }
        // Between the switch and a far jump segments are those of real-address mode, and instructions those of protected mode.
        (string Name, Action<Assembler> Write)[] rows =
        [
            ("ARPL", a => a.arpl(dx, bx)), ("LAR", a => a.lar(dx, bx)), ("SLDT", a => a.sldt(dx)), ("STR", a => a.str(dx)),
            ("VERR", a => a.verr(bx)), ("MOV AX, CS", a => a.mov(dx, cs)),
            ("PUSH", a => a.push(bx)), ("near JMP", a => a.db(0xE9, 0, 0)), ("a load of ES", a => a.mov(es, bx)),
            ("a load of a word", a => a.mov(dx, __word_ptr[0xFFF0])),
        ];
        foreach ((string name, Action<Assembler> write) in rows)
        {
            foreach (bool wide in (bool[])[false, true])
            {
                yield return RealAddressMode.Make($"{name} behind {(wide ? "MOV CR0" : "LMSW")} that sets PE, and back", a =>
                {
                    a.mov(ebx, (uint)Selectors.Data16);
                    a.mov(edi, 0x10);
                    a.mov(edx, 0x11);
                    if (wide)
                        a.mov(cr0, edx);
                    else
                        a.lmsw(dx);
                    write(a);
                    a.mov(cr0, edi);
                    a.mov(cx, es);
                });
            }
        }
        foreach (bool wide in (bool[])[false, true])
        {
            yield return RealAddressMode.Make($"SMSW of {(wide ? 32 : 16)} bits", a =>
            {
                a.mov(ecx, 0x7777_7777);
                if (wide)
                    a.db(0x66, 0x0F, 0x01, 0xE1);
                else
                    a.smsw(cx);
            });
            yield return RealAddressMode.Make($"SMSW to memory{(wide ? " with 66h" : "")}", a =>
            {
                a.mov(__dword_ptr[Place], 0x7777_7777);
                a.db([.. wide ? (byte[])[0x66] : [], 0x0F, 0x01, 0x26, 0, 1]);
            }, ((uint)RealAddressMode.Data << 4) + Place);
        }
    }

    /// <summary>LGDT, LIDT, SGDT, SIDT with addresses of 24 and of 32 bits.</summary>
    private static IEnumerable<Case> Tables()
    {
        foreach ((string name, byte load, byte store) in ((string, byte, byte)[])[("GDT", 0x16, 0x06), ("IDT", 0x1E, 0x0E)])
        {
            foreach (bool wideLoad in (bool[])[false, true])
            {
                foreach (bool wideStore in (bool[])[false, true])
                {
                    yield return RealAddressMode.Make($"L{name} of {(wideLoad ? 32 : 24)} bits, S{name} of {(wideStore ? 32 : 24)} bits", a =>
                    {
                        byte[] prefix = [0x66];
                        a.db([.. prefix, 0x0F, 0x01, store, 0x40, 0x01]);
                        a.mov(__dword_ptr[Place], 0x5678_0777);
                        a.mov(__word_ptr[Place + 4], 0x9ABC - 0x1_0000);
                        a.mov(__dword_ptr[Place + 0x10], -1);
                        a.mov(__dword_ptr[Place + 0x14], -1);
                        a.db([.. wideLoad ? prefix : [], 0x0F, 0x01, load, 0, 1]);
                        a.db([.. wideStore ? prefix : [], 0x0F, 0x01, store, 0x10, 0x01]);
                        a.db([.. prefix, 0x0F, 0x01, load, 0x40, 0x01]);
                        a.mov(ecx, __dword_ptr[Place + 0x10]);
                        a.mov(edx, __dword_ptr[Place + 0x14]);
                    });
                }
            }
        }
    }
}
