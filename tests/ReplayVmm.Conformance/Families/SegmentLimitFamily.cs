using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>Loads and stores at the edges of segments of every kind (SDM volume 3, 5.3 and 5.4).</summary>
internal static class SegmentLimitFamily
{
    private const ushort Chosen = Protection.Chosen;
    private const byte Writable = 0x92, ReadOnly = 0x90, Down = 0x96, ReadOnlyDown = 0x94, Code = 0x98, ReadableCode = 0x9A, Conforming = 0x9E;
    private const byte Bytes = 4, Pages = 0xC, Bytes16 = 0, Pages16 = 8;

    /// <summary>The family.</summary>
    public static Family Make() => new("segment-limits", 32, [.. Edges(), .. Rights(), .. Unusable(), .. Others()]);

    private static IEnumerable<Case> Edges()
    {
        (string Name, byte Access, uint Limit, byte Flags, uint[] Offsets)[] segments =
        [
            ("limit 0", Writable, 0, Bytes, [0, 1]),
            ("limit FFF", Writable, 0xFFF, Bytes, [0xFF5, 0xFF6, 0xFF7, 0xFF8, 0xFF9, 0xFFC, 0xFFD, 0xFFE, 0xFFF, 0x1000, 0xFFFF_FFFF]),
            ("one page", Writable, 0, Pages, [0xFFC, 0xFFD, 0xFFE, 0xFFF, 0x1000]),
            ("down FFF", Down, 0xFFF, Bytes, [0, 0xFFE, 0xFFF, 0x1000, 0x1_0000, 0xFFFF_FFFC, 0xFFFF_FFFD, 0xFFFF_FFFF]),
            ("down FFF of 16 bits", Down, 0xFFF, Bytes16, [0xFFF, 0x1000, 0xFFF8, 0xFFFC, 0xFFFD, 0xFFFE, 0xFFFF, 0x1_0000]),
            ("down of one page", Down, 0, Pages, [0xFFF, 0x1000]),
            ("down of one page, 16 bits", Down, 0, Pages16, [0xFFF, 0x1000, 0xFFFF, 0x1_0000]),
            ("down of all", Down, Protection.MostLimit, Pages, [0, 0x1000, 0xFFFF_FFFC]),
            ("limit FFFF of 16 bits", Writable, 0xFFFF, Bytes16, [0xFFFC, 0xFFFD, 0xFFFE, 0xFFFF, 0x1_0000]),
        ];
        foreach ((string name, byte access, uint limit, byte flags, uint[] offsets) in segments)
        {
            foreach (uint offset in offsets)
            {
                foreach ((string load, Action<Assembler, uint> write) in Loads)
                {
                    yield return new($"{name}: {load} at {offset:X}", c =>
                    {
                        c.Describe(Chosen, DescriptorBits.Segment(access, Layout.Scratch, limit, flags));
                        c.Load(fs, Chosen);
                        c.A.mov(ebx, (int)offset);
                        write(c.A, offset);
                        c.Done();
                    });
                }
            }
        }
    }

    private static readonly (string Name, Action<Assembler, uint> Write)[] Loads =
    [
        ("byte", (a, _) => a.mov(al, __byte_ptr.fs[ebx])),
        ("store of a byte", (a, _) => a.mov(__byte_ptr.fs[ebx], al)),
        ("word", (a, _) => a.mov(ax, __word_ptr.fs[ebx])),
        ("dword", (a, _) => a.mov(eax, __dword_ptr.fs[ebx])),
        ("store of a dword", (a, _) => a.mov(__dword_ptr.fs[ebx], eax)),
        ("addition to a dword", (a, _) => a.add(__dword_ptr.fs[ebx], eax)),
        ("qword", (a, _) => LoadFloat(a, () => a.fild(__qword_ptr.fs[ebx]))),
        ("ten bytes", (a, _) => LoadFloat(a, () => a.fld(__tbyte_ptr.fs[ebx]))),
    ];

    private static void LoadFloat(Assembler a, Action load)
    {
        a.fninit();
        load();
    }

    private static IEnumerable<Case> Rights()
    {
        (string Name, byte Access)[] segments =
        [
            ("writable", Writable), ("read-only", ReadOnly), ("writable down", Down), ("read-only down", ReadOnlyDown),
            ("execute-only", Code), ("readable code", ReadableCode), ("conforming", Conforming), ("execute-only conforming", 0x9C),
        ];
        (string Name, Action<Assembler> Write)[] uses =
        [
            ("load", a => a.mov(eax, __dword_ptr.cs[Layout.Scratch])),
            ("store", a => a.mov(__dword_ptr.cs[Layout.Scratch], eax)),
            ("load with a prefix", a => a.mov(eax, __dword_ptr.gs[Layout.Scratch])),
            ("store with a prefix", a => a.mov(__dword_ptr.gs[Layout.Scratch], eax)),
            ("TEST", a => a.test(__dword_ptr.gs[Layout.Scratch], eax)),
            ("CMPXCHG that fails", a => a.cmpxchg(__dword_ptr.gs[Layout.Scratch], ebx)),
            ("BTS", a => a.bts(__dword_ptr.gs[Layout.Scratch], eax)),
        ];
        foreach ((string segment, byte access) in segments)
        {
            bool code = (access & 8) != 0, down = !code && (access & 4) != 0;
            foreach ((string use, Action<Assembler> write) in uses.Skip(code ? 0 : 2))
            {
                yield return new($"{segment}: {use}", c =>
                {
                    c.Describe(Chosen, DescriptorBits.Segment(access, 0, down ? 0xF : Protection.MostLimit, Protection.Flat));
                    if (!code || (access & 2) != 0)
                        c.Load(gs, Chosen);
                    else
                        c.Load(gs, Selectors.Conforming0);
                    if (code)
                    {
                        c.JumpFar(Chosen, c["in"]);
                        c.Mark("in");
                    }
                    c.A.mov(eax, 1);
                    write(c.A);
                    c.Done();
                }, Layout.Scratch);
            }
        }
    }

    private static IEnumerable<Case> Unusable()
    {
        foreach (AssemblerRegisterSegment register in (AssemblerRegisterSegment[])[ds, es, fs, gs])
        {
            foreach (bool write in (bool[])[false, true])
            {
                yield return new($"null {Protection.Name(register)}: {(write ? "store" : "load")}", c =>
                {
                    c.Load(register, 3);
                    AssemblerMemoryOperand at = register == ds ? __dword_ptr.ds[Layout.Scratch] : register == es ? __dword_ptr.es[Layout.Scratch]
                        : register == fs ? __dword_ptr.fs[Layout.Scratch] : __dword_ptr.gs[Layout.Scratch];
                    if (write)
                        c.A.mov(at, eax);
                    else
                        c.A.mov(eax, at);
                    c.Done();
                });
            }
        }
        yield return new("null DS: LEA and NOP m", c =>
        {
            c.Load(ds, 0);
            c.A.lea(ecx, __[ebx + 0x10]);
            c.A.nop(__dword_ptr[ebx]);
            c.Done();
        });
        yield return new("null DS: LODSB", c => NullString(c, a => a.lodsb()));
        yield return new("null DS: MOVSB", c => NullString(c, a => a.movsb()));
        yield return new("null DS: REP LODSB, ECX 0", c => NullString(c, a => a.rep.lodsb()));
        yield return new("null DS: XLATB", c => NullString(c, a => a.xlatb()));
        yield return new("null DS: INVLPG", c => NullString(c, a => a.invlpg(__byte_ptr[ebx])));
        yield return new("null ES: STOSB", c =>
        {
            c.Load(es, 0);
            c.A.stosb();
            c.Done();
        });
    }

    private static void NullString(CaseWriter c, Action<Assembler> write)
    {
        c.A.mov(ebx, Layout.Scratch);
        c.A.mov(esi, Layout.Scratch);
        c.A.mov(edi, Layout.Scratch);
        c.Load(ds, 0);
        write(c.A);
        c.Done();
    }

    private static IEnumerable<Case> Others()
    {
        yield return new("base and offset wrap at 4 GiB", c =>
        {
            c.Poke(Layout.Scratch, 0x1234_5678);
            c.Describe(Chosen, DescriptorBits.Segment(Writable, 0xFFFF_F000, Protection.MostLimit, Protection.Flat));
            c.Load(fs, Chosen);
            c.A.mov(eax, __dword_ptr.fs[Layout.Scratch + 0x1000]);
            c.Done();
        });
        yield return new("REP STOSB up to a limit", c =>
        {
            c.Describe(Chosen, DescriptorBits.Segment(Writable, Layout.Scratch, 0xF, Bytes));
            c.Load(es, Chosen);
            c.A.mov(al, 0x55);
            c.A.mov(ecx, 0x20);
            c.A.rep.stosb();
            c.Done();
        }, Layout.Scratch + 0xC, Layout.Scratch + 0x10);
        yield return new("REP MOVSD backwards over the lower edge", c =>
        {
            c.Describe(Chosen, DescriptorBits.Segment(Down, Layout.Scratch, 0xF, Bytes));
            c.Load(es, Chosen);
            c.A.mov(esi, Layout.Scratch + 0x100);
            c.A.mov(edi, 0x18);
            c.A.mov(ecx, 8);
            c.A.std();
            c.A.rep.movsd();
            c.Done();
        });
        yield return new("16-bit addresses wrap within a segment", c =>
        {
            c.Poke(Layout.Scratch + 4, 0xCAFE);
            c.Describe(Chosen, DescriptorBits.Segment(Writable, Layout.Scratch, Protection.MostLimit, Protection.Flat));
            c.Load(fs, Chosen);
            c.A.mov(ebx, 0xFFFF);
            c.A.mov(esi, 0x7_0005);
            c.A.mov(eax, __dword_ptr.fs[bx + si]);
            c.Done();
        });
        yield return new("a far pointer over the limit", c =>
        {
            c.Describe(Chosen, DescriptorBits.Segment(Writable, Layout.Scratch, 4, Bytes));
            c.Load(fs, Chosen);
            c.A.les(eax, __fword_ptr.fs[0]);
            c.Done();
        });
        yield return new("BOUND over the limit", c =>
        {
            c.Describe(Chosen, DescriptorBits.Segment(Writable, Layout.Scratch, 6, Bytes));
            c.Load(fs, Chosen);
            c.A.bound(eax, __dword_ptr.fs[0]);
            c.Done();
        });
        foreach (ushort selector in (ushort[])[Selectors.Data0, Chosen])
        {
            yield return new($"a changed descriptor counts only once it is loaded{(selector == Chosen ? ": loaded" : "")}", c =>
            {
                c.Describe(Chosen, Protection.FlatSegment(0x12, 0));
                c.Load(fs, Chosen);
                c.Describe(Chosen, DescriptorBits.Segment(Writable, Layout.Scratch, 0xF, Bytes));
                c.Load(fs, selector == Chosen ? Chosen : Selectors.Data0);
                c.A.mov(eax, __dword_ptr.fs[Layout.Scratch]);
                c.Done();
            });
        }
    }
}
