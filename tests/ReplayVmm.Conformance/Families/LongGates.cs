using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>Delivery through 64-bit interrupt and trap gates (SDM volume 3, 6.14 and 6.12.1).</summary>
internal static class LongGates
{
    private const ushort Free = Selectors.Free;
    private const byte Vector = 0x50;

    /// <summary>The family.</summary>
    public static Family Make() => new(
        "long-gates",
        64,
        [.. Types(), .. Targets(), .. Rights(), .. LongGateStacks.Make(), .. FlagsAtEntry(), .. Errors(), .. Others()]);

    private static IEnumerable<Case> Types()
    {
        for (int type = 0; type < 32; type++)
        {
            if (type is > 16 and not 26 and not 31)
                continue;
            byte access = Protection.Access(type, 3);
            string name = type < 16 ? $"system type {type}" : $"segment type {type - 16}";
            yield return new($"INT through {name}", c =>
            {
                c.Gate(Vector, c["there"], access);
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
            ("64-bit code", Free, 0x9A, 0xA, 0), ("64-bit code with RPL 3 in the gate", Free | 3, 0x9A, 0xA, 0),
            ("compatibility code", Free, 0x9A, 0xC, 0), ("16-bit code", Free, 0x9A, 0, 0), ("64-bit code with D", Free, 0x9A, 0xE, 0),
            ("data", Free, 0x92, 0xC, 0), ("null", 0, 0x9A, 0xA, 0), ("null with RPL 3", 3, 0x9A, 0xA, 0),
            ("absent code", Free, 0x1A, 0xA, 0), ("absent compatibility code", Free, 0x1A, 0xC, 0), ("outer code", Free, 0xFA, 0xA, 0),
            ("conforming code", Free, 0x9E, 0xA, 3), ("conforming outer code", Free, 0xFE, 0xA, 0),
            ("code of its own ring", Free, 0xFA, 0xA, 3), ("ring 1 code", Free, 0xBA, 0xA, 3), ("ring 2 code", Free, 0xDA, 0xA, 3),
            ("ring 2 code from ring 1", Free, 0xDA, 0xA, 1), ("a selector beyond the GDT", 0x1000, 0x9A, 0xA, 0),
            ("a TSS", Selectors.Tss, 0, 0, 0),
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
                ("INT3", [0xCC], 3), ("INT 3", [0xCD, 3], 3), ("INT1", [0xF1], 1), ("INT 1", [0xCD, 1], 1), ("INTO", [0xCE], 4),
                ("INT 4", [0xCD, 4], 4), ("UD2", [0x0F, 0x0B], 6), ("BOUND", [0x62, 0x04, 0x25, 0, 0, 0x30, 0], 5),
                ("INT 13", [0xCD, 13], 13), ("INT 8", [0xCD, 8], 8), ("INT 2", [0xCD, 2], 2),
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
                c.PokeLong(Layout.Scratch + 2, Layout.Idt);
                c.A.lidt(__[Layout.Scratch]);
                c.A.@int(Vector);
                c.Mark("there");
                c.Done();
            });
        }
    }
}
