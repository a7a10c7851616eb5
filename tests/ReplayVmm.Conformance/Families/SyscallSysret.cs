using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>SYSCALL and SYSRET in 64-bit mode (SDM volume 2; volume 3, 5.8.8).</summary>
internal static class SyscallSysret
{
    private const ulong NotCanonical = 0x8000_0000_0000;

    /// <summary>In 64-bit mode.</summary>
    public static IEnumerable<Case> Make() => [.. Syscall(), .. Sysret()];

    /// <summary>SYSCALL's registers; EFER.SCE is set.</summary>
    public static void Prepare(CaseWriter c, ulong mask = 0, uint kernel = Selectors.Code0, uint user = 0x13)
    {
        c.WriteMsr(Msr.Efer, 0x101);
        c.WriteMsr(Msr.Star, ((ulong)user << 48) | ((ulong)kernel << 32) | 0x1234_5678);
        c.WriteMsr(Msr.Lstar, c["entry"]);
        c.WriteMsr(Msr.Cstar, c["entry"]);
        c.WriteMsr(Msr.Fmask, mask);
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
                c.Ring(level, SystemCalls.AllFlags);
                c.A.syscall();
                Entry(c);
            });
        }
        foreach ((string name, ulong mask) in (IEnumerable<(string, ulong)>)
            [
                ("nothing", 0), ("everything", 0xFFFF_FFFF), ("IF, DF and AC", 0x4_0600), ("bit 1", 2), ("RF and VM", 0x3_0000),
            ])
        {
            yield return new($"SYSCALL with a mask of {name}", c =>
            {
                Prepare(c, mask);
                c.Ring(3, SystemCalls.AllFlags);
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
            c.WriteMsr(Msr.Efer, 0x100);
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
        foreach ((string name, byte[] bytes) in (IEnumerable<(string, byte[])>)
            [
                ("66h", [0x66, 0x0F, 0x05]), ("REX.W", [0x48, 0x0F, 0x05]), ("REP", [0xF3, 0x0F, 0x05]), ("LOCK", [0xF0, 0x0F, 0x05]),
            ])
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
            ("SYSRET", true, 0, 2, 0, 0x1B), ("SYSRET of 32 bits", false, 0, 2, 0, 0x1B),
            ("SYSRET with all flags", true, 0, 0xFFFF_FEFF, 0, 0x1B), ("SYSRET with no flags", true, 0, 0, 0, 0x1B),
            ("SYSRET with RF and VM", true, 0, 0x3_0002, 0, 0x1B), ("SYSRET with NT", true, 0, 0x4002, 0, 0x1B),
            ("SYSRET to where no address is", true, NotCanonical, 2, 0, 0x1B),
            ("SYSRET of 32 bits with the upper half of RCX set", false, 0xFFFF_0000_0000_0000, 2, 0, 0x1B),
            ("SYSRET at CPL 3", true, 0, 2, 3, 0x1B), ("SYSRET at CPL 1", true, 0, 2, 1, 0x1B),
            ("SYSRET at CPL 3 to where no address is", true, NotCanonical, 2, 3, 0x1B), ("SYSRET with RPL 0 in STAR", true, 0, 2, 0, 0x18),
            ("SYSRET with FFF8h in STAR", true, 0, 2, 0, 0xFFF8), ("SYSRET with 0 in STAR", true, 0, 2, 0, 0),
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
            c.WriteMsr(Msr.Efer, 0x100);
            c.A.sysret();
            Entry(c);
        });
        yield return new("SYSRET at CPL 3 without EFER.SCE", c =>
        {
            Prepare(c);
            c.WriteMsr(Msr.Efer, 0x100);
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
}
