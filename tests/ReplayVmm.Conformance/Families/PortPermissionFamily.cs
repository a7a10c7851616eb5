using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>The I/O permission bitmap (SDM volume 1, 19.5.2) from ring 3 and virtual-8086 mode.</summary>
internal static class PortPermissionFamily
{
    private const ushort MapPointer = 0x66;

    /// <summary>The family.</summary>
    public static Family Make() => new("port-permissions", 32, [.. Levels(), .. Bits(), .. Limits()]);

    private static readonly (string Name, int Size, Action<Assembler> Write)[] Accesses =
    [
        ("IN AL, DX", 1, a => a.@in(al, dx)), ("OUT DX, AL", 1, a => a.@out(dx, al)), ("OUT DX, AX", 2, a => a.@out(dx, ax)),
        ("OUT DX, EAX", 4, a => a.@out(dx, eax)),
    ];

    // A port that no machine here listens to.
    private const ushort Port = 0x2E8;

    private static IEnumerable<Case> Levels()
    {
        for (int n = 0; n < 16; n++)
        {
            int cpl = n >> 2;
            uint iopl = (uint)(n & 3) << 12;
            foreach (bool open in (bool[])[false, true])
            {
                yield return new($"CPL {cpl}, IOPL {n & 3}, {(open ? "open" : "closed")}", c =>
                {
                    if (open)
                        c.Poke(Layout.Tss + 0x68 + (Port / 8), 0);
                    c.Enter(cpl, iopl | 2);
                    c.A.mov(edx, Port);
                    c.A.@out(dx, al);
                    c.Done();
                });
            }
        }
    }

    private static IEnumerable<Case> Bits()
    {
        foreach ((string name, int size, Action<Assembler> write) in Accesses)
        {
            for (int bit = -1; bit <= size; bit++)
            {
                foreach (ushort port in (ushort[])[Port, Port + 6])
                {
                    int closed = port + bit;
                    yield return new($"{name}, port {port:X}, {closed:X} closed", c =>
                    {
                        c.PokeLong(Layout.Tss + 0x68 + (Port / 8u) - 1, 0);
                        c.A.mov(__byte_ptr[Layout.Tss + 0x68 + ((uint)closed / 8)], 1 << (closed & 7));
                        c.Enter(3);
                        c.A.mov(edx, port);
                        write(c.A);
                        c.A.mov(eax, 0);
                        c.Done();
                    });
                }
            }
        }
        yield return new("INSB, closed", c =>
        {
            c.Enter(3);
            c.A.mov(edx, Port);
            c.A.mov(edi, Layout.Scratch);
            c.A.insb();
            c.Done();
        });
        yield return new("REP OUTSB with ECX 0, closed", c =>
        {
            c.Enter(3);
            c.A.mov(edx, Port);
            c.A.rep.outsb();
            c.Done();
        });
        yield return new("REP OUTSD, open", c =>
        {
            c.PokeLong(Layout.Tss + 0x68 + (Port / 8u), 0);
            c.Enter(3);
            c.A.mov(edx, Port);
            c.A.mov(esi, Layout.Scratch);
            c.A.mov(ecx, 3);
            c.A.rep.outsd();
            c.Done();
        });
    }

    /// <summary>Where the map lies, and where the TSS ends.</summary>
    private static IEnumerable<Case> Limits()
    {
        uint last = 0x68 + (Port / 8u);
        (string Name, ushort Map, uint Limit, byte Access)[] rows =
        [
            ("the map's byte and the one behind it", 0x68, last + 1, 0x89), ("the map's byte alone", 0x68, last, 0x89),
            ("not the map's byte", 0x68, last - 1, 0x89), ("limit 67h", 0x68, 0x67, 0x89), ("limit 66h", 0x68, 0x66, 0x89),
            ("map beyond the limit", 0xFFFF, 0xFFF, 0x89), ("map at 0", 0, 0xFFF, 0x89), ("16-bit TSS", 0x68, 0xFFF, 0x81),
        ];
        foreach ((string name, ushort map, uint limit, byte access) in rows)
        {
            foreach (int rows86 in (int[])[0, 1])
            {
                bool virtual8086 = rows86 == 1;
                yield return new($"{name}{(virtual8086 ? ", virtual-8086" : "")}", c =>
                {
                    c.PokeLong(Layout.Tss + last - 4, 0);
                    c.PokeLong(Layout.Tss + (Port / 8u) - 4, 0);
                    c.PokeWord(Layout.Tss + MapPointer, map);
                    if (access == 0x81)
                    {
                        c.Poke(Layout.Tss, (Layout.Ring0Stack & 0xFFFF) << 16);
                        c.PokeWord(Layout.Tss + 4, Protection.Second);
                        c.Describe(Protection.Second, DescriptorBits.Segment(0x92, Layout.Ring0Stack & ~0xFFFFu, 0xFFFF, 4));
                    }
                    c.Describe(Protection.Chosen, DescriptorBits.Segment(access, Layout.Tss, limit, 0));
                    c.A.mov(eax, Protection.Chosen);
                    c.A.ltr(ax);
                    if (virtual8086)
                    {
                        c.Virtual8086(a =>
                        {
                            a.mov(dx, unchecked((short)Port));
                            a.@out(dx, al);
                            a.ud2();
                        });
                        return;
                    }
                    c.Enter(3);
                    c.A.mov(edx, Port);
                    c.A.@out(dx, al);
                    c.A.ud2();
                });
            }
        }
    }
}
