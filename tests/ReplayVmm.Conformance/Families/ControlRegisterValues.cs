using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// What control registers and EFLAGS take (SDM volume 3, 2.3 and 2.5; volume 2, MOV to and from control registers, LMSW, POPF).
/// </summary>
internal static class ControlRegisterValues
{
    /// <summary>Where QEMU takes what is reserved, and never comes back.</summary>
    private static readonly string[] QemuHangs = ["QEMU"];

    /// <summary>In the mode of <paramref name="mode"/> bits.</summary>
    public static IEnumerable<Case> Make(int mode) => [.. Flags(mode), .. Cr0(mode), .. Cr4(mode), .. Numbers(mode)];

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
                        c.PopFlags(value);
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

    private static IEnumerable<Case> Cr0(int mode)
    {
        // No paging is switched on in 32-bit guests: another family has tables.
        foreach (uint value in mode == 64
            ? (uint[])
                [
                    0x8000_0010, 0x0000_0011, 0x0000_0010, 0xA000_0011, 0xC000_0011, 0xE000_0011, 0x8000_0001, 0x8000_0011, 0x9FFA_FFD1,
                    0x8000_0031, 0x8005_0013,
                ]
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
            })
            {
                NotOn = mode == 64 && value is (0x8000_0010 or 0x10) ? QemuHangs : [],
            };
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
            })
            {
                NotOn = QemuHangs,
            };
            yield return new("CR3 takes bit 63 without PCIDs", c =>
            {
                c.A.mov(rax, unchecked((long)0x8000_0000_0000_0000) | Layout.RuntimePageTables);
                c.A.mov(cr3, rax);
                c.Done();
            })
            {
                NotOn = QemuHangs,
            };
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
                if (n is 6 or 11 or 18)
                    c.Need(n == 6 ? CpuidBit.MachineCheckException : n == 11 ? CpuidBit.Umip : CpuidBit.Xsave);
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
            })
            {
                NotOn = n is 15 or 26 or 31 ? QemuHangs : [],
            };
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
            })
            {
                NotOn = QemuHangs,
            };
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
                yield return new($"CPL {ring}: MOV from CR{number}", c =>
                {
                    c.Ring(ring);
                    c.Raw([.. prefix, 0x0F, 0x20, modrm]);
                });
                yield return new($"CPL {ring}: MOV to CR{number}", c =>
                {
                    c.Ring(ring);
                    c.Raw([.. prefix, 0x0F, 0x22, modrm]);
                });
            }
        }
    }
}
