using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// Single steps of instructions that go elsewhere: interrupts, far calls, system calls, branches (SDM volume 3, 18.3.1.4 and 18.4.3).
/// </summary>
internal static class SteppedTransfers
{
    /// <summary>In the mode of <paramref name="mode"/> bits.</summary>
    public static IEnumerable<Case> Make(int mode) => [.. Transfers(mode), .. BranchTraps()];

    private static IEnumerable<Case> Transfers(int mode)
    {
        foreach (int ring in (int[])[0, 3])
        {
            yield return new($"step of INT 50h through an interrupt gate, CPL {ring}", c =>
            {
                c.Gate(0x50, c["there"], 0xEE);
                SingleStep.Start(c, ring);
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
            SingleStep.Start(c);
            c.A.@int(0x50);
            c.Mark("there");
            c.A.inc(ecx);
            c.Done();
        });
        yield return new("step of a handler's IRET", c =>
        {
            c.Gate(0x50, c["there"]);
            SingleStep.Start(c);
            c.A.@int(0x50);
            c.A.inc(edx);
            c.A.inc(edx);
            c.Done();
            c.Mark("there");
            c.A.inc(ecx);
            c.Return();
        });
        yield return new("step of a far call", c =>
        {
            c.PokeLong(Layout.Scratch, c["there"]);
            c.A.mov(__word_ptr[Layout.Scratch + 4], Selectors.Code0);
            SingleStep.Start(c);
            c.Raw(mode == 64 ? [0xFF, 0x1C, 0x25, 0, 0, 0x30, 0] : [0xFF, 0x1D, 0, 0, 0x30, 0]);
            c.Mark("there");
            c.A.inc(ecx);
            c.Done();
        });
        if (mode == 64)
        {
            foreach ((string name, uint mask) in (IEnumerable<(string, uint)>)[("that keeps TF", 0), ("that clears TF", SingleStep.Trap)])
            {
                yield return new($"step of SYSCALL with a mask {name}", c =>
                {
                    c.WriteMsr(Msr.Efer, 0x101);
                    c.WriteMsr(Msr.Star, 0x0013_0008_0000_0000);
                    c.WriteMsr(Msr.Lstar, c["entry"]);
                    c.WriteMsr(Msr.Fmask, mask);
                    SingleStep.Start(c, 3);
                    c.A.syscall();
                    c.Mark("entry");
                    c.A.inc(edx);
                    c.A.inc(edx);
                    c.Done();
                });
            }
            yield return new("SYSRET that sets TF", c =>
            {
                c.WriteMsr(Msr.Efer, 0x101);
                c.WriteMsr(Msr.Star, 0x001B_0008_0000_0000);
                c.UserPages();
                c.A.mov(ecx, c["there"]);
                c.A.mov(r11d, 2 | SingleStep.Trap);
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
                c.WriteMsr(Msr.SysenterCs, Selectors.Code0);
                c.WriteMsr(Msr.SysenterEsp, Layout.Ring0Stack - 0x100);
                c.WriteMsr(Msr.SysenterEip, c["entry"]);
                SingleStep.Start(c, ring);
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
            c.WriteMsr(Msr.DebugControl, 2);
            SingleStep.Start(c);
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
            c.WriteMsr(Msr.DebugControl, 2);
            SingleStep.Start(c);
            c.A.jmp(c.A.@F);
            c.A.nop();
            c.A.AnonymousLabel();
            c.A.nop();
            c.Mark("trap");
            c.A.mov(ecx, Msr.DebugControl);
            c.A.rdmsr();
            c.Done();
        });
    }
}
