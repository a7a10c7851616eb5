using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>SYSCALL, SYSRET, SYSENTER, SYSEXIT and SWAPGS (SDM volume 2; volume 3, 5.8.7 and 5.8.8).</summary>
internal static class SystemCalls
{
    /// <summary>Flags for ring 3 that a system call might change.</summary>
    public const uint AllFlags = 0x24_4ED7;

    /// <summary>The 64-bit family.</summary>
    public static Family Make64() =>
        new("system-calls-64", 64, [.. SyscallSysret.Make(), .. SysenterSysexit.Make(64), .. CompatibilityMode(), .. Swap()]);

    /// <summary>The 32-bit family.</summary>
    public static Family Make32() => new("system-calls-32", 32, [.. Legacy(), .. SysenterSysexit.Make(32)]);

    private static IEnumerable<Case> CompatibilityMode()
    {
        foreach ((string name, byte[] bytes) in (IEnumerable<(string, byte[])>)
            [
                ("SYSCALL", [0x0F, 0x05]), ("SYSRET", [0x0F, 0x07]), ("SYSENTER", [0x0F, 0x34]), ("SYSEXIT", [0x0F, 0x35]),
                ("SWAPGS", [0x0F, 0x01, 0xF8]),
            ])
        {
            foreach (int ring in (int[])[0, 3])
            {
                yield return new($"{name} in compatibility mode, CPL {ring}", c =>
                {
                    SyscallSysret.Prepare(c, 0, Selectors.Code0, 0x1B);
                    c.WriteMsr(Msr.SysenterCs, 8);
                    c.WriteMsr(Msr.SysenterEip, c["entry"]);
                    c.WriteMsr(Msr.SysenterEsp, Layout.Ring0Stack);
                    c.UserPages();
                    c.A.mov(ecx, name == "SYSEXIT" ? Layout.UserStack : c["entry"]);
                    c.A.mov(edx, c["entry"]);
                    c.A.mov(r11d, 2);
                    c.LeaveForCompatibility(ring);
                    c.Raw(bytes);
                    c.Mark("entry");
                    c.A.mov(edx, ss);
                    c.Done();
                });
            }
        }
    }

    private static IEnumerable<Case> Swap()
    {
        foreach (int ring in (int[])[0, 1, 3])
        {
            yield return new($"SWAPGS at CPL {ring}", c =>
            {
                c.SetCr4(0x1_0000);
                c.WriteMsr(Msr.KernelGsBase, 0x1234_5678_9ABC);
                c.A.mov(rdx, 0xFFFF_8000_1111_2222);
                c.A.wrgsbase(rdx);
                c.Ring(ring);
                c.A.swapgs();
                c.A.rdgsbase(rbx);
                c.A.mov(ecx, unchecked((int)Msr.KernelGsBase));
                c.A.rdmsr();
                c.Done();
            });
        }
    }

    /// <summary>SYSCALL and SYSRET in protected mode.</summary>
    private static IEnumerable<Case> Legacy()
    {
        foreach ((string name, byte[] bytes) in (IEnumerable<(string, byte[])>)[("SYSCALL", [0x0F, 0x05]), ("SYSRET", [0x0F, 0x07])])
        {
            foreach (int ring in (int[])[0, 3])
            {
                yield return new($"{name} in protected mode, CPL {ring}", c =>
                {
                    c.WriteMsr(Msr.Efer, 1);
                    c.WriteMsr(Msr.Star, 0x0013_0008_0000_0000UL | c["there"]);
                    c.Ring(ring);
                    c.A.mov(ecx, c["there"]);
                    c.Raw(bytes);
                    c.Mark("there");
                    c.A.mov(edx, ss);
                    c.Done();
                });
            }
        }
    }
}
