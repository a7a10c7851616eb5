using static Iced.Intel.AssemblerRegisters;
using static ReplayVmm.Conformance.DebugRegisters;

namespace ReplayVmm.Conformance;

/// <summary>Breakpoints on ports, which CR4.DE permits (SDM volume 3, 18.2.4 and 18.3.1.2).</summary>
internal static class PortBreakpoints
{
    /// <summary>In both modes.</summary>
    public static IEnumerable<Case> Make()
    {
        foreach (bool extensions in (bool[])[false, true])
        {
            foreach ((string name, byte[] bytes, int length) in (IEnumerable<(string, byte[], int)>)
                [
                    ("OUT E4h, AL", [0xE6, 0xE4], 0), ("IN AL, E4h", [0xE4, 0xE4], 0), ("OUT E3h, AX", [0x66, 0xE7, 0xE3], 0),
                    ("OUT E6h, AL with a length of 4", [0xE6, 0xE6], 3), ("OUT E8h, AL with a length of 4", [0xE6, 0xE8], 3),
                    ("OUT E5h, AL", [0xE6, 0xE5], 0),
                ])
            {
                yield return new($"I/O breakpoint at E4h {(extensions ? "with" : "without")} CR4.DE: {name}", c =>
                {
                    if (extensions)
                        c.SetCr4(8);
                    c.SetDr(0, 0xE4);
                    c.SetDr(7, Enable(0, Port, length));
                    c.Raw(bytes);
                    c.A.mov(eax, 0);
                    c.Done();
                });
            }
        }
        yield return new("I/O breakpoint and memory", c =>
        {
            c.SetCr4(8);
            c.SetDr(0, Word);
            c.SetDr(7, Enable(0, Port, 3));
            c.Access(Word, 4, write: true);
            c.Done();
        });
        yield return new("I/O breakpoint in REP OUTS", c =>
        {
            c.SetCr4(8);
            c.SetDr(0, 0xE4);
            c.SetDr(7, Enable(0, Port, 0));
            c.A.mov(edx, 0xE4);
            c.A.mov(ecx, 3);
            c.A.mov(esi, Layout.Scratch);
            c.A.rep.outsb();
            c.Done();
        });
    }
}
