using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>IRET, POPF and PUSHF with every bit of the flags in real-address mode (SDM volume 2, IRET, POPF, PUSHF).</summary>
internal static class RealReturnFamily
{
    private const uint Vif = 1 << 19, Vip = 1 << 20;

    /// <summary>The family.</summary>
    public static Family Make() => new("real-returns", 32, [.. Flags(), .. Virtual(), .. Frames()]);

    /// <summary>Pushes a frame that leads to the second part of the program.</summary>
    public static void PushFrame(Assembler a, bool wide, uint flags, ushort selector = RealAddressMode.Code, uint ip = RealAddressMode.Target)
    {
        if (wide)
        {
            a.PushWide(flags);
            // What is above the selector does not count.
            a.PushWide(0xABCD_0000 | selector);
            a.PushWide(ip);
            return;
        }
        a.push(unchecked((short)flags));
        a.push(unchecked((short)selector));
        a.push(unchecked((short)ip));
    }

    /// <summary>IRET or IRETD.</summary>
    public static void Return(Assembler a, bool wide)
    {
        if (wide)
            a.iretd();
        else
            a.iret();
    }

    private static IEnumerable<Case> Flags()
    {
        foreach (bool wide in (bool[])[false, true])
        {
            int bits = wide ? 32 : 16;
            uint all = wide ? uint.MaxValue : 0xFFFF;
            uint[] images = [0, 2, all, all & ~0x100u, .. Enumerable.Range(0, bits).Select(bit => 1u << bit),
                .. Enumerable.Range(0, bits).Select(bit => all & ~0x100u & ~(1u << bit))];
            foreach (uint image in images.Distinct())
            {
                foreach (bool set in (bool[])[false, true])
                {
                    string before = set ? "all" : "no";
                    yield return RealAddressMode.Make($"{(wide ? "IRETD" : "IRET")} with {image:X}, {before} flags before", a =>
                    {
                        PushFrame(a, wide, image);
                        SetAll(a, set);
                        Return(a, wide);
                    }, Show);
                    yield return RealAddressMode.Make($"{(wide ? "POPFD" : "POPF")} with {image:X}, {before} flags before", a =>
                    {
                        if (wide)
                            a.PushWide(image);
                        else
                            a.push(unchecked((short)image));
                        SetAll(a, set);
                        if (wide)
                            a.popfd();
                        else
                            a.popf();
                        Show(a);
                    });
                }
            }
        }
    }

    private static void SetAll(Assembler a, bool set)
    {
        a.PushWide(set ? 0x24_7ED7u : 2);
        a.popfd();
    }

    private static void Show(Assembler a)
    {
        a.pushfd();
        a.pop(ecx);
        a.pushf();
        a.pop(dx);
    }

    /// <summary>VIF and VIP, which only protected mode can set.</summary>
    private static IEnumerable<Case> Virtual()
    {
        foreach (uint before in (uint[])[Vif, Vip, Vif | Vip])
        {
            foreach (uint image in (uint[])[2, Vif, Vip, Vif | Vip, 0x2_0000, 0x3F_7ED7])
            {
                yield return new($"VIF and VIP {before:X}: IRETD with {image:X}", c => c.RealMode(a =>
                {
                    PushFrame(a, true, image);
                    a.iretd();
                }, before | 2, target: Show));
                yield return new($"VIF and VIP {before:X}: POPFD with {image:X}", c => c.RealMode(a =>
                {
                    a.PushWide(image);
                    a.popfd();
                    Show(a);
                }, before | 2));
            }
            yield return new($"VIF and VIP {before:X}: STI and CLI", c => c.RealMode(a =>
            {
                a.sti();
                Show(a);
                a.cli();
            }, before | 2));
        }
    }

    /// <summary>Where IRET leads.</summary>
    private static IEnumerable<Case> Frames()
    {
        foreach (bool wide in (bool[])[false, true])
        {
            string name = wide ? "IRETD" : "IRET";
            foreach (ushort selector in (ushort[])[0x1000, 0x1001, 0x1003, 0x1020, 0x0FFF, 0x0300])
            {
                ushort ip = (ushort)(0x1_0200 - (selector << 4));
                yield return RealAddressMode.Make($"{name} to {selector:X}:{ip:X}", a =>
                {
                    PushFrame(a, wide, 0x7202, selector, ip);
                    Return(a, wide);
                }, a => a.mov(dx, cs));
            }
            foreach (ushort pointer in (ushort[])[0xFFF4, 0xFFFA, 0xFFFC, 0xFFFE, 0])
            {
                if ((pointer & 3) != 0 && wide)
                    continue;
                yield return RealAddressMode.Make($"{name} with SP {pointer:X} before its frame is pushed", a =>
                {
                    a.mov(esp, 0x7777_0000u | pointer);
                    PushFrame(a, wide, 0x3202);
                    Return(a, wide);
                }, a => { });
                yield return RealAddressMode.Make($"{name} with SP {pointer:X}, of a frame that wraps", a =>
                {
                    a.mov(sp, unchecked((short)(pointer + (wide ? 12 : 6))));
                    PushFrame(a, wide, 0x3202);
                    a.mov(esp, 0x7777_0000u | pointer);
                    Return(a, wide);
                }, a => { });
            }
            yield return RealAddressMode.Make($"{name} with NT set", a =>
            {
                PushFrame(a, wide, 0x4202);
                a.SetFlags(0x4002);
                Return(a, wide);
            }, Show);
            yield return RealAddressMode.Make($"{name} with AC and CR0.AM, then an unaligned word", a =>
            {
                a.mov(edx, 0x4_0010);
                a.mov(cr0, edx);
                PushFrame(a, wide, 0x4_0202);
                SetAll(a, true);
                Return(a, wide);
            }, a => a.mov(cx, __word_ptr[0xFFE1]));
            if (wide)
            {
                foreach (uint ip in (uint[])[0x1_0200, 0xFFFF_0200])
                {
                    yield return new($"IRETD to EIP {ip:X} in a segment of 4 GiB", c =>
                    {
                        c.PokeWord(Layout.Low + ip, (RealAddressMode.Done << 8) | 0xCD);
                        c.RealMode(a =>
                        {
                            PushFrame(a, true, 0x202, RealAddressMode.Code, ip);
                            a.iretd();
                        }, limits: new RealLimits { Code = uint.MaxValue });
                    });
                }
            }
        }
    }
}
