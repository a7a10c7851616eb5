using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>MOV from and to debug registers, and general detect, which catches it (SDM volume 3, 18.2; volume 2, MOV).</summary>
internal static class DebugRegisterMoves
{
    /// <summary>In the mode of <paramref name="mode"/> bits.</summary>
    public static IEnumerable<Case> Make(int mode) => [.. Registers(mode), .. General(mode)];

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
                        c.MoveToDr(n);
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
                    c.MoveToDr(n);
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
            c.SetDr(0, 0x1234);
            c.Raw(0x0F, 0x21, 0x01);
            c.Done();
        });
        yield return new("DR7 with all bits", c =>
        {
            c.A.mov(eax, 0xFFFF_DF00);
            c.MoveToDr(7);
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
        foreach ((string name, byte[] bytes) in (IEnumerable<(string, byte[])>)
            [
                ("read of DR0", [0x0F, 0x21, 0xC1]), ("write of DR0", [0x0F, 0x23, 0xC1]), ("read of DR7", [0x0F, 0x21, 0xF9]),
                ("write of DR7", [0x0F, 0x23, 0xF9]), ("read of DR4", [0x0F, 0x21, 0xE1]),
            ])
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
                        c.SetDr(7, 0x2000);
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
            c.SetDr(7, 0x2000);
            c.Raw(0x0F, 0x21, 0xC1);
            c.Mark("there");
            c.Raw(0x0F, 0x21, 0xF9);
            c.Done();
        });
        yield return new("general detect and INT1", c =>
        {
            c.Gate(1, c["there"]);
            c.SetDr(7, 0x2000);
            c.Raw(0xF1);
            c.Mark("there");
            c.Raw(0x0F, 0x21, 0xF9);
            c.Done();
        });
        yield return new("general detect and INT 1", c =>
        {
            c.Gate(1, c["there"]);
            c.SetDr(7, 0x2000);
            c.A.@int(1);
            c.Mark("there");
            c.Raw(0x0F, 0x21, 0xF9);
            c.Done();
        });
        yield return new("general detect with RF", c =>
        {
            c.SetDr(7, 0x2000);
            c.Leave(Selectors.Code0, Selectors.Data0, Layout.CaseStack, 0x1_0002);
            c.Raw(0x0F, 0x21, 0xC1);
            c.Done();
        });
    }
}
