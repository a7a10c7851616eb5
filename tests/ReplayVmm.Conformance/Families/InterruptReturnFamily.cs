using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// IRET and POPF in protected mode: frames, privileges, and the flags that each ring may change (SDM volume 2, IRET, POPF, CLI, STI).
/// </summary>
internal static class InterruptReturnFamily
{
    private const ushort Chosen = Protection.Chosen, Second = Protection.Second;
    private const int ReadableCode = 0x1A, Conforming = 0x1E, Writable = 0x12;
    // All that can be popped, but for VM, TF and NT, which go elsewhere.
    private const uint AllFlags = 0x003D_3ED7 & ~0x4000u;

    /// <summary>The family.</summary>
    public static Family Make() => new("interrupt-returns", 32, [.. Types(), .. Privileges(), .. Stacks(), .. Flags(), .. Others()]);

    private static IEnumerable<Case> Types()
    {
        for (int type = 0; type < 32; type++)
        {
            foreach (bool present in (bool[])[true, false])
            {
                ulong descriptor = Protection.FlatSegment(type, 0, present);
                yield return new($"to {Protection.TypeNames[type]}{(present ? "" : ", not present")}", c =>
                {
                    c.Describe(Chosen, descriptor);
                    Return(c, Chosen);
                }, Protection.High(Chosen));
            }
        }
        foreach (ushort selector in (ushort[])[0, 1, 3, 4, 0x1008, 0xFFFF])
            yield return new($"to selector {selector:X}", c => Return(c, selector));
        foreach (uint limit in (uint[])[0xF, 0x10])
        {
            yield return new($"to 10h with limit {limit:X}", c =>
            {
                c.Describe(Chosen, DescriptorBits.Segment(0x9A, Layout.Scratch, limit, 4));
                c.Poke(Layout.Scratch + 0x10, 0x9090_40CD);
                c.Push(2);
                c.Push(Chosen);
                c.Push(0x10);
                c.A.iretd();
            });
        }
    }

    private static void Return(CaseWriter c, ushort selector, uint flags = 2)
    {
        c.Push(Selectors.Data3);
        c.Push(Layout.UserStack - 0x40);
        c.Push(flags);
        c.Push(selector);
        c.Push(c["in"]);
        c.A.iretd();
        c.Mark("in");
        c.Done();
    }

    private static IEnumerable<Case> Privileges()
    {
        foreach ((string name, int type) in ((string, int)[])[("code", ReadableCode), ("conforming", Conforming)])
        {
            for (int n = 0; n < 64; n++)
            {
                int cpl = n >> 4, dpl = (n >> 2) & 3, rpl = n & 3;
                yield return new($"{name}, CPL {cpl}, DPL {dpl}, RPL {rpl}", c =>
                {
                    c.Describe(Chosen, Protection.FlatSegment(type, dpl));
                    c.Enter(cpl);
                    Return(c, (ushort)(Chosen | rpl));
                });
            }
        }
    }

    private static IEnumerable<Case> Stacks()
    {
        for (int type = 0; type < 32; type++)
            yield return Stack($"stack of {Protection.TypeNames[type]}", Second | 3, Protection.FlatSegment(type, 3));
        foreach (ushort rpl in (ushort[])[0, 1, 2])
            yield return Stack($"stack with RPL {rpl}", (ushort)(Second | rpl), Protection.FlatSegment(Writable, 3));
        yield return Stack("stack of DPL 0", Second | 3, Protection.FlatSegment(Writable, 0));
        yield return Stack("stack not present", Second | 3, Protection.FlatSegment(Writable, 3, false));
        yield return Stack("null stack", 3, 0);
        yield return Stack("stack beyond the GDT", 0xFFFB, 0);
        yield return Stack("16-bit stack", Second | 3, DescriptorBits.Segment(0xF2, Layout.Stacks, 0xFFFF, 0));
        (string Name, int Type, int Dpl)[] kept =
        [
            ("data of ring 0", Writable, 0), ("data of ring 3", Writable, 3), ("code of ring 0", ReadableCode, 0),
            ("conforming of ring 0", Conforming, 0),
        ];
        foreach ((string name, int type, int dpl) in kept)
        {
            yield return new($"to ring 3 with {name} in FS", c =>
            {
                c.Describe(Chosen, Protection.FlatSegment(type, dpl));
                c.Load(fs, Chosen);
                Return(c, Selectors.Code3);
            });
        }
    }

    private static Case Stack(string name, ushort stack, ulong descriptor) => new(name, c =>
    {
        c.Describe(Second, descriptor);
        c.Push(stack);
        c.Push(0x4000);
        c.Push(2);
        c.Push(Selectors.Code3);
        c.Push(c["in"]);
        c.A.iretd();
        c.Mark("in");
        c.A.mov(ebp, esp);
        c.Done();
    }, Protection.High(Second));

    /// <summary>What each ring, at each IOPL, can set and clear with IRET, POPF, STI and CLI.</summary>
    private static IEnumerable<Case> Flags()
    {
        for (int n = 0; n < 16; n++)
        {
            int cpl = n >> 2;
            uint iopl = (uint)(n & 3) << 12;
            foreach (bool set in (bool[])[true, false])
            {
                uint before = (set ? 2 : AllFlags & ~0x3000u) | iopl, after = set ? AllFlags : 2;
                string name = $"CPL {cpl}, IOPL {n & 3}, {(set ? "all set" : "all cleared")}";
                yield return new($"IRET: {name}", c =>
                {
                    c.Enter(cpl, before);
                    c.Push(after);
                    c.A.push(cs);
                    c.Push(c["in"]);
                    c.A.iretd();
                    c.Mark("in");
                    c.Done();
                });
                yield return new($"IRET of 16 bits: {name}", c =>
                {
                    c.Describe(Chosen, DescriptorBits.Segment(Protection.Access(ReadableCode, cpl), Layout.Scratch, 0xFFFF, 4));
                    c.Poke(Layout.Scratch + 0x10, 0x9090_40CD);
                    c.Enter(cpl, before);
                    c.A.AddInstruction(Instruction.Create(Iced.Intel.Code.Push_imm16, (int)(ushort)after));
                    c.A.AddInstruction(Instruction.Create(Iced.Intel.Code.Push_imm16, (int)(Chosen | (uint)cpl)));
                    c.A.AddInstruction(Instruction.Create(Iced.Intel.Code.Push_imm16, 0x10));
                    c.A.iret();
                });
                yield return new($"POPF: {name}", c =>
                {
                    c.Enter(cpl, before);
                    c.Push(after);
                    c.A.popfd();
                    c.Done();
                });
                yield return new($"POPF of 16 bits: {name}", c =>
                {
                    c.Enter(cpl, before);
                    c.A.AddInstruction(Instruction.Create(Iced.Intel.Code.Push_imm16, (int)(ushort)after));
                    c.A.popf();
                    c.Done();
                });
                yield return new($"{(set ? "STI" : "CLI")}: CPL {cpl}, IOPL {n & 3}", c =>
                {
                    c.Enter(cpl, iopl | (set ? 2u : 0x202));
                    if (set)
                        c.A.sti();
                    else
                        c.A.cli();
                    c.Done();
                });
            }
        }
        foreach (uint flags in (uint[])[2, 0x20_0002, 0x1_0002, 0x18_0002, 0x8002, 0x28, 0xFFC0_8028])
        {
            yield return new($"POPF of {flags:X} and PUSHF", c =>
            {
                c.Push(flags);
                c.A.popfd();
                c.A.pushfd();
                c.A.pop(ecx);
                c.Done();
            });
        }
    }

    private static IEnumerable<Case> Others()
    {
        yield return new("RF from IRET is gone after one instruction", c =>
        {
            InnerReturn(c, 0x1_0002, Selectors.Code0);
            c.A.nop();
            c.Done();
        });
        yield return new("TF from IRET traps after the next instruction", c =>
        {
            InnerReturn(c, 0x102, Selectors.Code0);
            c.A.nop();
            c.A.nop();
        });
        yield return new("TF from IRET to ring 3", c =>
        {
            c.Enter(3, 0x102);
            c.A.nop();
            c.A.nop();
        });
        foreach (int ring in (int[])[3, 1])
        {
            yield return new($"VM from ring {ring} is ignored", c =>
            {
                c.Enter(ring);
                InnerReturn(c, 0x2_0002, Protection.CodeOf(ring));
                c.Done();
            });
        }
        yield return new("NT with a null link", c =>
        {
            c.Push(0x4002);
            c.A.popfd();
            c.A.iretd();
        });
        yield return new("NT with a link to a TSS that is not busy", c =>
        {
            c.Describe(Chosen, DescriptorBits.Segment(0x89, Layout.OtherTss, 0x67, 0));
            c.PokeWord(Layout.Tss, Chosen);
            c.Push(0x4002);
            c.A.popfd();
            c.A.iretd();
        });
        yield return new("VM to a frame at the end of a stack", c =>
        {
            c.Describe(Chosen, DescriptorBits.Segment(0x92, Layout.Stacks, 0x7FFF, 4));
            c.Load(ss, Chosen);
            c.A.mov(esp, 0x7FF0);
            c.Poke(Layout.Stacks + 0x7FF8, 0x2_0002);
            c.A.mov(edi, 1);
            c.A.iretd();
        });
    }

    /// <summary>IRET within a ring: three words. What follows goes on behind it.</summary>
    private static void InnerReturn(CaseWriter c, uint flags, ushort code)
    {
        c.Push(flags);
        c.Push(code);
        c.Push(c["in"]);
        c.A.iretd();
        c.Mark("in");
    }
}
