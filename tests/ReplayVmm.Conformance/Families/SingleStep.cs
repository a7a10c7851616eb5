using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>TF (SDM volume 3, 18.3.1.4): what is stepped, and where the trap is seen.</summary>
internal static class SingleStep
{
    private const uint Trap = 0x100;
    private const uint DebugControl = 0x1D9;

    /// <summary>In both modes.</summary>
    public static Family Make(int mode) => new($"single-step-{mode}", mode, [.. First(mode), .. Around(mode), .. Transfers(mode), .. BranchTraps()]);

    /// <summary>Goes on with TF set: the next instruction is the first that is stepped.</summary>
    private static void Start(CaseWriter c, int ring = 0, uint flags = 0) => c.Ring(ring, 2 | Trap | flags);

    private static IEnumerable<Case> First(int mode)
    {
        foreach ((string name, byte[] bytes) in (IEnumerable<(string, byte[])>)
            [
                ("NOP", [0x90]), ("an undefined opcode", [0x0F, 0x0B]), ("INT3", [0xCC]), ("INT 3", [0xCD, 3]), ("INT1", [0xF1]), ("INT 1", [0xCD, 1]), ("INT 40h", [0xCD, 0x40]),
                ("a jump", [0xEB, 0x00]), ("a division by zero", [0xF7, 0xF1]), ("CPUID", [0x31, 0xC0, 0x0F, 0xA2]), ("STI", [0xFB]), ("CLI", [0xFA]), ("HLT", [0xF4, 0x90]),
                ("IN", [0xE4, 0xE4, 0x90]), ("a PUSHF", [0x9C, 0x58]),
            ])
        {
            yield return new($"step of {name}", c =>
            {
                Start(c);
                c.Raw(bytes);
                c.A.nop();
                c.Done();
            });
        }
        yield return new("POPF that sets TF", c =>
        {
            c.A.push(unchecked((int)(2 | Trap)));
            PopFlags(c);
            c.A.inc(ecx);
            c.A.inc(ecx);
            c.Done();
        });
        yield return new("POPF that clears TF", c =>
        {
            c.A.push(2);
            Start(c);
            c.A.mov(esp, Layout.CaseStack - (uint)(mode / 8));
            PopFlags(c);
            c.A.inc(ecx);
            c.Done();
        });
        yield return new("POPF that clears TF, stepped itself", c =>
        {
            c.A.push(2);
            c.A.push(unchecked((int)(2 | Trap)));
            PopFlags(c);
            PopFlags(c);
            c.A.inc(ecx);
            c.Done();
        });
        yield return new("IRET that sets TF", c =>
        {
            Start(c);
            c.A.inc(ecx);
            c.A.inc(ecx);
            c.Done();
        });
        yield return new("a step leaves TF in the frame and clears it", c =>
        {
            c.Gate(1, c["trap"]);
            Start(c);
            c.A.inc(ecx);
            c.A.inc(ecx);
            c.Mark("trap");
            c.A.inc(edx);
            c.A.inc(edx);
            c.Done();
        });
        foreach (int count in (int[])[0, 1, 3])
        {
            yield return new($"step of REP STOSB with a count of {count}", c =>
            {
                c.A.mov(ecx, count);
                c.A.mov(edi, Layout.Scratch);
                Start(c);
                c.A.rep.stosb();
                c.A.nop();
                c.Done();
            });
        }
        yield return new("steps of REPE CMPSB", c =>
        {
            c.Gate(1, c["trap"]);
            c.A.mov(ecx, 3);
            c.A.mov(esi, Layout.Scratch);
            c.A.mov(edi, Layout.Scratch + 0x10);
            Start(c);
            c.A.repe.cmpsb();
            c.A.mov(edx, 1);
            c.Done();
            c.Mark("trap");
            c.A.inc(ebx);
            c.A.cmp(edx, 0);
            c.A.je(c.A.@F);
            c.Done();
            c.A.AnonymousLabel();
            Return(c);
        });
    }

    private static IEnumerable<Case> Around(int mode)
    {
        yield return new("MOV SS is not stepped", c =>
        {
            c.A.mov(eax, ss);
            Start(c);
            c.A.mov(ss, eax);
            c.A.inc(ecx);
            c.A.inc(ecx);
            c.Done();
        });
        yield return new("MOV SS, and the next instruction faults", c =>
        {
            c.A.mov(eax, ss);
            Start(c);
            c.A.mov(ss, eax);
            c.A.ud2();
        });
        yield return new("MOV SS, and the next instruction is INT", c =>
        {
            c.Gate(0x50, c["there"]);
            c.A.mov(eax, ss);
            Start(c);
            c.A.mov(ss, eax);
            c.A.@int(0x50);
            c.Mark("there");
            c.A.inc(edx);
            c.Done();
        });
        yield return new("MOV SS, and the next instruction clears TF", c =>
        {
            c.A.push(2);
            c.A.mov(eax, ss);
            Start(c);
            c.A.mov(ss, eax);
            PopFlags(c);
            c.A.inc(ecx);
            c.Done();
        });
        yield return new("two loads of SS", c =>
        {
            c.A.mov(eax, ss);
            Start(c);
            c.A.mov(ss, eax);
            c.A.mov(ss, eax);
            c.A.inc(ecx);
            c.Done();
        });
        yield return new("a load of DS is stepped", c =>
        {
            c.A.mov(eax, ds);
            Start(c);
            c.A.mov(ds, eax);
            c.A.inc(ecx);
            c.Done();
        });
        yield return new("LSS is stepped", c =>
        {
            c.A.mov(__word_ptr[Layout.Scratch + 4], Selectors.Data0);
            c.A.mov(__dword_ptr[Layout.Scratch], Layout.CaseStack);
            Start(c);
            c.A.AddInstruction(Instruction.Create(Code.Lss_r32_m1632, Register.ESP, new MemoryOperand(Register.None, Register.None, 1, Layout.Scratch, mode == 64 ? 4 : 4)));
            c.A.inc(ecx);
            c.Done();
        });
        yield return new("a step and a data breakpoint", c =>
        {
            c.A.mov(eax, Layout.Scratch);
            Debug(c, 0);
            c.A.mov(eax, 0xD_0001);
            Debug(c, 7);
            c.A.mov(eax, 0);
            Start(c);
            c.A.mov(__dword_ptr[Layout.Scratch], ecx);
            c.A.nop();
            c.Done();
        });
        yield return new("a step and an execution breakpoint on the next instruction", c =>
        {
            c.A.mov(eax, c["next"]);
            Debug(c, 0);
            c.A.mov(eax, 1);
            Debug(c, 7);
            c.A.mov(eax, 0);
            Start(c);
            c.A.inc(ecx);
            c.Mark("next");
            c.A.inc(ecx);
            c.Done();
        });
        yield return new("a step at CPL 3", c =>
        {
            Start(c, 3);
            c.A.inc(ecx);
            c.A.inc(ecx);
            c.Done();
        });
        yield return new("a step of an instruction that fetches beyond where it may", c =>
        {
            Start(c, 3);
            c.A.hlt();
        });
    }

    private static IEnumerable<Case> Transfers(int mode)
    {
        foreach (int ring in (int[])[0, 3])
        {
            yield return new($"step of INT 50h through an interrupt gate, CPL {ring}", c =>
            {
                c.Gate(0x50, c["there"], 0xEE);
                Start(c, ring);
                c.A.@int(0x50);
                c.Mark("there");
                c.A.inc(ecx);
                c.A.inc(ecx);
                c.Done();
            });
        }
        yield return new("step of INT 50h through a trap gate", c =>
        {
            c.Gate(0x50, c["there"], 0x8F);
            Start(c);
            c.A.@int(0x50);
            c.Mark("there");
            c.A.inc(ecx);
            c.Done();
        });
        yield return new("step of a handler's IRET", c =>
        {
            c.Gate(0x50, c["there"]);
            Start(c);
            c.A.@int(0x50);
            c.A.inc(edx);
            c.A.inc(edx);
            c.Done();
            c.Mark("there");
            c.A.inc(ecx);
            Return(c);
        });
        yield return new("step of a far call", c =>
        {
            c.Put(Layout.Scratch, c["there"]);
            c.A.mov(__word_ptr[Layout.Scratch + 4], Selectors.Code0);
            Start(c);
            c.Raw(mode == 64 ? [0xFF, 0x1C, 0x25, 0, 0, 0x30, 0] : [0xFF, 0x1D, 0, 0, 0x30, 0]);
            c.Mark("there");
            c.A.inc(ecx);
            c.Done();
        });
        if (mode == 64)
        {
            foreach ((string name, uint mask) in (IEnumerable<(string, uint)>)[("that keeps TF", 0), ("that clears TF", Trap)])
            {
                yield return new($"step of SYSCALL with a mask {name}", c =>
                {
                    c.WriteMsr(0xC000_0080, 0x101);
                    c.WriteMsr(0xC000_0081, 0x0013_0008_0000_0000);
                    c.WriteMsr(0xC000_0082, c["entry"]);
                    c.WriteMsr(0xC000_0084, mask);
                    Start(c, 3);
                    c.A.syscall();
                    c.Mark("entry");
                    c.A.inc(edx);
                    c.A.inc(edx);
                    c.Done();
                });
            }
            yield return new("SYSRET that sets TF", c =>
            {
                c.WriteMsr(0xC000_0080, 0x101);
                c.WriteMsr(0xC000_0081, 0x001B_0008_0000_0000);
                c.UserPages();
                c.A.mov(ecx, c["there"]);
                c.A.mov(r11d, 2 | Trap);
                c.Raw(0x48, 0x0F, 0x07);
                c.Mark("there");
                c.A.inc(edx);
                c.A.inc(edx);
                c.Done();
            });
        }
        foreach (int ring in (int[])[0, 3])
        {
            yield return new($"step of SYSENTER, CPL {ring}", c =>
            {
                c.WriteMsr(0x174, Selectors.Code0);
                c.WriteMsr(0x175, Layout.Ring0Stack - 0x100);
                c.WriteMsr(0x176, c["entry"]);
                Start(c, ring);
                c.A.sysenter();
                c.Mark("entry");
                c.A.inc(edx);
                c.A.inc(edx);
                c.Done();
            });
        }
    }

    /// <summary>DEBUGCTL.BTF: single step stops at branches only.</summary>
    private static IEnumerable<Case> BranchTraps()
    {
        yield return new("DEBUGCTL.BTF and TF stop at a branch that is taken", c =>
        {
            c.WriteMsr(DebugControl, 2);
            Start(c);
            c.A.inc(ecx);
            c.A.cmp(ecx, 1);
            c.A.jne(c["far"]);
            c.A.cmp(ecx, ecx);
            c.A.inc(ecx);
            c.A.jmp(c["far"]);
            c.A.nop();
            c.Mark("far");
            c.A.inc(edx);
            c.A.inc(edx);
            c.Done();
        });
        yield return new("a debug exception clears DEBUGCTL.BTF", c =>
        {
            c.Gate(1, c["trap"]);
            c.WriteMsr(DebugControl, 2);
            Start(c);
            c.A.jmp(c.A.@F);
            c.A.nop();
            c.A.AnonymousLabel();
            c.A.nop();
            c.Mark("trap");
            c.A.mov(ecx, DebugControl);
            c.A.rdmsr();
            c.Done();
        });
    }

    private static void PopFlags(CaseWriter c)
    {
        if (c.Mode == 64)
            c.A.popfq();
        else
            c.A.popfd();
    }

    private static void Return(CaseWriter c)
    {
        if (c.Mode == 64)
            c.A.iretq();
        else
            c.A.iretd();
    }

    private static void Debug(CaseWriter c, int number)
    {
        if (c.Mode == 64)
            c.A.mov(number == 0 ? dr0 : dr7, rax);
        else
            c.A.mov(number == 0 ? dr0 : dr7, eax);
    }
}
