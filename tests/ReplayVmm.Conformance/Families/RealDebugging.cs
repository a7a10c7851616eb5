using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>Single step, breakpoints and RF in real-address mode (SDM volume 3, 18.3).</summary>
internal static class RealDebugging
{
    private const uint Execute = 0x402, WriteWord = 0x5_0402, AccessWord = 0x7_0402;

    /// <summary>The rows of real-interrupts on debugging.</summary>
    public static IEnumerable<Case> Rows() => [.. Steps(), .. ReturnsToSteps(), .. Breakpoints().Select(one => one with { NotOn = ["QEMU"] })];

    private static IEnumerable<Case> Steps()
    {
        (string Name, Action<Assembler> Write)[] instructions =
        [
            ("NOP", a => a.nop()), ("MOV SS", a => a.mov(ss, dx)), ("MOV DS", a => a.mov(ds, dx)), ("STI", a => a.sti()), ("CLI", a => a.cli()),
            ("JMP", a => a.db(0xEB, 0)),
            ("POP SS", a =>
            {
                a.push(ss);
                a.pop(ss);
            }),
            ("PUSHF", a =>
            {
                a.pushf();
                a.pop(bx);
            }),
            ("POPF of 2", a => a.SetFlags(2)), ("INT 50h", a => a.@int(0x50)), ("INT3", a => a.int3()), ("INTO not taken", a => a.into()),
            ("UD2", a => a.ud2()), ("DIV by 0", a => a.div(di)),
            ("LOOP", a => a.db(0xE2, 0)), ("CALL", a => a.db(0xE8, 0, 0)), ("far JMP", a => a.db(0xEA, 0, 2, 0, 0x10)),
            ("far CALL", a => a.db(0x9A, 0, 2, 0, 0x10)),
            ("REP STOSB of 3", a => a.rep.stosb()), ("LES", a => a.les(bx, __dword_ptr[0x100])), ("LSS", a => a.db(0x0F, 0xB2, 0x1E, 0, 1)),
            ("MOV CR0", a => a.mov(cr0, ebp)), ("WBINVD", a => a.wbinvd()),
        ];
        foreach ((string name, Action<Assembler> write) in instructions)
        {
            yield return RealAddressMode.Make($"step of {name}", a =>
            {
                a.mov(__dword_ptr[0x100], ((uint)RealAddressMode.Stack << 16) | 0x77);
                a.mov(cx, 3);
                a.mov(dx, unchecked((short)RealAddressMode.Stack));
                a.mov(ebp, 0x10);
                a.SetFlags(0x102);
                write(a);
                a.nop();
                a.nop();
            }, a => a.nop());
        }
    }

    /// <summary>IRET and IRETD that set or clear TF.</summary>
    private static IEnumerable<Case> ReturnsToSteps() =>
        from wide in (bool[])[false, true]
        from before in (ushort[])[2, 0x102]
        from after in (ushort[])[2, 0x102]
        select RealAddressMode.Make($"{(wide ? "IRETD" : "IRET")} from TF {before >> 8} to TF {after >> 8}", a =>
        {
            RealReturnFamily.PushFrame(a, wide, after);
            a.SetFlags(before);
            RealReturnFamily.Return(a, wide);
        }, a =>
        {
            a.nop();
            a.nop();
        });

    private static IEnumerable<Case> Breakpoints()
    {
        foreach (uint flags in (uint[])[2, 0x1_0002, 0x1_0102])
        {
            yield return RealAddressMode.Make($"IRETD with flags {flags:X} to a breakpoint", a =>
            {
                SetBreakpoint(a, Layout.Low + RealAddressMode.Target, Execute);
                RealReturnFamily.PushFrame(a, wide: true, flags);
                a.iretd();
            }, a => a.nop());
            yield return RealAddressMode.Make($"IRETD with flags {flags:X} to the instruction before a breakpoint", a =>
            {
                SetBreakpoint(a, Layout.Low + RealAddressMode.Target + 1, Execute);
                RealReturnFamily.PushFrame(a, wide: true, flags);
                a.iretd();
            }, a =>
            {
                a.nop();
                a.nop();
            });
        }
        yield return RealAddressMode.Make("IRET to a breakpoint", a =>
        {
            SetBreakpoint(a, Layout.Low + RealAddressMode.Target, Execute);
            RealReturnFamily.PushFrame(a, wide: false, 2);
            a.iret();
        }, a => a.nop());
        yield return RealAddressMode.Make("POPFD with RF before a breakpoint", a =>
        {
            const int Length = 19;
            SetBreakpoint(a, Layout.Low + Length, Execute);
            a.PushWide(0x1_0002);
            a.popfd();
            for (int n = 0; n < 16; n++)
                a.nop();
        });
        foreach ((string name, uint control) in ((string, uint)[])[("a write", WriteWord), ("an access", AccessWord)])
        {
            yield return RealAddressMode.Make($"PUSH to {name} breakpoint", a =>
            {
                SetBreakpoint(a, 0x5_7FFE, control);
                a.push(ax);
                a.nop();
            });
            yield return RealAddressMode.Make($"POP from {name} breakpoint", a =>
            {
                a.push(ax);
                SetBreakpoint(a, 0x5_7FFE, control);
                a.pop(cx);
                a.nop();
            });
            yield return RealAddressMode.Make($"INT 50h pushes to {name} breakpoint", a =>
            {
                SetBreakpoint(a, 0x5_7FFE, control);
                a.@int(0x50);
            });
            yield return RealAddressMode.Make($"INT 50h reads its vector from {name} breakpoint", a =>
            {
                SetBreakpoint(a, RealAddressMode.Vectors + 0x140, control);
                a.@int(0x50);
            });
        }
        yield return RealAddressMode.Make("MOV from DR0 with DR7.GD", a =>
        {
            a.mov(edx, 0x2400);
            a.mov(dr7, edx);
            a.mov(ecx, dr0);
        });
    }

    private static void SetBreakpoint(Assembler a, uint address, uint control)
    {
        a.mov(edx, address);
        a.mov(dr0, edx);
        a.mov(edx, control);
        a.mov(dr7, edx);
    }
}
