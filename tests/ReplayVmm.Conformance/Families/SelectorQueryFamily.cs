using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// LAR, LSL, VERR, VERW and ARPL. EAX: what LAR left; ECX: what LSL left; EDX: ZF after LAR, LSL, VERR, VERW, a bit each from the lowest
/// on.
/// </summary>
internal static class SelectorQueryFamily
{
    private const ushort Chosen = Protection.Chosen;

    /// <summary>The family.</summary>
    public static Family Make() => new("selector-queries", 32, [.. Types(), .. Privileges(), .. Selectors(), .. Forms(), .. Arpl()]);

    private static IEnumerable<Case> Types()
    {
        for (int type = 0; type < 32; type++)
        {
            foreach (bool present in (bool[])[true, false])
            {
                ulong descriptor = DescriptorBits.Segment(Protection.Access(type, 0, present), 0x1234_5678, 0xABCDE, 0xD);
                yield return new($"{Protection.TypeNames[type]}{(present ? "" : ", not present")}", c =>
                {
                    c.Describe(Chosen, descriptor);
                    Ask(c, Chosen);
                });
            }
        }
    }

    private static IEnumerable<Case> Privileges()
    {
        (string Name, int Type)[] kinds = [("data", 0x12), ("code", 0x1A), ("conforming", 0x1E), ("TSS", 9), ("call gate", 12)];
        foreach ((string name, int type) in kinds)
        {
            for (int n = 0; n < 64; n++)
            {
                int cpl = n >> 4, dpl = (n >> 2) & 3, rpl = n & 3;
                yield return new($"{name}, CPL {cpl}, DPL {dpl}, RPL {rpl}", c =>
                {
                    c.Describe(Chosen, Protection.FlatSegment(type, dpl));
                    c.Enter(cpl);
                    Ask(c, (ushort)(Chosen | rpl));
                });
            }
        }
    }

    private static IEnumerable<Case> Selectors()
    {
        foreach (ushort selector in (ushort[])[0, 1, 3, 4, 0xFF8, 0x1000, 0xFFFB, 0xFFFF, 0x84])
        {
            yield return new($"selector {selector:X}, no LDT", c => Ask(c, selector));
            yield return new($"selector {selector:X}, LDT of 84h bytes", c =>
            {
                c.LoadLdt(0x83);
                c.Describe(4, Protection.FlatSegment(0x12, 0));
                c.Describe(0x84, Protection.FlatSegment(0x12, 0));
                Ask(c, selector);
            });
        }
        foreach ((uint limit, byte flags) in ((uint, byte)[])[(0, 4), (0, 0xC), (0xF_FFFF, 4), (0xF_FFFF, 0xC), (1, 0x8)])
        {
            yield return new($"limit {limit:X}, flags {flags:X}", c =>
            {
                c.Describe(Chosen, DescriptorBits.Segment(0x92, 0, limit, flags));
                Ask(c, Chosen);
            });
        }
    }

    private static void Ask(CaseWriter c, ushort selector)
    {
        c.A.mov(eax, 0x1111_1111);
        c.A.mov(ecx, 0x2222_2222);
        c.A.mov(ebx, selector);
        c.A.lar(eax, ebx);
        c.A.sete(dl);
        c.A.lsl(ecx, ebx);
        c.A.sete(dh);
        c.A.shl(dh, 1);
        c.A.or(dl, dh);
        c.A.verr(bx);
        c.A.sete(dh);
        c.A.shl(dh, 2);
        c.A.or(dl, dh);
        c.A.verw(bx);
        c.A.sete(dh);
        c.A.shl(dh, 3);
        c.A.or(dl, dh);
        c.A.mov(dh, 0);
        c.A.mov(ebx, 0);
        // LAR leaves bits 16 to 19 undefined.
        c.A.and(eax, unchecked((int)0xFFF0_FFFF));
        c.A.cmp(ebx, 0);
        c.Done();
    }

    /// <summary>Other operands, and flags that stay.</summary>
    private static IEnumerable<Case> Forms()
    {
        yield return new("LAR of 16 bits", c =>
        {
            c.A.mov(eax, -1);
            c.A.mov(ecx, Conformance.Selectors.Data0);
            c.A.lar(ax, cx);
            c.Done();
        });
        yield return new("LSL of 16 bits", c =>
        {
            c.A.mov(eax, 0x7777_7777);
            c.A.mov(ecx, Conformance.Selectors.Data0);
            c.A.lsl(ax, cx);
            c.Done();
        });
        yield return new("upper half of the source is ignored", c =>
        {
            c.A.mov(ecx, unchecked((int)0xFFFF_0000) | Conformance.Selectors.Data0);
            c.A.lar(eax, ecx);
            c.A.and(eax, unchecked((int)0xFFF0_FFFF));
            c.Done();
        });
        foreach (ushort selector in (ushort[])[Conformance.Selectors.Data0, 0])
        {
            yield return new($"other flags stay, selector {selector:X}", c =>
            {
                c.Push(0x8D7);
                c.A.popfd();
                c.A.mov(ecx, selector);
                c.A.verr(cx);
                c.Done();
            });
        }
        yield return new("memory operand beyond a limit", c =>
        {
            c.Describe(Chosen, DescriptorBits.Segment(0x92, Layout.Scratch, 0xF, 4));
            c.Load(gs, Chosen);
            c.A.lar(eax, __word_ptr.gs[0xF]);
            c.Done();
        });
        yield return new("the accessed bit is not set", c =>
        {
            c.Describe(Chosen, Protection.FlatSegment(0x12, 0));
            c.A.mov(ebx, Chosen);
            c.A.lar(eax, ebx);
            c.A.lsl(ecx, ebx);
            c.A.verr(bx);
            c.A.verw(bx);
            c.A.mov(eax, 0);
            c.Done();
        }, Protection.High(Chosen));
    }

    private static IEnumerable<Case> Arpl()
    {
        for (int n = 0; n < 16; n++)
        {
            int to = n >> 2, from = n & 3;
            foreach (uint flags in (uint[])[2, 0x8D7])
            {
                yield return new($"ARPL {to} to {from}, flags {flags:X}", c =>
                {
                    c.Push(flags);
                    c.A.popfd();
                    c.A.mov(eax, (int)(0xFFFF_1230 | (uint)to));
                    c.A.mov(ecx, (int)(0x5670 | (uint)from));
                    c.A.arpl(ax, cx);
                    c.Done();
                });
            }
        }
        foreach (int level in (int[])[0, 3])
        {
            yield return new($"ARPL in read-only memory, level {level}", c =>
            {
                c.Describe(Chosen, DescriptorBits.Segment(0x90, Layout.Scratch, 0xF, 4));
                c.Load(gs, Chosen);
                c.A.mov(ecx, level);
                c.A.arpl(__word_ptr.gs[0], cx);
                c.Done();
            });
        }
        yield return new("ARPL in memory, ring 3", c =>
        {
            c.Poke(Layout.Scratch, 0xFFFF_FF00);
            c.Enter(3);
            c.A.mov(ecx, 3);
            c.A.arpl(__word_ptr[Layout.Scratch], cx);
            c.Done();
        }, Layout.Scratch);
    }
}
