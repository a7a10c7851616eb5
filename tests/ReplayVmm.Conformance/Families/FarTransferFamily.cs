using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>Far JMP, CALL and RET without gates (SDM volume 3, 5.8.1 and 5.8.2; volume 2, JMP, CALL, RET).</summary>
internal static class FarTransferFamily
{
    private const ushort Chosen = Protection.Chosen, Second = Protection.Second;
    private const int ReadableCode = 0x1A, Conforming = 0x1E, Writable = 0x12;

    private enum Way
    {
        Jmp,
        Call,
        Retf,
    }

    /// <summary>The family.</summary>
    public static Family Make() => new("far-transfers", 32, [.. Types(), .. Privileges(), .. Edges(), .. OuterReturns()]);

    private static IEnumerable<Case> Types()
    {
        foreach (Way way in Enum.GetValues<Way>())
        {
            for (int type = 0; type < 32; type++)
            {
                foreach (bool present in (bool[])[true, false])
                {
                    // Tasks are another family's.
                    if (type is 1 or 9 && present)
                        continue;
                    ulong descriptor = Protection.FlatSegment(type, 0, present);
                    yield return new($"{way}: {Protection.TypeNames[type]}{(present ? "" : ", not present")}", c =>
                    {
                        c.Describe(Chosen, descriptor);
                        Go(c, way, Chosen);
                    }, Protection.High(Chosen));
                }
            }
        }
    }

    private static void Go(CaseWriter c, Way way, ushort selector)
    {
        switch (way)
        {
            case Way.Jmp:
                c.JumpFar(selector, c["in"]);
                break;
            case Way.Call:
                c.CallFar(selector, c["in"]);
                break;
            default:
                c.Push(Selectors.Data3);
                c.Push(Layout.UserStack - 0x40);
                c.Push(selector);
                c.Push(c["in"]);
                c.A.retf();
                break;
        }
        c.Mark("in");
        c.Done();
    }

    private static IEnumerable<Case> Privileges()
    {
        foreach (Way way in Enum.GetValues<Way>())
        {
            foreach ((string name, int type) in ((string, int)[])[("code", ReadableCode), ("conforming", Conforming)])
            {
                for (int n = 0; n < 64; n++)
                {
                    int cpl = n >> 4, dpl = (n >> 2) & 3, rpl = n & 3;
                    yield return new($"{way}: {name}, CPL {cpl}, DPL {dpl}, RPL {rpl}", c =>
                    {
                        c.Describe(Chosen, Protection.FlatSegment(type, dpl));
                        c.Enter(cpl);
                        Go(c, way, (ushort)(Chosen | rpl));
                    });
                }
            }
        }
    }

    private static IEnumerable<Case> Edges()
    {
        foreach (Way way in Enum.GetValues<Way>())
        {
            foreach (ushort selector in (ushort[])[0, 1, 3, 4, 0x1008, 0xFFF8, Chosen | Protection.Local])
                yield return new($"{way}: selector {selector:X}", c => Go(c, way, selector));
            yield return new($"{way}: in the LDT", c =>
            {
                c.LoadLdt();
                c.Describe(Protection.Local, Protection.FlatSegment(ReadableCode, 0));
                Go(c, way, Protection.Local);
            }, Layout.Ldt + 4);
            foreach (uint limit in (uint[])[0x1F, 0x20])
            {
                yield return new($"{way}: to 20h, limit {limit:X}", c =>
                {
                    c.Describe(Chosen, DescriptorBits.Segment(0x9A, Layout.Scratch, limit, 4));
                    c.Poke(Layout.Scratch + 0x20, 0x40CD_9090);
                    if (way == Way.Jmp)
                    {
                        c.JumpFar(Chosen, 0x20);
                    }
                    else if (way == Way.Call)
                    {
                        c.CallFar(Chosen, 0x20);
                    }
                    else
                    {
                        c.Push(Chosen);
                        c.Push(0x20);
                        c.A.retf();
                    }
                }, Protection.High(Chosen));
            }
        }
        yield return new("JMP of 16 bits", c =>
        {
            c.Describe(Chosen, DescriptorBits.Segment(0x9A, Layout.Scratch, 0xFFFF, 4));
            c.Poke(Layout.Scratch + 0x20, 0x40CD_9090);
            c.A.db(0x66, 0xEA, 0x20, 0, (byte)Chosen, 0);
        });
        yield return new("CALL of 16 bits pushes two words", c =>
        {
            c.Describe(Chosen, DescriptorBits.Segment(0x9A, Layout.Scratch, 0xFFFF, 4));
            // POP AX, which is this code's place, forgotten; POP CX.
            c.PokeLong(Layout.Scratch + 0x20, 0x40CD_5966_C031_5866);
            c.A.db(0x66, 0x9A, 0x20, 0, (byte)Chosen, 0);
        });
        yield return new("RETF of 16 bits", c =>
        {
            c.Describe(Chosen, DescriptorBits.Segment(0x9A, Layout.Scratch, 0xFFFF, 4));
            c.Poke(Layout.Scratch + 0x20, 0x40CD_9090);
            c.Push(((uint)Chosen << 16) | 0x20);
            c.A.db(0x66, 0xCB);
        });
        yield return new("RETF imm16", c =>
        {
            c.Push(0x1111);
            c.Push(0x2222);
            c.Push(Selectors.Code0);
            c.Push(c["in"]);
            c.A.retf(4);
            c.Mark("in");
            c.A.mov(ebp, esp);
            c.Done();
        });
        yield return new("JMP through memory", c =>
        {
            c.Poke(Layout.Scratch, c["in"]);
            c.PokeWord(Layout.Scratch + 4, Selectors.Conforming0);
            c.A.jmp(__fword_ptr[Layout.Scratch]);
            c.Mark("in");
            c.Done();
        });
        yield return new("CALL through memory", c =>
        {
            c.Poke(Layout.Scratch, c["in"]);
            c.PokeWord(Layout.Scratch + 4, Selectors.Conforming0);
            c.A.call(__fword_ptr[Layout.Scratch]);
            c.Mark("in");
            c.Done();
        });
        foreach (byte form in (byte[])[0xD8, 0xE8])
        {
            yield return new($"far transfer through a register, FF {form:X}", c =>
            {
                c.A.db(0xFF, form);
                c.Done();
            });
        }
        yield return new("CALL, no room on the stack", c =>
        {
            c.Describe(Chosen, DescriptorBits.Segment(0xF2, Layout.Scratch, 0xFF, 4));
            c.Enter(3, 2, Chosen | 3, 4);
            c.CallFar(Selectors.Code3, c["in"]);
            c.Mark("in");
            c.Done();
        });
    }

    /// <summary>RETF to ring 3: the stack that is popped, and the data segments that are dropped.</summary>
    private static IEnumerable<Case> OuterReturns()
    {
        for (int type = 0; type < 32; type++)
        {
            int dpl = type % 2 == 0 ? 3 : 0;
            yield return Outer($"stack of {Protection.TypeNames[type]}, DPL {dpl}", Second | 3, Protection.FlatSegment(type, dpl));
        }
        foreach (ushort rpl in (ushort[])[0, 1, 2, 3])
            yield return Outer($"stack with RPL {rpl}", (ushort)(Second | rpl), Protection.FlatSegment(Writable, 3));
        yield return Outer("stack not present", Second | 3, Protection.FlatSegment(Writable, 3, false));
        yield return Outer("null stack", 3, 0);
        yield return Outer("stack beyond the GDT", 0xFFFB, 0);
        yield return Outer("stack in no LDT", Second | 7, 0);
        yield return Outer("16-bit stack", Second | 3, DescriptorBits.Segment(0xF2, Layout.Stacks, 0xFFFF, 0));
        (string Name, int Type, int Dpl)[] kept =
        [
            ("data of ring 0", Writable, 0), ("data of ring 2", Writable, 2), ("data of ring 3", Writable, 3),
            ("code of ring 0", ReadableCode, 0), ("code of ring 3", ReadableCode, 3), ("conforming of ring 0", Conforming, 0),
            ("conforming of ring 2", Conforming, 2),
        ];
        foreach ((string name, int type, int dpl) in kept)
        {
            for (int ring = 1; ring < 4; ring++)
            {
                int to = ring;
                yield return new($"to ring {to} with {name} in FS", c =>
                {
                    c.Describe(Chosen, Protection.FlatSegment(type, dpl));
                    c.Load(fs, Chosen);
                    c.Push(Protection.DataOf(to));
                    c.Push(Layout.UserStack);
                    c.Push(Protection.CodeOf(to));
                    c.Push(c["in"]);
                    c.A.retf();
                    c.Mark("in");
                    c.Done();
                });
            }
        }
        yield return new("RETF imm16 to ring 3 moves both stacks", c =>
        {
            c.Push(Selectors.Data3);
            c.Push(Layout.UserStack - 0x40);
            c.Push(0x1111);
            c.Push(0x2222);
            c.Push(Selectors.Code3);
            c.Push(c["in"]);
            c.A.retf(8);
            c.Mark("in");
            c.Done();
        });
    }

    private static Case Outer(string name, ushort stack, ulong descriptor) => new($"Retf to ring 3: {name}", c =>
    {
        c.Describe(Second, descriptor);
        c.Push(stack);
        c.Push(0x4000);
        c.Push(Selectors.Code3);
        c.Push(c["in"]);
        c.A.retf();
        c.Mark("in");
        c.A.mov(ebp, esp);
        c.Done();
    }, Protection.High(Second));
}
