using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>TF (SDM volume 3, 18.3.1.4): what is stepped, and where the trap is seen.</summary>
internal static class SingleStep
{
    /// <summary>TF in the flags.</summary>
    public const uint Trap = 0x100;

    /// <summary>In both modes.</summary>
    public static Family Make(int mode) => new($"single-step-{mode}", mode, [.. First(mode), .. Around(), .. SteppedTransfers.Make(mode)]);

    /// <summary>Goes on with TF set: the next instruction is the first that is stepped.</summary>
    public static void Start(CaseWriter c, int ring = 0, uint flags = 0) => c.Ring(ring, 2 | Trap | flags);

    private static IEnumerable<Case> First(int mode)
    {
        foreach ((string name, byte[] bytes) in (IEnumerable<(string, byte[])>)
            [
                ("NOP", [0x90]), ("an undefined opcode", [0x0F, 0x0B]), ("INT3", [0xCC]), ("INT 3", [0xCD, 3]), ("INT1", [0xF1]),
                ("INT 1", [0xCD, 1]), ("INT 40h", [0xCD, 0x40]), ("a jump", [0xEB, 0x00]), ("a division by zero", [0xF7, 0xF1]),
                ("CPUID", [0x31, 0xC0, 0x0F, 0xA2]), ("STI", [0xFB]), ("CLI", [0xFA]), ("HLT", [0xF4, 0x90]), ("IN", [0xE4, 0xE4, 0x90]),
                ("a PUSHF", [0x9C, 0x58]),
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
            c.PopFlags(2 | Trap);
            c.A.inc(ecx);
            c.A.inc(ecx);
            c.Done();
        });
        yield return new("POPF that clears TF", c =>
        {
            c.A.push(2);
            Start(c);
            c.A.mov(esp, Layout.CaseStack - (uint)(mode / 8));
            c.PopFlags();
            c.A.inc(ecx);
            c.Done();
        });
        yield return new("POPF that clears TF, stepped itself", c =>
        {
            c.A.push(2);
            c.PopFlags(2 | Trap);
            c.PopFlags();
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
            c.Return();
        });
    }

    private static IEnumerable<Case> Around()
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
            c.PopFlags();
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
            var pointer = new MemoryOperand(Register.None, Register.None, 1, Layout.Scratch, 4);
            c.A.AddInstruction(Instruction.Create(Code.Lss_r32_m1632, Register.ESP, pointer));
            c.A.inc(ecx);
            c.Done();
        });
        yield return new("a step and a data breakpoint", c =>
        {
            c.A.mov(eax, Layout.Scratch);
            c.MoveToDr(0);
            c.A.mov(eax, 0xD_0001);
            c.MoveToDr(7);
            c.A.mov(eax, 0);
            Start(c);
            c.A.mov(__dword_ptr[Layout.Scratch], ecx);
            c.A.nop();
            c.Done();
        });
        yield return new("a step and an execution breakpoint on the next instruction", c =>
        {
            c.A.mov(eax, c["next"]);
            c.MoveToDr(0);
            c.A.mov(eax, 1);
            c.MoveToDr(7);
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
}
