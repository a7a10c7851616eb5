using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>SYSCALL, SYSRET, SYSENTER, SYSEXIT and SWAPGS (SDM volume 2; volume 3, 5.8.7 and 5.8.8).</summary>
internal static class SystemCalls
{
    private const uint Star = 0xC000_0081, Lstar = 0xC000_0082, Cstar = 0xC000_0083, Fmask = 0xC000_0084, Efer = 0xC000_0080, KernelGsBase = 0xC000_0102;
    private const uint SysenterCs = 0x174, SysenterEsp = 0x175, SysenterEip = 0x176;
    private const ulong NotCanonical = 0x8000_0000_0000;
    private const uint AllFlags = 0x24_4ED7;

    /// <summary>The 64-bit family.</summary>
    public static Family Make64() => new("system-calls-64", 64, [.. Syscall(), .. Sysret(), .. Sysenter(64), .. Sysexit(64), .. CompatibilityMode(), .. Swap()]);

    /// <summary>The 32-bit family.</summary>
    public static Family Make32() => new("system-calls-32", 32, [.. Legacy(), .. Sysenter(32), .. Sysexit(32)]);

    /// <summary>SYSCALL's registers; EFER.SCE is set.</summary>
    private static void Prepare(CaseWriter c, ulong mask = 0, uint kernel = Selectors.Code0, uint user = 0x13)
    {
        c.WriteMsr(Efer, 0x101);
        c.WriteMsr(Star, ((ulong)user << 48) | ((ulong)kernel << 32) | 0x1234_5678);
        c.WriteMsr(Lstar, c["entry"]);
        c.WriteMsr(Cstar, c["entry"]);
        c.WriteMsr(Fmask, mask);
    }

    /// <summary>Where SYSCALL comes in: an interrupt shows CS, SS and the flags.</summary>
    private static void Entry(CaseWriter c)
    {
        c.Mark("entry");
        c.A.mov(edx, ss);
        c.A.mov(rbx, rsp);
        c.Done();
    }

    private static IEnumerable<Case> Syscall()
    {
        foreach (int ring in (int[])[0, 1, 3])
        {
            int level = ring;
            yield return new($"SYSCALL from ring {ring}", c =>
            {
                Prepare(c);
                c.Ring(level, AllFlags);
                c.A.syscall();
                Entry(c);
            });
        }
        foreach ((string name, ulong mask) in (IEnumerable<(string, ulong)>)[("nothing", 0), ("everything", 0xFFFF_FFFF), ("IF, DF and AC", 0x4_0600), ("bit 1", 2), ("RF and VM", 0x3_0000)])
        {
            yield return new($"SYSCALL with a mask of {name}", c =>
            {
                Prepare(c, mask);
                c.Ring(3, AllFlags);
                c.A.syscall();
                Entry(c);
            });
        }
        foreach (uint selector in (uint[])[0, 3, 0x0B, 0xFFF8, 0x80])
        {
            yield return new($"SYSCALL with {selector:X}h in STAR", c =>
            {
                Prepare(c, 0, selector);
                c.Ring(3);
                c.A.syscall();
                Entry(c);
            });
        }
        yield return new("SYSCALL without EFER.SCE", c =>
        {
            Prepare(c);
            c.WriteMsr(Efer, 0x100);
            c.Ring(3);
            c.A.syscall();
            Entry(c);
        });
        yield return new("SYSCALL with a stack pointer that is no address", c =>
        {
            Prepare(c);
            c.Ring(3);
            c.A.mov(rsp, NotCanonical);
            c.A.syscall();
            c.Mark("entry");
            c.A.mov(rbx, rsp);
            c.A.mov(esp, Layout.Ring0Stack - 0x80);
            c.Done();
        });
        foreach ((string name, byte[] bytes) in (IEnumerable<(string, byte[])>)[("66h", [0x66, 0x0F, 0x05]), ("REX.W", [0x48, 0x0F, 0x05]), ("REP", [0xF3, 0x0F, 0x05]), ("LOCK", [0xF0, 0x0F, 0x05])])
        {
            yield return new($"SYSCALL with {name}", c =>
            {
                Prepare(c);
                c.Ring(3);
                c.Raw(bytes);
                Entry(c);
            });
        }
        yield return new("RF and SYSCALL", c =>
        {
            Prepare(c);
            c.Ring(3, 0x1_0002);
            c.A.syscall();
            Entry(c);
        });
    }

    private static IEnumerable<Case> Sysret()
    {
        (string Name, bool Wide, ulong Target, ulong Flags, int Ring, uint User)[] rows =
        [
            ("SYSRET", true, 0, 2, 0, 0x1B), ("SYSRET of 32 bits", false, 0, 2, 0, 0x1B), ("SYSRET with all flags", true, 0, 0xFFFF_FEFF, 0, 0x1B),
            ("SYSRET with no flags", true, 0, 0, 0, 0x1B), ("SYSRET with RF and VM", true, 0, 0x3_0002, 0, 0x1B), ("SYSRET with NT", true, 0, 0x4002, 0, 0x1B),
            ("SYSRET to where no address is", true, NotCanonical, 2, 0, 0x1B), ("SYSRET of 32 bits with the upper half of RCX set", false, 0xFFFF_0000_0000_0000, 2, 0, 0x1B),
            ("SYSRET at CPL 3", true, 0, 2, 3, 0x1B), ("SYSRET at CPL 1", true, 0, 2, 1, 0x1B), ("SYSRET at CPL 3 to where no address is", true, NotCanonical, 2, 3, 0x1B),
            ("SYSRET with RPL 0 in STAR", true, 0, 2, 0, 0x18), ("SYSRET with FFF8h in STAR", true, 0, 2, 0, 0xFFF8), ("SYSRET with 0 in STAR", true, 0, 2, 0, 0),
        ];
        foreach ((string name, bool wide, ulong target, ulong flags, int ring, uint user) in rows)
        {
            yield return new(name, c =>
            {
                Prepare(c, 0, Selectors.Code0, user);
                c.UserPages();
                if (ring != 0)
                    c.Ring(ring);
                c.A.mov(rcx, target is 0 or 0xFFFF_0000_0000_0000 ? target | c["there"] : target);
                c.A.mov(r11, flags);
                if (wide)
                    c.A.db(0x48);
                c.Raw(0x0F, 0x07);
                c.Mark("there");
                // MOV EDX, SS and INT mean the same in 32-bit code.
                c.A.mov(edx, ss);
                Entry(c);
            });
        }
        yield return new("SYSRET without EFER.SCE", c =>
        {
            Prepare(c);
            c.WriteMsr(Efer, 0x100);
            c.A.sysret();
            Entry(c);
        });
        yield return new("SYSRET at CPL 3 without EFER.SCE", c =>
        {
            Prepare(c);
            c.WriteMsr(Efer, 0x100);
            c.Ring(3);
            c.A.sysret();
            Entry(c);
        });
        yield return new("SYSCALL and SYSRET there and back", c =>
        {
            Prepare(c, 0x600, Selectors.Code0, 0x1B);
            c.Ring(3, 0xED7);
            c.A.syscall();
            c.Done();
            c.Mark("entry");
            c.A.pushfq();
            c.A.pop(rdx);
            c.Raw(0x48, 0x0F, 0x07);
        });
    }

    private static IEnumerable<Case> Sysenter(int mode)
    {
        foreach (ulong selector in (ulong[])[0, 3, 8, 0xB, 0x58, 0xFFF8, 0x1_0008, 0x1_0000, 0x1_0000_0008])
        {
            foreach (int ring in (int[])[0, 3])
            {
                yield return new($"SYSENTER from ring {ring} with {selector:X}h in SYSENTER_CS", c =>
                {
                    PrepareSysenter(c, selector);
                    c.Ring(ring, AllFlags);
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
                c.WriteMsr(SysenterEsp, 0x7FFF_0000_0000 | Layout.Ring0Stack);
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
                    c.WriteMsr(SysenterCs, selector);
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
                c.WriteMsr(SysenterCs, 8);
                c.Ring(ring);
                Exit(c, wide: false, 0, Layout.UserStack);
            });
        }
        yield return new("SYSEXIT at CPL 3 with 0 in SYSENTER_CS", c =>
        {
            c.WriteMsr(SysenterCs, 0);
            c.Ring(3);
            Exit(c, wide: false, 0, Layout.UserStack);
        });
        yield return new("SYSEXIT keeps flags", c =>
        {
            c.WriteMsr(SysenterCs, 8);
            if (mode == 64)
                c.UserPages();
            c.PopFlags(0x24_7ED7);
            Exit(c, wide: mode == 64, 0, Layout.UserStack);
        });
        if (mode == 64)
        {
            foreach ((string name, bool wide, ulong target, ulong pointer) in (IEnumerable<(string, bool, ulong, ulong)>)
                [
                    ("SYSEXIT to where no address is", true, NotCanonical, Layout.UserStack), ("SYSEXIT with a stack that is no address", true, 0UL, NotCanonical),
                    ("SYSEXIT of 32 bits with upper halves set", false, 0xFFFF_0000_0000_0000, NotCanonical | Layout.UserStack),
                ])
            {
                yield return new(name, c =>
                {
                    c.WriteMsr(SysenterCs, 8);
                    c.UserPages();
                    Exit(c, wide, target, pointer);
                });
            }
        }
    }

    private static IEnumerable<Case> CompatibilityMode()
    {
        foreach ((string name, byte[] bytes) in (IEnumerable<(string, byte[])>)[("SYSCALL", [0x0F, 0x05]), ("SYSRET", [0x0F, 0x07]), ("SYSENTER", [0x0F, 0x34]), ("SYSEXIT", [0x0F, 0x35]), ("SWAPGS", [0x0F, 0x01, 0xF8])])
        {
            foreach (int ring in (int[])[0, 3])
            {
                yield return new($"{name} in compatibility mode, CPL {ring}", c =>
                {
                    Prepare(c, 0, Selectors.Code0, 0x1B);
                    c.WriteMsr(SysenterCs, 8);
                    c.WriteMsr(SysenterEip, c["entry"]);
                    c.WriteMsr(SysenterEsp, Layout.Ring0Stack);
                    c.UserPages();
                    c.A.mov(ecx, name == "SYSEXIT" ? Layout.UserStack : c["entry"]);
                    c.A.mov(edx, c["entry"]);
                    c.A.mov(r11d, 2);
                    c.Leave(ring == 3 ? Selectors.CompatibilityCode3 : Selectors.CompatibilityCode0, ring == 3 ? Selectors.Data3 : Selectors.Data0, Layout.UserStack, place: "narrow");
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
                c.WriteMsr(KernelGsBase, 0x1234_5678_9ABC);
                c.A.mov(rdx, 0xFFFF_8000_1111_2222);
                c.A.wrgsbase(rdx);
                c.Ring(ring);
                c.A.swapgs();
                c.A.rdgsbase(rbx);
                c.A.mov(ecx, unchecked((int)KernelGsBase));
                c.A.rdmsr();
                c.Done();
            });
        }
    }

    private static void PrepareSysenter(CaseWriter c, ulong selector)
    {
        c.WriteMsr(SysenterCs, selector);
        c.WriteMsr(SysenterEip, c["entry"]);
        c.WriteMsr(SysenterEsp, Layout.Ring0Stack - 0x40);
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

    /// <summary>SYSCALL and SYSRET in protected mode.</summary>
    private static IEnumerable<Case> Legacy()
    {
        foreach ((string name, byte[] bytes) in (IEnumerable<(string, byte[])>)[("SYSCALL", [0x0F, 0x05]), ("SYSRET", [0x0F, 0x07])])
        {
            foreach (int ring in (int[])[0, 3])
            {
                yield return new($"{name} in protected mode, CPL {ring}", c =>
                {
                    c.WriteMsr(Efer, 1);
                    c.WriteMsr(Star, 0x0013_0008_0000_0000UL | c["there"]);
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
