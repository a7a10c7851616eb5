using static Iced.Intel.AssemblerRegisters;
using static ReplayVmm.Conformance.DebugRegisters;

namespace ReplayVmm.Conformance;

/// <summary>Breakpoints beside one another, beside faults, and behind a load of SS (SDM volume 3, 6.8.3 and 6.9).</summary>
internal static class BreakpointPriorities
{
    /// <summary>In both modes.</summary>
    public static IEnumerable<Case> Make()
    {
        foreach ((string name, byte[] bytes) in (IEnumerable<(string, byte[])>)
            [
                ("an undefined opcode", [0x0F, 0x0B]), ("HLT", [0xF4]), ("INT3", [0xCC]), ("a division by zero", [0xF7, 0xF1]),
            ])
        {
            yield return new($"execution breakpoint before {name}", c =>
            {
                c.SetDr(0, c["there"]);
                c.SetDr(7, Enable(0, Execute, 0));
                c.Mark("there");
                c.Raw(bytes);
            });
        }
        yield return new("a data breakpoint, then an execution breakpoint on the next instruction", c =>
        {
            c.SetDr(0, c["there"]);
            c.SetDr(1, Word);
            c.SetDr(7, Enable(0, Execute, 0) | Enable(1, Write, 3));
            c.Access(Word, 4, write: true);
            c.Mark("there");
            c.A.inc(edx);
            c.Done();
        });
        yield return new("an execution breakpoint on an access that has a data breakpoint", c =>
        {
            c.SetDr(0, c["there"]);
            c.SetDr(1, Word);
            c.SetDr(7, Enable(0, Execute, 0) | Enable(1, Write, 3));
            c.Mark("there");
            c.Access(Word, 4, write: true);
            c.A.inc(edx);
            c.Done();
        });
        yield return new("a data breakpoint on an access that faults", c =>
        {
            c.SetDr(0, Word);
            c.SetDr(7, Enable(0, ReadWrite, 3));
            // 32 bits by zero: the operand is read, then #DE.
            c.A.div(__dword_ptr[Word]);
            c.Done();
        });
        foreach (bool pop in (bool[])[false, true])
        {
            yield return new($"a data breakpoint hit by {(pop ? "POP" : "MOV")} SS comes after the next instruction", c =>
            {
                c.A.mov(__word_ptr[Word], Selectors.Data0);
                c.SetDr(0, Word);
                c.SetDr(7, Enable(0, ReadWrite, 1));
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
            c.SetDr(0, c["there"]);
            c.SetDr(7, Enable(0, Execute, 0));
            c.A.mov(ecx, ss);
            c.A.mov(ss, ecx);
            c.Mark("there");
            c.A.inc(edx);
            c.Done();
        });
        yield return new("a data breakpoint hit by MOV SS before INT", c =>
        {
            c.A.mov(__word_ptr[Word], Selectors.Data0);
            c.SetDr(0, Word);
            c.SetDr(7, Enable(0, ReadWrite, 1));
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
            c.SetDr(0, Word);
            c.SetDr(7, Enable(0, ReadWrite, 1));
            c.Gate(6, c["there"]);
            c.A.mov(ss, __word_ptr[Word]);
            c.A.ud2();
            c.Mark("there");
            c.A.inc(edx);
            c.Done();
        });
    }
}
