using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>Breakpoints (SDM volume 3, 18.2 and 18.3.1).</summary>
internal static class DebugFamily
{
    private const uint Local = 1, Global = 2;
    private const int Execute = 0, Write = 1, Port = 2, ReadWrite = 3;
    private const uint Word = Layout.Scratch + 0x40;
    /// <summary>What a probe shows where an access has been made.</summary>
    private const uint Mark = 0x1234_5678;

    /// <summary>In both modes.</summary>
    public static Family Make(int mode) =>
        new($"breakpoints-{mode}", mode, [.. Executed(), .. Data(), .. Overlaps(), .. Several(), .. Ports(), .. Registers(mode), .. General(mode), .. Priorities()]);

    /// <summary>DR7 with breakpoint <paramref name="n"/> enabled; <paramref name="length"/> as encoded.</summary>
    private static uint Enable(int n, int kind, int length, uint enable = Local) =>
        (enable << (2 * n)) | ((uint)(kind | (length << 2)) << (16 + (4 * n)));

    private static void SetDr(CaseWriter c, int number, uint value)
    {
        c.A.mov(eax, value);
        Move(c, number);
        c.A.mov(eax, 0);
    }

    private static void Move(CaseWriter c, int number)
    {
        AssemblerRegisterDR[] registers = [dr0, dr1, dr2, dr3, dr4, dr5, dr6, dr7];
        if (c.Mode == 64)
            c.A.mov(registers[number], rax);
        else
            c.A.mov(registers[number], eax);
    }

    private static IEnumerable<Case> Executed()
    {
        for (int number = 0; number < 4; number++)
        {
            int n = number;
            foreach (uint enable in (uint[])[0, Local, Global, Local | Global])
            {
                yield return new($"execution breakpoint {n}, enabled by {enable}", c =>
                {
                    SetDr(c, n, c["there"]);
                    SetDr(c, 7, Enable(n, Execute, 0, enable));
                    c.A.nop();
                    c.Mark("there");
                    c.A.inc(ecx);
                    c.Done();
                });
            }
        }
        (string Name, int Offset, int Length)[] places = [("the second byte of an instruction", 1, 0), ("an instruction with a length of 2 bytes", 0, 1), ("an instruction with a length of 4 bytes", 0, 3)];
        foreach ((string name, int offset, int length) in places)
        {
            yield return new($"execution breakpoint on {name}", c =>
            {
                SetDr(c, 0, c["there"] + (uint)offset);
                SetDr(c, 7, Enable(0, Execute, length));
                c.Mark("there");
                c.A.mov(ecx, 5);
                c.Done();
            });
        }
        yield return new("execution breakpoint on a prefix and behind it", c =>
        {
            SetDr(c, 0, c["there"] + 1);
            SetDr(c, 7, Enable(0, Execute, 0));
            c.Mark("there");
            c.Raw(0x3E, 0x90);
            c.Done();
        });
        yield return new("execution breakpoint with RF", c =>
        {
            SetDr(c, 0, c["left"]);
            SetDr(c, 7, Enable(0, Execute, 0));
            c.Leave(Selectors.Code0, Selectors.Data0, Layout.CaseStack, 0x1_0002);
            c.A.inc(ecx);
            c.Done();
        });
        yield return new("RF lasts for one instruction", c =>
        {
            SetDr(c, 0, c["left"]);
            SetDr(c, 1, c["next"]);
            SetDr(c, 7, Enable(0, Execute, 0) | Enable(1, Execute, 0));
            c.Leave(Selectors.Code0, Selectors.Data0, Layout.CaseStack, 0x1_0002);
            c.A.inc(ecx);
            c.Mark("next");
            c.A.inc(ecx);
            c.Done();
        });
        yield return new("RF and an instruction that faults", c =>
        {
            SetDr(c, 0, c["left"]);
            SetDr(c, 7, Enable(0, Execute, 0));
            c.Leave(Selectors.Code0, Selectors.Data0, Layout.CaseStack, 0x1_0002);
            c.A.ud2();
        });
        yield return new("execution breakpoint in a REP instruction, at its start", c =>
        {
            SetDr(c, 0, c["there"]);
            SetDr(c, 7, Enable(0, Execute, 0));
            c.A.mov(ecx, 3);
            c.A.mov(edi, Layout.Scratch);
            c.Mark("there");
            c.A.rep.stosb();
            c.Done();
        });
        yield return new("execution breakpoint in the middle of a page's last instruction", c =>
        {
            SetDr(c, 0, Layout.Scratch + 0xFFF);
            SetDr(c, 7, Enable(0, Execute, 0));
            c.A.mov(__dword_ptr[Layout.Scratch + 0xFFE], 0x40CD_9090);
            c.A.mov(ecx, Layout.Scratch + 0xFFE);
            if (c.Mode == 64)
                c.A.jmp(rcx);
            else
                c.A.jmp(ecx);
        });
    }

    /// <summary>Kinds, lengths and alignments of breakpoints and accesses.</summary>
    private static IEnumerable<Case> Data()
    {
        (string Name, int Size, bool Write)[] accesses = [("byte read", 1, false), ("byte write", 1, true), ("word write", 2, true), ("dword read", 4, false), ("dword write", 4, true)];
        foreach (int kind in (int[])[Write, ReadWrite])
        {
            for (int length = 0; length < 4; length++)
            {
                foreach ((string name, int size, bool write) in accesses)
                {
                    (int k, int l) = (kind, length);
                    yield return new($"breakpoint on {(kind == Write ? "writes" : "accesses")}, length {length}: {name}", c =>
                    {
                        SetDr(c, 2, Word + 8);
                        SetDr(c, 7, Enable(2, k, l));
                        c.A.mov(ecx, unchecked((int)Mark));
                        Access(c, Word + 8, size, write);
                        c.A.inc(edx);
                        c.Done();
                    }, Word + 8);
                }
            }
        }
    }

    private static IEnumerable<Case> Overlaps()
    {
        foreach (int length in (int[])[0, 1, 2, 3])
        {
            // The breakpoint's address is not aligned to its length: low bits do not count.
            foreach (int at in (int[])[6, 7, 8, 9, 11, 12, 15, 16])
            {
                yield return new($"breakpoint of length {length} at 9: a byte at {at}", c =>
                {
                    SetDr(c, 1, Word + 9);
                    SetDr(c, 7, Enable(1, Write, length));
                    Access(c, Word + (uint)at, 1, write: true);
                    c.A.inc(edx);
                    c.Done();
                });
            }
        }
        foreach (int at in (int[])[4, 5, 6, 7, 8, 9])
        {
            yield return new($"breakpoint of one byte at 8: a dword at {at}", c =>
            {
                SetDr(c, 1, Word + 8);
                SetDr(c, 7, Enable(1, ReadWrite, 0));
                Access(c, Word + (uint)at, 4, write: false);
                c.A.inc(edx);
                c.Done();
            });
        }
        yield return new("an access across pages that ends in a breakpoint", c =>
        {
            SetDr(c, 0, Layout.Scratch + 0x1000);
            SetDr(c, 7, Enable(0, Write, 0));
            Access(c, Layout.Scratch + 0xFFD, 4, write: true);
            c.A.inc(edx);
            c.Done();
        });
    }

    private static IEnumerable<Case> Several()
    {
        yield return new("two breakpoints on one access", c =>
        {
            SetDr(c, 0, Word);
            SetDr(c, 3, Word + 2);
            SetDr(c, 7, Enable(0, Write, 3) | Enable(3, ReadWrite, 1));
            Access(c, Word, 4, write: true);
            c.A.inc(edx);
            c.Done();
        });
        yield return new("a breakpoint that is hit and one that is not enabled", c =>
        {
            SetDr(c, 0, Word);
            SetDr(c, 3, Word);
            SetDr(c, 7, Enable(0, Write, 3) | Enable(3, Write, 3, 0));
            Access(c, Word, 4, write: true);
            c.A.inc(edx);
            c.Done();
        });
        yield return new("a REP instruction stops after the iteration that hits", c =>
        {
            SetDr(c, 0, Word + 2);
            SetDr(c, 7, Enable(0, Write, 0));
            c.A.mov(ecx, 8);
            c.A.mov(edi, Word);
            c.A.rep.stosb();
            c.Done();
        });
        yield return new("REP MOVS hits at its source", c =>
        {
            SetDr(c, 0, Word + 4);
            SetDr(c, 7, Enable(0, ReadWrite, 0));
            c.A.mov(ecx, 4);
            c.A.mov(esi, Word);
            c.A.mov(edi, Layout.Scratch + 0x100);
            c.A.rep.movsd();
            c.Done();
        });
        yield return new("a breakpoint on the stack: PUSH", c =>
        {
            SetDr(c, 0, Layout.CaseStack - 8);
            SetDr(c, 7, Enable(0, Write, 3));
            c.A.push(1);
            c.A.push(2);
            c.A.push(3);
            c.Done();
        });
        yield return new("a breakpoint on the frame of an interrupt", c =>
        {
            SetDr(c, 0, Layout.CaseStack - 8);
            SetDr(c, 7, Enable(0, Write, 3));
            c.Gate(0x50, c["there"]);
            c.A.@int(0x50);
            c.Mark("there");
            c.A.inc(edx);
            c.Done();
        });
        yield return new("a read-modify-write hits once", c =>
        {
            SetDr(c, 0, Word);
            SetDr(c, 7, Enable(0, ReadWrite, 3));
            c.A.inc(__dword_ptr[Word]);
            c.A.inc(edx);
            c.Done();
        }, Word);
        yield return new("a compare reads only", c =>
        {
            SetDr(c, 0, Word);
            SetDr(c, 7, Enable(0, Write, 3));
            c.A.cmp(__dword_ptr[Word], 0);
            c.Done();
        });
        yield return new("DR6 keeps what it holds", c =>
        {
            SetDr(c, 6, 0x4008);
            SetDr(c, 0, Word);
            SetDr(c, 7, Enable(0, Write, 3));
            Access(c, Word, 4, write: true);
            c.Done();
        });
    }

    private static IEnumerable<Case> Ports()
    {
        foreach (bool extensions in (bool[])[false, true])
        {
            foreach ((string name, byte[] bytes, int length) in (IEnumerable<(string, byte[], int)>)
                [
                    ("OUT E4h, AL", [0xE6, 0xE4], 0), ("IN AL, E4h", [0xE4, 0xE4], 0), ("OUT E3h, AX", [0x66, 0xE7, 0xE3], 0), ("OUT E6h, AL with a length of 4", [0xE6, 0xE6], 3),
                    ("OUT E8h, AL with a length of 4", [0xE6, 0xE8], 3), ("OUT E5h, AL", [0xE6, 0xE5], 0),
                ])
            {
                yield return new($"I/O breakpoint at E4h {(extensions ? "with" : "without")} CR4.DE: {name}", c =>
                {
                    if (extensions)
                        c.SetCr4(8);
                    SetDr(c, 0, 0xE4);
                    SetDr(c, 7, Enable(0, Port, length));
                    c.Raw(bytes);
                    c.A.mov(eax, 0);
                    c.Done();
                });
            }
        }
        yield return new("I/O breakpoint and memory", c =>
        {
            c.SetCr4(8);
            SetDr(c, 0, Word);
            SetDr(c, 7, Enable(0, Port, 3));
            Access(c, Word, 4, write: true);
            c.Done();
        });
        yield return new("I/O breakpoint in REP OUTS", c =>
        {
            c.SetCr4(8);
            SetDr(c, 0, 0xE4);
            SetDr(c, 7, Enable(0, Port, 0));
            c.A.mov(edx, 0xE4);
            c.A.mov(ecx, 3);
            c.A.mov(esi, Layout.Scratch);
            c.A.rep.outsb();
            c.Done();
        });
    }

    private static IEnumerable<Case> Registers(int mode)
    {
        for (int number = 4; number < 8; number++)
        {
            int n = number;
            foreach (bool extensions in (bool[])[false, true])
            {
                foreach (int ring in (int[])[0, 3])
                {
                    yield return new($"MOV from and to DR{n}, CR4.DE {(extensions ? 1 : 0)}, CPL {ring}", c =>
                    {
                        if (extensions)
                            c.SetCr4(8);
                        c.Ring(ring);
                        c.A.mov(eax, n is 4 or 6 ? -1 : 0xDC00);
                        Move(c, n);
                        if (mode == 64)
                            c.A.AddInstruction(Instruction.Create(Code.Mov_r64_dr, Register.RCX, Register.DR0 + n));
                        else
                            c.A.AddInstruction(Instruction.Create(Code.Mov_r32_dr, Register.ECX, Register.DR0 + n));
                        c.Done();
                    });
                }
            }
        }
        if (mode == 64)
        {
            for (int number = 0; number < 8; number++)
            {
                int n = number;
                yield return new($"bits above 31 in DR{n}", c =>
                {
                    c.A.mov(rax, 0x1_0000_0000);
                    Move(c, n);
                    c.A.mov(eax, 0);
                    c.A.AddInstruction(Instruction.Create(Code.Mov_r64_dr, Register.RCX, Register.DR0 + n));
                    c.Done();
                });
            }
            yield return new("MOV to a debug register with REX.R", c => c.Raw(0x44, 0x0F, 0x23, 0xC0));
            yield return new("MOV from a debug register with REX.R", c => c.Raw(0x44, 0x0F, 0x21, 0xC0));
            yield return new("MOV from a debug register with 66h and REX.W", c =>
            {
                c.A.mov(rax, -1);
                c.Raw(0x66, 0x48, 0x0F, 0x21, 0xC0);
                c.Done();
            });
        }
        yield return new("MOV from a debug register ignores MOD", c =>
        {
            SetDr(c, 0, 0x1234);
            c.Raw(0x0F, 0x21, 0x01);
            c.Done();
        });
        yield return new("DR7 with all bits", c =>
        {
            c.A.mov(eax, 0xFFFF_DF00);
            Move(c, 7);
            if (mode == 64)
                c.A.mov(rcx, dr7);
            else
                c.A.mov(ecx, dr7);
            c.Done();
        });
    }

    /// <summary>General detect: DR7.GD.</summary>
    private static IEnumerable<Case> General(int mode)
    {
        foreach ((string name, byte[] bytes) in (IEnumerable<(string, byte[])>)[("read of DR0", [0x0F, 0x21, 0xC1]), ("write of DR0", [0x0F, 0x23, 0xC1]), ("read of DR7", [0x0F, 0x21, 0xF9]), ("write of DR7", [0x0F, 0x23, 0xF9]), ("read of DR4", [0x0F, 0x21, 0xE1])])
        {
            foreach (int ring in (int[])[0, 3])
            {
                foreach (bool extensions in name.EndsWith('4') ? (bool[])[false, true] : [false])
                {
                    yield return new($"general detect: {name}, CPL {ring}{(extensions ? ", CR4.DE" : "")}", c =>
                    {
                        if (extensions)
                            c.SetCr4(8);
                        if (ring == 3 && mode == 64)
                            c.UserPages();
                        // Another exception leads here, where an access ends general detect, so that the runtime can read DR6.
                        c.Gate(6, c["other"]);
                        c.Gate(13, c["other"]);
                        SetDr(c, 7, 0x2000);
                        if (ring == 3)
                            c.Leave(Selectors.Code3, Selectors.Data3, Layout.UserStack);
                        c.Raw(bytes);
                        c.Done();
                        c.Mark("other");
                        c.A.mov(ebp, 0x07E4);
                        c.Raw(0x0F, 0x21, 0xC1);
                        c.Done();
                    });
                }
            }
        }
        yield return new("general detect is off in its handler", c =>
        {
            c.Gate(1, c["there"]);
            SetDr(c, 7, 0x2000);
            c.Raw(0x0F, 0x21, 0xC1);
            c.Mark("there");
            c.Raw(0x0F, 0x21, 0xF9);
            c.Done();
        });
        yield return new("general detect and INT1", c =>
        {
            c.Gate(1, c["there"]);
            SetDr(c, 7, 0x2000);
            c.Raw(0xF1);
            c.Mark("there");
            c.Raw(0x0F, 0x21, 0xF9);
            c.Done();
        });
        yield return new("general detect and INT 1", c =>
        {
            c.Gate(1, c["there"]);
            SetDr(c, 7, 0x2000);
            c.A.@int(1);
            c.Mark("there");
            c.Raw(0x0F, 0x21, 0xF9);
            c.Done();
        });
        yield return new("general detect with RF", c =>
        {
            SetDr(c, 7, 0x2000);
            c.Leave(Selectors.Code0, Selectors.Data0, Layout.CaseStack, 0x1_0002);
            c.Raw(0x0F, 0x21, 0xC1);
            c.Done();
        });
    }

    private static IEnumerable<Case> Priorities()
    {
        foreach ((string name, byte[] bytes) in (IEnumerable<(string, byte[])>)[("an undefined opcode", [0x0F, 0x0B]), ("HLT", [0xF4]), ("INT3", [0xCC]), ("a division by zero", [0xF7, 0xF1])])
        {
            yield return new($"execution breakpoint before {name}", c =>
            {
                SetDr(c, 0, c["there"]);
                SetDr(c, 7, Enable(0, Execute, 0));
                c.Mark("there");
                c.Raw(bytes);
            });
        }
        yield return new("a data breakpoint, then an execution breakpoint on the next instruction", c =>
        {
            SetDr(c, 0, c["there"]);
            SetDr(c, 1, Word);
            SetDr(c, 7, Enable(0, Execute, 0) | Enable(1, Write, 3));
            Access(c, Word, 4, write: true);
            c.Mark("there");
            c.A.inc(edx);
            c.Done();
        });
        yield return new("an execution breakpoint on an access that has a data breakpoint", c =>
        {
            SetDr(c, 0, c["there"]);
            SetDr(c, 1, Word);
            SetDr(c, 7, Enable(0, Execute, 0) | Enable(1, Write, 3));
            c.Mark("there");
            Access(c, Word, 4, write: true);
            c.A.inc(edx);
            c.Done();
        });
        yield return new("a data breakpoint on an access that faults", c =>
        {
            SetDr(c, 0, Word);
            SetDr(c, 7, Enable(0, ReadWrite, 3));
            // 32 bits by zero: the operand is read, then #DE.
            c.A.div(__dword_ptr[Word]);
            c.Done();
        });
        foreach (bool pop in (bool[])[false, true])
        {
            yield return new($"a data breakpoint hit by {(pop ? "POP" : "MOV")} SS comes after the next instruction", c =>
            {
                c.A.mov(__word_ptr[Word], Selectors.Data0);
                SetDr(c, 0, Word);
                SetDr(c, 7, Enable(0, ReadWrite, 1));
                if (pop && c.Mode == 32)
                {
                    c.A.mov(esp, Word);
                    c.A.pop(ss);
                    c.A.mov(esp, Layout.CaseStack);
                }
                else
                {
                    c.A.mov(ss, __word_ptr[Word]);
                }
                c.A.inc(edx);
                c.A.inc(edx);
                c.Done();
            });
        }
        yield return new("an execution breakpoint behind MOV SS does not come", c =>
        {
            SetDr(c, 0, c["there"]);
            SetDr(c, 7, Enable(0, Execute, 0));
            c.A.mov(ecx, ss);
            c.A.mov(ss, ecx);
            c.Mark("there");
            c.A.inc(edx);
            c.Done();
        });
        yield return new("a data breakpoint hit by MOV SS before INT", c =>
        {
            c.A.mov(__word_ptr[Word], Selectors.Data0);
            SetDr(c, 0, Word);
            SetDr(c, 7, Enable(0, ReadWrite, 1));
            c.Gate(0x50, c["there"]);
            c.A.mov(ss, __word_ptr[Word]);
            c.A.@int(0x50);
            c.Mark("there");
            c.A.inc(edx);
            c.Done();
        });
        yield return new("a data breakpoint hit by MOV SS before an instruction that faults", c =>
        {
            c.A.mov(__word_ptr[Word], Selectors.Data0);
            SetDr(c, 0, Word);
            SetDr(c, 7, Enable(0, ReadWrite, 1));
            c.Gate(6, c["there"]);
            c.A.mov(ss, __word_ptr[Word]);
            c.A.ud2();
            c.Mark("there");
            c.A.inc(edx);
            c.Done();
        });
    }

    private static void Access(CaseWriter c, uint address, int size, bool write)
    {
        AssemblerMemoryOperand place = size switch { 1 => __byte_ptr[address], 2 => __word_ptr[address], _ => __dword_ptr[address] };
        switch (size)
        {
            case 1 when write: c.A.mov(place, cl); break;
            case 1: c.A.mov(cl, place); break;
            case 2 when write: c.A.mov(place, cx); break;
            case 2: c.A.mov(cx, place); break;
            default:
                if (write)
                    c.A.mov(place, ecx);
                else
                    c.A.mov(ecx, place);
                break;
        }
    }
}
