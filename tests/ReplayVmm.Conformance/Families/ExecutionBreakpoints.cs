using static Iced.Intel.AssemblerRegisters;
using static ReplayVmm.Conformance.DebugRegisters;

namespace ReplayVmm.Conformance;

/// <summary>Breakpoints on instructions: where they hit, and what RF does (SDM volume 3, 18.3.1.1).</summary>
internal static class ExecutionBreakpoints
{
    /// <summary>In both modes.</summary>
    public static IEnumerable<Case> Make()
    {
        for (int number = 0; number < 4; number++)
        {
            int n = number;
            foreach (uint enable in (uint[])[0, Local, Global, Local | Global])
            {
                yield return new($"execution breakpoint {n}, enabled by {enable}", c =>
                {
                    c.SetDr(n, c["there"]);
                    c.SetDr(7, Enable(n, Execute, 0, enable));
                    c.A.nop();
                    c.Mark("there");
                    c.A.inc(ecx);
                    c.Done();
                });
            }
        }
        (string Name, int Offset, int Length)[] places =
        [
            ("the second byte of an instruction", 1, 0), ("an instruction with a length of 2 bytes", 0, 1),
            ("an instruction with a length of 4 bytes", 0, 3),
        ];
        foreach ((string name, int offset, int length) in places)
        {
            yield return new($"execution breakpoint on {name}", c =>
            {
                c.SetDr(0, c["there"] + (uint)offset);
                c.SetDr(7, Enable(0, Execute, length));
                c.Mark("there");
                c.A.mov(ecx, 5);
                c.Done();
            });
        }
        yield return new("execution breakpoint on a prefix and behind it", c =>
        {
            c.SetDr(0, c["there"] + 1);
            c.SetDr(7, Enable(0, Execute, 0));
            c.Mark("there");
            c.Raw(0x3E, 0x90);
            c.Done();
        });
        yield return new("execution breakpoint with RF", c =>
        {
            c.SetDr(0, c["left"]);
            c.SetDr(7, Enable(0, Execute, 0));
            c.Leave(Selectors.Code0, Selectors.Data0, Layout.CaseStack, 0x1_0002);
            c.A.inc(ecx);
            c.Done();
        });
        yield return new("RF lasts for one instruction", c =>
        {
            c.SetDr(0, c["left"]);
            c.SetDr(1, c["next"]);
            c.SetDr(7, Enable(0, Execute, 0) | Enable(1, Execute, 0));
            c.Leave(Selectors.Code0, Selectors.Data0, Layout.CaseStack, 0x1_0002);
            c.A.inc(ecx);
            c.Mark("next");
            c.A.inc(ecx);
            c.Done();
        });
        yield return new("RF and an instruction that faults", c =>
        {
            c.SetDr(0, c["left"]);
            c.SetDr(7, Enable(0, Execute, 0));
            c.Leave(Selectors.Code0, Selectors.Data0, Layout.CaseStack, 0x1_0002);
            c.A.ud2();
        });
        yield return new("execution breakpoint in a REP instruction, at its start", c =>
        {
            c.SetDr(0, c["there"]);
            c.SetDr(7, Enable(0, Execute, 0));
            c.A.mov(ecx, 3);
            c.A.mov(edi, Layout.Scratch);
            c.Mark("there");
            c.A.rep.stosb();
            c.Done();
        });
        yield return new("execution breakpoint in the middle of a page's last instruction", c =>
        {
            c.SetDr(0, Layout.Scratch + 0xFFF);
            c.SetDr(7, Enable(0, Execute, 0));
            c.A.mov(__dword_ptr[Layout.Scratch + 0xFFE], 0x40CD_9090);
            c.A.mov(ecx, Layout.Scratch + 0xFFE);
            if (c.Mode == 64)
                c.A.jmp(rcx);
            else
                c.A.jmp(ecx);
        });
    }
}
