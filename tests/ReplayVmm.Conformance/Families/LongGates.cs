using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>Delivery through 64-bit interrupt and trap gates (SDM volume 3, 6.14 and 6.12.1).</summary>
internal static class LongGates
{
    private const ushort Free = Selectors.Free;
    private const byte Vector = 0x50;
    private const uint Entry = Layout.Idt + (Vector * 16);
    private const uint EntryOfGp = Layout.Idt + (13 * 16), EntryOfSs = Layout.Idt + (12 * 16);
    private const ulong NotCanonical = 0x8000_0000_0000;

    /// <summary>The family.</summary>
    public static Family Make() => new("long-gates", 64, [.. Types(), .. Targets(), .. Rights(), .. Stacks(), .. Alignment(), .. FlagsAtEntry(), .. Errors(), .. Others()]);

    private static IEnumerable<Case> Types()
    {
        for (int type = 0; type < 32; type++)
        {
            byte access = (byte)(0xE0 | (type & 15));
            if (type >= 16)
                access |= 0x10;
            string name = type < 16 ? $"system type {type}" : $"segment type {type - 16}";
            if (type is > 16 and not 26 and not 31)
                continue;
            yield return new($"INT through {name}", c =>
            {
                c.Gate(Vector, c["there"], (byte)(type < 16 ? access : access | 0x10));
                c.A.@int(Vector);
                c.Mark("there");
                c.Done();
            });
        }
    }

    private static IEnumerable<Case> Targets()
    {
        (string Name, ushort Selector, byte Access, byte Flags, int Ring)[] rows =
        [
            ("64-bit code", Free, 0x9A, 0xA, 0), ("64-bit code with RPL 3 in the gate", Free | 3, 0x9A, 0xA, 0), ("compatibility code", Free, 0x9A, 0xC, 0),
            ("16-bit code", Free, 0x9A, 0, 0), ("64-bit code with D", Free, 0x9A, 0xE, 0), ("data", Free, 0x92, 0xC, 0), ("null", 0, 0x9A, 0xA, 0),
            ("null with RPL 3", 3, 0x9A, 0xA, 0), ("absent code", Free, 0x1A, 0xA, 0), ("absent compatibility code", Free, 0x1A, 0xC, 0), ("outer code", Free, 0xFA, 0xA, 0),
            ("conforming code", Free, 0x9E, 0xA, 3), ("conforming outer code", Free, 0xFE, 0xA, 0), ("code of its own ring", Free, 0xFA, 0xA, 3),
            ("ring 1 code", Free, 0xBA, 0xA, 3), ("ring 2 code", Free, 0xDA, 0xA, 3), ("ring 2 code from ring 1", Free, 0xDA, 0xA, 1),
            ("a selector beyond the GDT", 0x1000, 0x9A, 0xA, 0), ("a TSS", Selectors.Tss, 0, 0, 0),
        ];
        foreach ((string name, ushort selector, byte access, byte flags, int ring) in rows)
        {
            yield return new($"INT from ring {ring} to {name}", c =>
            {
                c.Descriptor(Free, DescriptorBits.Segment((byte)(access | 1), 0, 0xF_FFFF, flags));
                c.Gate(Vector, c["there"], 0xEE, selector);
                c.Ring(ring);
                c.A.@int(Vector);
                c.Mark("there");
                c.A.mov(edx, ss);
                c.A.mov(rbx, rsp);
                c.Done();
            });
        }
        yield return new("accessed bit after INT", c =>
        {
            c.Descriptor(Free, DescriptorBits.Segment(0x9A, 0, 0xF_FFFF, 0xA));
            c.Gate(Vector, c["there"], 0xEE, Free);
            c.A.@int(Vector);
            c.Mark("there");
            c.Done();
        }, Layout.Gdt + Free + 4);
    }

    private static IEnumerable<Case> Rights()
    {
        for (int dpl = 0; dpl < 4; dpl++)
        {
            byte access = (byte)(0x8E | (dpl << 5));
            for (int cpl = 0; cpl < 4; cpl++)
            {
                int ring = cpl;
                yield return new($"INT of a gate of DPL {dpl}, CPL {cpl}", c =>
                {
                    c.Gate(Vector, c["there"], access);
                    c.Ring(ring);
                    c.A.@int(Vector);
                    c.Mark("there");
                    c.Done();
                });
            }
        }
        foreach ((string name, byte[] bytes, byte vector) in (IEnumerable<(string, byte[], byte)>)
            [
                ("INT3", [0xCC], 3), ("INT 3", [0xCD, 3], 3), ("INT1", [0xF1], 1), ("INT 1", [0xCD, 1], 1), ("INTO", [0xCE], 4), ("INT 4", [0xCD, 4], 4),
                ("UD2", [0x0F, 0x0B], 6), ("BOUND", [0x62, 0x04, 0x25, 0, 0, 0x30, 0], 5), ("INT 13", [0xCD, 13], 13), ("INT 8", [0xCD, 8], 8), ("INT 2", [0xCD, 2], 2),
            ])
        {
            yield return new($"gate of DPL 0 at CPL 3: {name}", c =>
            {
                c.Ring(3);
                c.Raw(bytes);
            });
            yield return new($"gate of DPL 3 at CPL 3: {name}", c =>
            {
                c.A.mov(__byte_ptr[Layout.Idt + (vector * 16u) + 5], 0xEE);
                c.Ring(3);
                c.Raw(bytes);
            });
            yield return new($"absent gate: {name}", c =>
            {
                c.A.mov(__byte_ptr[Layout.Idt + (vector * 16u) + 5], 0x6E);
                c.Raw(bytes);
            });
        }
    }

    private static IEnumerable<Case> Stacks()
    {
        for (byte ist = 1; ist < 8; ist++)
        {
            byte stack = ist;
            uint top = Layout.InterruptStacks + (0x400u * (ist - 1u));
            foreach (int ring in (int[])[0, 3])
            {
                yield return new($"INT with IST {ist} from ring {ring}", c =>
                {
                    c.Gate(Vector, c["there"], 0xEE, Selectors.Code0, stack);
                    c.Ring(ring);
                    c.A.@int(Vector);
                    c.Mark("there");
                    c.A.mov(edx, ss);
                    c.A.mov(rbx, rsp);
                    c.Done();
                }, top - 8, top - 16, top - 24, top - 32, top - 40);
            }
        }
        yield return new("upper bits of the IST field", c =>
        {
            c.Gate(Vector, c["there"], 0x8E, Selectors.Code0, 0xF8);
            c.A.@int(Vector);
            c.Mark("there");
            c.A.mov(rbx, rsp);
            c.Done();
        });
        yield return new("rubbish in the last dword of a gate", c =>
        {
            c.Gate(Vector, c["there"]);
            c.A.mov(__dword_ptr[Entry + 12], -1);
            c.A.@int(Vector);
            c.Mark("there");
            c.Done();
        });
        yield return new("IST from conforming code keeps the ring", c =>
        {
            c.Gate(Vector, c["there"], 0xEE, Selectors.Conforming0, 2);
            c.Ring(3);
            c.A.@int(Vector);
            c.Mark("there");
            c.A.mov(edx, ss);
            c.A.mov(rbx, rsp);
            c.A.mov(ecx, cs);
            c.Done();
        });
        yield return new("two interrupts on one interrupt stack", c =>
        {
            c.Gate(Vector, c["there"], 0x8E, Selectors.Code0, 3);
            c.Gate(Vector + 1, c["again"], 0x8E, Selectors.Code0, 3);
            c.A.@int(Vector);
            c.Mark("there");
            c.A.mov(rbx, rsp);
            c.A.@int(Vector + 1);
            c.Mark("again");
            c.A.mov(rdx, rsp);
            c.Done();
        }, Layout.InterruptStacks + 0x800 - 16, Layout.InterruptStacks + 0x800 - 40);
        foreach ((string name, uint slot, byte ist, int ring) in (IEnumerable<(string, uint, byte, int)>)[("IST 1", 0x24, 1, 0), ("IST 1 from ring 3", 0x24, 1, 3), ("RSP0", 4, 0, 3)])
        {
            yield return new($"{name} is no address", c =>
            {
                c.Gate(Vector, c["there"], 0xEE, Selectors.Code0, ist);
                c.A.mov(__dword_ptr[Layout.Tss + slot + 4], 0x8000);
                c.A.mov(__byte_ptr[EntryOfSs + 4], 2);
                c.A.mov(__byte_ptr[EntryOfGp + 4], 3);
                c.Ring(ring);
                c.A.@int(Vector);
                c.Mark("there");
                c.Done();
            });
        }
        yield return new("IST beyond the limit of the TSS", c =>
        {
            c.Descriptor(Free, DescriptorBits.Segment(0x89, Layout.Tss, 0x2A, 0), 0);
            c.A.mov(ecx, Free);
            c.A.ltr(cx);
            c.Gate(Vector, c["there"], 0xEE, Selectors.Code0, 1);
            c.A.@int(Vector);
            c.Mark("there");
            c.Done();
        });
        yield return new("an interrupt where the stack pointer is no address", c =>
        {
            c.Gate(Vector, c["there"]);
            foreach (uint vector in (uint[])[8, 12, 13, 14])
                c.A.mov(__byte_ptr[Layout.Idt + (vector * 16) + 4], 2);
            c.A.mov(rsp, NotCanonical);
            c.A.@int(Vector);
            c.Mark("there");
            c.Done();
        });
        yield return new("an interrupt with null in SS", c =>
        {
            c.A.mov(ss, eax);
            c.A.@int(CaseWriter.DoneVector);
        });
    }

    private static IEnumerable<Case> Alignment()
    {
        for (int low = 0; low < 16; low += 3)
        {
            int offset = low;
            yield return new($"frame where RSP ends in {16 - low & 15:X}", c =>
            {
                c.A.lea(rsp, __[rsp - offset]);
                c.Done();
            });
            yield return new($"frame with error code where RSP ends in {16 - low & 15:X}", c =>
            {
                c.A.lea(rsp, __[rsp - offset]);
                c.A.mov(ecx, 0x1000);
                c.A.mov(ds, ecx);
            });
        }
        yield return new("frame where the stack in the TSS is not aligned", c =>
        {
            c.A.mov(__dword_ptr[Layout.Tss + 4], Layout.Ring0Stack - 9);
            c.Ring(3);
            c.Done();
        });
        yield return new("frame from compatibility mode at the same ring", c =>
        {
            c.Compatibility(0);
            c.Embed(32, c["narrow"], a =>
            {
                a.mov(esp, Layout.CaseStack - 4);
                a.@int(unchecked((sbyte)CaseWriter.DoneVector));
            });
        });
        yield return new("frame from 16-bit code with the upper half of RSP set", c =>
        {
            c.A.mov(eax, c["narrow"]);
            c.A.and(eax, -65536);
            c.A.or(eax, 0);
            c.Descriptor(Free, DescriptorBits.Segment(0x9A, 0, 0xF_FFFF, 8));
            c.A.mov(eax, 0);
            c.PlainFlags();
            c.Leave(Free, Selectors.Data0, Layout.CaseStack, place: "narrow");
            c.Embed(16, c["narrow"] & 0xFFFF, a => a.@int(unchecked((sbyte)CaseWriter.DoneVector)));
        });
    }

    private static IEnumerable<Case> FlagsAtEntry()
    {
        foreach ((string name, byte access) in (IEnumerable<(string, byte)>)[("an interrupt gate", 0x8E), ("a trap gate", 0x8F)])
        {
            // AC, IOPL, DF, IF and ID stay or go; NT goes; the map of the PIC is closed, so nothing comes.
            yield return new($"flags behind {name}", c =>
            {
                c.Gate(Vector, c["there"], access);
                c.A.push(0x27_7ED7 & ~0x100);
                c.A.popfq();
                c.A.@int(Vector);
                c.Mark("there");
                c.A.pushfq();
                c.A.pop(rdx);
                c.Done();
            });
        }
    }

    private static IEnumerable<Case> Errors()
    {
        foreach ((string name, byte vector, byte[] bytes) in (IEnumerable<(string, byte, byte[])>)
            [("INT", Vector, [0xCD, Vector]), ("divide error", 0, [0xF7, 0xF1]), ("invalid opcode", 6, [0x0F, 0x0B]), ("breakpoint", 3, [0xCC])])
        {
            uint entry = Layout.Idt + (vector * 16u);
            (string Name, Action<CaseWriter> Break)[] ways =
            [
                ("an absent gate", c => c.A.mov(__byte_ptr[entry + 5], 0x6E)),
                ("a gate of no type", c => c.A.mov(__byte_ptr[entry + 5], 0xE0)),
                ("a gate to null", c => c.A.mov(__word_ptr[entry + 2], 0)),
                ("a gate to data", c => c.A.mov(__word_ptr[entry + 2], Selectors.Data0)),
                ("a gate beyond the GDT", c => c.A.mov(__word_ptr[entry + 2], 0x1000)),
                ("a gate to where no address is", c => c.A.mov(__dword_ptr[entry + 8], 0x8000)),
                ("a gate with an interrupt stack that is no address", c =>
                {
                    c.A.mov(__dword_ptr[Layout.Tss + 0x28], 0x8000);
                    c.A.mov(__byte_ptr[entry + 4], 1);
                }),
            ];
            foreach ((string way, Action<CaseWriter> spoil) in ways)
            {
                yield return new($"{name} through {way}", c =>
                {
                    c.Gate(Vector, c["there"]);
                    spoil(c);
                    c.Raw(bytes);
                    c.Mark("there");
                    c.Done();
                });
            }
        }
    }

    private static IEnumerable<Case> Others()
    {
        foreach (int limit in (int[])[0x50E, 0x50F, 0x4FF])
        {
            yield return new($"INT 50h with an IDT limit of {limit:X}h", c =>
            {
                c.Gate(Vector, c["there"]);
                c.A.mov(__word_ptr[Layout.Scratch], (ushort)limit);
                c.Put(Layout.Scratch + 2, Layout.Idt);
                c.A.lidt(__[Layout.Scratch]);
                c.A.@int(Vector);
                c.Mark("there");
                c.Done();
            });
        }
    }
}
