using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>SYSENTER and SYSEXIT (SDM volume 2; volume 3, 5.8.7).</summary>
internal static class SysenterSysexit
{
    private const ulong NotCanonical = 0x8000_0000_0000;

    /// <summary>In the mode of <paramref name="mode"/> bits.</summary>
    public static IEnumerable<Case> Make(int mode) => [.. Sysenter(mode), .. Sysexit(mode)];

    private static IEnumerable<Case> Sysenter(int mode)
    {
        foreach (ulong selector in (ulong[])[0, 3, 8, 0xB, 0x58, 0xFFF8, 0x1_0008, 0x1_0000, 0x1_0000_0008])
        {
            foreach (int ring in (int[])[0, 3])
            {
                yield return new($"SYSENTER from ring {ring} with {selector:X}h in SYSENTER_CS", c =>
                {
                    PrepareSysenter(c, selector);
                    c.Ring(ring, SystemCalls.AllFlags);
                    c.A.sysenter();
                    SysenterEntry(c);
                });
            }
        }
        yield return new("SYSENTER clears VM, RF and IF only", c =>
        {
            PrepareSysenter(c, 8);
            c.Ring(3, 0x25_7ED7 & ~0x100u);
            c.A.sysenter();
            SysenterEntry(c);
        });
        if (mode == 64)
        {
            yield return new("SYSENTER with a stack pointer beyond 4 GiB", c =>
            {
                PrepareSysenter(c, 8);
                c.WriteMsr(Msr.SysenterEsp, 0x7FFF_0000_0000 | Layout.Ring0Stack);
                c.Ring(3);
                c.A.sysenter();
                c.Mark("entry");
                c.A.mov(rbx, rsp);
                c.A.mov(esp, Layout.Ring0Stack - 0x80);
                c.Done();
            });
        }
        else
        {
            yield return new("SYSENTER in virtual-8086 mode", c =>
            {
                PrepareSysenter(c, 8);
                c.A.mov(__word_ptr[Layout.Low], 0x340F);
                foreach (ushort word in (ushort[])[0, 0, 0, 0, 0, 0x1000])
                    c.A.push(word);
                c.A.push(0x2_0002);
                c.A.push(Layout.LowSegment);
                c.A.push(0);
                c.A.iretd();
                SysenterEntry(c);
            });
        }
    }

    private static IEnumerable<Case> Sysexit(int mode)
    {
        foreach (ulong selector in (ulong[])[0, 3, 8, 0xB, 0xFFF8])
        {
            foreach (bool wide in mode == 64 ? (bool[])[false, true] : [false])
            {
                yield return new($"SYSEXIT of {(wide ? 64 : 32)} bits with {selector:X}h in SYSENTER_CS", c =>
                {
                    c.WriteMsr(Msr.SysenterCs, selector);
                    if (mode == 64)
                        c.UserPages();
                    Exit(c, wide, 0, Layout.UserStack);
                });
            }
        }
        foreach (int ring in (int[])[1, 3])
        {
            yield return new($"SYSEXIT at CPL {ring}", c =>
            {
                c.WriteMsr(Msr.SysenterCs, 8);
                c.Ring(ring);
                Exit(c, wide: false, 0, Layout.UserStack);
            });
        }
        yield return new("SYSEXIT at CPL 3 with 0 in SYSENTER_CS", c =>
        {
            c.WriteMsr(Msr.SysenterCs, 0);
            c.Ring(3);
            Exit(c, wide: false, 0, Layout.UserStack);
        });
        yield return new("SYSEXIT keeps flags", c =>
        {
            c.WriteMsr(Msr.SysenterCs, 8);
            if (mode == 64)
                c.UserPages();
            c.PopFlags(0x24_7ED7);
            Exit(c, wide: mode == 64, 0, Layout.UserStack);
        });
        if (mode == 64)
        {
            foreach ((string name, bool wide, ulong target, ulong pointer) in (IEnumerable<(string, bool, ulong, ulong)>)
                [
                    ("SYSEXIT to where no address is", true, NotCanonical, Layout.UserStack),
                    ("SYSEXIT with a stack that is no address", true, 0UL, NotCanonical),
                    ("SYSEXIT of 32 bits with upper halves set", false, 0xFFFF_0000_0000_0000, NotCanonical | Layout.UserStack),
                ])
            {
                yield return new(name, c =>
                {
                    c.WriteMsr(Msr.SysenterCs, 8);
                    c.UserPages();
                    Exit(c, wide, target, pointer);
                });
            }
        }
    }

    private static void PrepareSysenter(CaseWriter c, ulong selector)
    {
        c.WriteMsr(Msr.SysenterCs, selector);
        c.WriteMsr(Msr.SysenterEip, c["entry"]);
        c.WriteMsr(Msr.SysenterEsp, Layout.Ring0Stack - 0x40);
    }

    private static void SysenterEntry(CaseWriter c)
    {
        c.Mark("entry");
        c.A.mov(edx, ss);
        c.A.mov(ebx, esp);
        c.Done();
    }

    private static void Exit(CaseWriter c, bool wide, ulong target, ulong pointer)
    {
        bool far = target == NotCanonical;
        if (c.Mode == 64)
        {
            c.A.mov(rdx, far ? target : target | c["there"]);
            c.A.mov(rcx, pointer);
        }
        else
        {
            c.A.mov(edx, c["there"]);
            c.A.mov(ecx, (uint)pointer);
        }
        if (wide)
            c.A.db(0x48);
        c.Raw(0x0F, 0x35);
        c.Mark("there");
        c.A.mov(ebx, ss);
        c.Done();
    }
}
