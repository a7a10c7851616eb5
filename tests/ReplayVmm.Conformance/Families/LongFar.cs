using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>Far jumps, calls and returns in 64-bit mode, and 64-bit call gates (SDM volume 3, 5.8; volume 2, CALL, JMP, RET).</summary>
internal static class LongFar
{
    private const ushort Free = Selectors.Free, Target = Selectors.Free + 0x10;
    private const uint Pointer = Layout.Scratch + 0x100;
    private const ulong NotCanonical = 0x8000_0000_0000;

    /// <summary>The family.</summary>
    public static Family Make() => new("long-far", 64, [.. ToCode(), .. Accessed(), .. Sizes(), .. Returns(), .. OuterReturns(), .. GateTypes(), .. GateTargets(), .. GateStacks()]);

    /// <summary>What the selector of a far jump or call may be.</summary>
    private static IEnumerable<Case> ToCode()
    {
        (string Name, ushort Selector, int Ring, byte Access, byte Flags)[] rows =
        [
            ("64-bit code", Free, 0, 0x9A, 0xA), ("64-bit code with D", Free, 0, 0x9A, 0xE), ("absent 64-bit code", Free, 0, 0x1A, 0xA),
            ("absent 64-bit code with D", Free, 0, 0x1A, 0xE), ("64-bit code with limit bits", Free, 0, 0x9A, 0x2), ("conforming code", Free, 0, 0x9E, 0xA),
            ("conforming DPL 3 code", Free, 0, 0xFE, 0xA), ("conforming DPL 0 code", Free | 3, 3, 0x9E, 0xA), ("code with RPL 3", Free | 3, 0, 0x9A, 0xA),
            ("conforming code with RPL 3", Free | 3, 0, 0x9E, 0xA), ("DPL 3 code", Free, 0, 0xFA, 0xA), ("DPL 0 code", Free, 3, 0x9A, 0xA), ("DPL 3 code, RPL 0", Free, 3, 0xFA, 0xA),
            ("data", Free, 0, 0x92, 0xC), ("null", 0, 0, 0x9A, 0xA), ("null with RPL 3", 3, 0, 0x9A, 0xA), ("a selector beyond the GDT", 0x1000, 0, 0x9A, 0xA),
            ("a selector of an empty LDT", Free | 4, 0, 0x9A, 0xA),
        ];
        foreach (string verb in (string[])["jump", "call"])
        {
            foreach ((string name, ushort selector, int ring, byte access, byte flags) in rows)
            {
                yield return new($"far {verb} to {name}, CPL {ring}", c =>
                {
                    c.Descriptor(Free, DescriptorBits.Segment((byte)(access | 1), 0, 0xF_FFFF, flags));
                    FarPointer(c, 4, selector, c["there"]);
                    c.Ring(ring);
                    Go(c, verb == "call", 4);
                    c.Mark("there");
                    c.A.mov(edx, cs);
                    c.Done();
                });
            }
        }
        foreach (bool call in (bool[])[false, true])
        {
            yield return new($"far {(call ? "call" : "jump")} to where no address is", c =>
            {
                FarPointer(c, 8, Selectors.Code0, NotCanonical);
                Go(c, call, 8);
            });
            yield return new($"far {(call ? "call" : "jump")} beyond the limit of compatibility code", c =>
            {
                c.Descriptor(Free, DescriptorBits.Segment(0x9A, 0, 0xFFF, 0x4));
                FarPointer(c, 4, Free, 0x1000);
                Go(c, call, 4);
            });
            yield return new($"far {(call ? "call" : "jump")} with a target of 64 bits to compatibility code", c =>
            {
                FarPointer(c, 8, Selectors.CompatibilityCode0, 0x1_0000_0000UL | c["there"]);
                Go(c, call, 8);
                c.Mark("there");
                c.Done();
            });
            yield return new($"far {(call ? "call" : "jump")} to compatibility code, and back", c =>
            {
                FarPointer(c, 4, Selectors.CompatibilityCode0, c["narrow"]);
                Go(c, call, 4);
                c.Mark("narrow");
                c.Embed(32, c["narrow"], a =>
                {
                    a.mov(ecx, esp);
                    // 48h is DEC EAX here.
                    a.db(0x48);
                    a.call(Selectors.Code0, c["wide"]);
                });
                c.Mark("wide");
                c.A.mov(rdx, rsp);
                c.Done();
            });
        }
    }

    /// <summary>The accessed bit of the code segment that a transfer loads.</summary>
    private static IEnumerable<Case> Accessed()
    {
        foreach (bool call in (bool[])[false, true])
        {
            foreach (bool gate in (bool[])[false, true])
            {
                yield return new($"accessed bit after a far {(call ? "call" : "jump")} {(gate ? "through a gate" : "to code")}", c =>
                {
                    c.Descriptor(Target, DescriptorBits.Segment(0x9A, 0, 0xF_FFFF, 0xA));
                    Gate(c, 0xEC, Target, c["there"], 0);
                    FarPointer(c, 4, gate ? Free : Target, c["there"]);
                    Go(c, call, 4);
                    c.Mark("there");
                    c.Done();
                }, Layout.Gdt + Target + 4);
            }
        }
        yield return new("accessed bit after a far return", c =>
        {
            c.Descriptor(Target, DescriptorBits.Segment(0x9A, 0, 0xF_FFFF, 0xA));
            c.A.push(Target);
            c.A.push((int)c["there"]);
            c.A.db(0x48, 0xCB);
            c.Mark("there");
            c.Done();
        }, Layout.Gdt + Target + 4);
        yield return new("accessed bits after a far return to ring 3", c =>
        {
            c.UserPages();
            c.Descriptor(Target, DescriptorBits.Segment(0xFA, 0, 0xF_FFFF, 0xA));
            c.Descriptor(Free, DescriptorBits.Segment(0xF2, 0, 0xF_FFFF, 0xC));
            c.A.push(Free | 3);
            c.A.push((int)Layout.UserStack);
            c.A.push(Target | 3);
            c.A.push((int)c["there"]);
            c.A.db(0x48, 0xCB);
            c.Mark("there");
            c.Done();
        }, Layout.Gdt + Target + 4, Layout.Gdt + Free + 4);
    }

    private static IEnumerable<Case> Sizes()
    {
        foreach (bool call in (bool[])[false, true])
        {
            foreach (int size in (int[])[2, 4, 8])
            {
                yield return new($"far {(call ? "call" : "jump")} m16:{size * 8}", c =>
                {
                    // 16 bits reach the first 64 KiB only: a copy of the end is put there.
                    const uint Near = 0x9000;
                    c.A.mov(eax, __dword_ptr[c["there"]]);
                    c.A.mov(__dword_ptr[Near], eax);
                    c.A.mov(__byte_ptr[Near + 4], unchecked((sbyte)CaseWriter.DoneVector));
                    c.A.mov(eax, 0);
                    FarPointer(c, size, Selectors.Code0, size == 2 ? Near : c["there"]);
                    Go(c, call, size);
                    c.Mark("there");
                    c.A.mov(rdx, rsp);
                    c.Done();
                }, Layout.CaseStack - 8, Layout.CaseStack - 4, Layout.CaseStack - 16);
            }
        }
        yield return new("far jump with 66h and REX.W", c =>
        {
            FarPointer(c, 8, Selectors.Code0, c["there"]);
            c.Raw(0x66, 0x48, 0xFF, 0x2C, 0x25, 0x00, 0x01, 0x30, 0x00);
            c.Mark("there");
            c.Done();
        });
        foreach ((string name, byte[] bytes) in (IEnumerable<(string, byte[])>)[("far jump through a register", [0xFF, 0xE8]), ("far call through a register", [0xFF, 0xD8])])
            yield return new(name, c => c.Raw(bytes));
    }

    private static IEnumerable<Case> Returns()
    {
        foreach ((string name, int size, ushort selector, ulong target, ushort released) in (IEnumerable<(string, int, ushort, ulong, ushort)>)
            [
                ("RETF of 32 bits", 4, Selectors.Code0, 0, 0), ("RETF of 64 bits", 8, Selectors.Code0, 0, 0), ("RETF 10h of 64 bits", 8, Selectors.Code0, 0, 0x10),
                ("RETF 8001h", 4, Selectors.Code0, 0, 0x8001), ("RETF to null", 8, 0, 0, 0), ("RETF to null with RPL 3", 8, 3, 0, 0),
                ("RETF to data", 8, Selectors.Data0, 0, 0), ("RETF to where no address is", 8, Selectors.Code0, NotCanonical, 0),
                ("RETF to a target beyond 4 GiB in compatibility code", 8, Selectors.CompatibilityCode0, 0x1_0000_0000, 0),
                ("RETF to conforming code", 8, Selectors.Conforming0, 0, 0), ("RETF to 64-bit code with D", 8, Free, 0, 0), ("RETF to absent code", 8, Free + 8, 0, 0),
            ])
        {
            yield return new(name, c =>
            {
                c.Descriptor(Free, DescriptorBits.Segment(0x9A, 0, 0xF_FFFF, 0xE));
                c.Descriptor(Free + 8, DescriptorBits.Segment(0x1A, 0, 0xF_FFFF, 0xA));
                c.A.sub(rsp, 0x40);
                c.PlainFlags();
                uint stack = Layout.CaseStack - 0x40;
                c.Put(stack, target == 0 ? c["there"] : target);
                c.A.mov(__dword_ptr[stack + (uint)size], selector);
                if (size == 8)
                    c.A.db(0x48);
                if (released == 0)
                    c.A.db(0xCB);
                else
                    c.A.db(0xCA, (byte)released, (byte)(released >> 8));
                c.Mark("there");
                c.A.mov(rdx, rsp);
                c.Done();
            });
        }
        yield return new("RETF to an inner ring", c =>
        {
            c.Ring(3);
            c.A.push(Selectors.Code0);
            c.A.push((int)c["there"]);
            c.A.db(0x48, 0xCB);
            c.Mark("there");
            c.Done();
        });
    }

    private static IEnumerable<Case> OuterReturns()
    {
        (string Name, ushort Code, ulong Stack, ulong Pointer)[] rows =
        [
            ("ring 3", Selectors.Code3, Selectors.Data3, Layout.UserStack), ("ring 3 with a null stack", Selectors.Code3, 3, Layout.UserStack),
            ("ring 1", Selectors.Code1, Selectors.Data1, Layout.UserStack), ("ring 1 with a null stack", Selectors.Code1, 1, Layout.UserStack),
            ("ring 1 with a null stack, RPL 0", Selectors.Code1, 0, Layout.UserStack), ("ring 2 with a null stack", Selectors.Code2, 2, Layout.UserStack),
            ("ring 2 with a null stack, RPL 3", Selectors.Code2, 3, Layout.UserStack),
            ("compatibility ring 3", Selectors.CompatibilityCode3, Selectors.Data3, Layout.UserStack | 0xFFFF_0000_0000UL),
            ("compatibility ring 3 with a null stack", Selectors.CompatibilityCode3, 3, Layout.UserStack),
            ("ring 3 with a stack of DPL 0", Selectors.Code3, Selectors.Data0 | 3, Layout.UserStack), ("ring 3 with a stack of RPL 0", Selectors.Code3, Selectors.Data3 & ~3, Layout.UserStack),
            ("ring 3 with an absent stack", Selectors.Code3, Free | 3, Layout.UserStack), ("ring 3 with a stack of code", Selectors.Code3, Selectors.Code3, Layout.UserStack),
            ("ring 3 with a stack pointer that is not canonical", Selectors.Code3, Selectors.Data3, NotCanonical),
        ];
        foreach ((string name, ushort code, ulong stack, ulong pointer) in rows)
        {
            yield return new($"RETF to {name}", c =>
            {
                c.UserPages();
                c.Descriptor(Free, DescriptorBits.Segment(0x72, 0, 0xF_FFFF, 0xC));
                c.A.push((int)stack);
                c.A.mov(rax, pointer);
                c.A.push(rax);
                c.A.mov(eax, 0);
                c.A.push(code);
                c.A.push((int)c["there"]);
                c.A.db(0x48, 0xCB);
                c.Mark("there");
                c.Done();
            });
        }
    }

    private static IEnumerable<Case> GateTypes()
    {
        for (byte type = 0; type < 16; type++)
        {
            byte access = (byte)(0xE0 | type);
            yield return new($"far call of system type {type}", c =>
            {
                Gate(c, access, Selectors.Code0, c["there"], 0);
                FarPointer(c, 4, Free, 0x1234);
                Go(c, call: true, 4);
                c.Mark("there");
                c.Done();
            });
        }
        foreach ((string name, byte access, uint high, ushort selector, int ring, bool call) in (IEnumerable<(string, byte, uint, ushort, int, bool)>)
            [
                ("jump through a gate", 0xEC, 0, Free, 0, false), ("jump from ring 3 through a gate", 0xEC, 0, Free, 3, false),
                ("call from ring 3 through a gate", 0xEC, 0, Free, 3, true), ("call from ring 3 through a gate of DPL 2", 0xCC, 0, Free, 3, true),
                ("call with RPL 3 through a gate of DPL 2", 0xCC, 0, Free | 3, 0, true), ("call through an absent gate", 0x6C, 0, Free, 0, true),
                ("call from ring 3 through an absent gate of DPL 2", 0x4C, 0, Free, 3, true), ("call through a gate with a type above", 0xEC, 0x100, Free, 0, true),
                ("call through a gate with the highest type bit above", 0xEC, 0x1000, Free, 0, true), ("call through a gate with rubbish above", 0xEC, 0xFFFF_E0FF, Free, 0, true),
                ("call through an absent gate with a type above", 0x6C, 0x100, Free, 0, true), ("call through the last 8 bytes of the GDT", 0xEC, 0, 0xFF8, 0, true),
            ])
        {
            yield return new(name, c =>
            {
                Gate(c, access, Selectors.Code0, c["there"], 0, selector);
                if (selector < 0xFF0)
                    c.A.mov(__dword_ptr[Layout.Gdt + Free + 12], high);
                FarPointer(c, 4, selector, 0x1234);
                c.Ring(ring);
                Go(c, call, 4);
                c.Mark("there");
                c.A.mov(edx, ss);
                c.Done();
            });
        }
    }

    private static IEnumerable<Case> GateTargets()
    {
        (string Name, ushort Selector, byte Access, byte Flags, ulong Offset, int Ring)[] rows =
        [
            ("64-bit code", Target, 0x9A, 0xA, 0, 0), ("64-bit code with RPL 3 in the gate", Target | 3, 0x9A, 0xA, 0, 0), ("compatibility code", Target, 0x9A, 0xC, 0, 0),
            ("64-bit code with D", Target, 0x9A, 0xE, 0, 0), ("data", Target, 0x92, 0xC, 0, 0), ("null", 0, 0x9A, 0xA, 0, 0), ("null with RPL 3", 3, 0x9A, 0xA, 0, 0),
            ("absent code", Target, 0x1A, 0xA, 0, 0), ("absent compatibility code", Target, 0x1A, 0xC, 0, 0), ("outer code", Target, 0xFA, 0xA, 0, 0),
            ("conforming code", Target, 0x9E, 0xA, 0, 3), ("conforming outer code", Target, 0xFE, 0xA, 0, 0), ("code of its own ring", Target, 0xFA, 0xA, 0, 3),
            ("ring 1 code", Target, 0xBA, 0xA, 0, 3), ("ring 2 code", Target, 0xDA, 0xA, 0, 3), ("a place that is no address", Target, 0x9A, 0xA, NotCanonical, 0),
            ("a place that is no address, from ring 3", Target, 0x9A, 0xA, NotCanonical, 3), ("a selector beyond the GDT", 0x1000, 0x9A, 0xA, 0, 0),
        ];
        foreach ((string name, ushort selector, byte access, byte flags, ulong offset, int ring) in rows)
        {
            yield return new($"call gate to {name}", c =>
            {
                c.Descriptor(Target, DescriptorBits.Segment((byte)(access | 1), 0, 0xF_FFFF, flags));
                Gate(c, 0xEC, selector, offset == 0 ? c["there"] : offset, 31);
                FarPointer(c, 4, Free, 0x1234);
                c.Ring(ring);
                Go(c, call: true, 4);
                c.Mark("there");
                c.A.mov(edx, ss);
                c.A.mov(rbx, rsp);
                c.Done();
            });
        }
    }

    private static IEnumerable<Case> GateStacks()
    {
        yield return new("call gate from ring 3, and back", c =>
        {
            Gate(c, 0xEC, Selectors.Code0, c["there"], 0);
            FarPointer(c, 4, Free, 0);
            c.Ring(3);
            Go(c, call: true, 4);
            c.A.mov(edx, ss);
            c.A.mov(rbx, rsp);
            c.Done();
            c.Mark("there");
            c.A.mov(ecx, ss);
            c.A.db(0x48, 0xCB);
        }, Layout.Ring0Stack - 8, Layout.Ring0Stack - 16, Layout.Ring0Stack - 24, Layout.Ring0Stack - 32);
        yield return new("call gate from compatibility mode", c =>
        {
            Gate(c, 0xEC, Selectors.Code0, c["there"], 0);
            c.Compatibility(3);
            c.Embed(32, c["narrow"], a => a.call(Free, 0));
            c.Mark("there");
            c.A.mov(ecx, ss);
            c.Done();
        });
        yield return new("call gate at the same ring from compatibility mode", c =>
        {
            Gate(c, 0xEC, Selectors.Code0, c["there"], 0);
            c.Compatibility(0);
            c.Embed(32, c["narrow"], a => a.call(Free, 0));
            c.Mark("there");
            c.A.mov(ecx, ss);
            c.A.mov(rdx, rsp);
            c.Done();
        }, Layout.UserStack - 4, Layout.UserStack - 8, Layout.UserStack - 12, Layout.UserStack - 16);
        yield return new("call gate whose stack is no address", c =>
        {
            Gate(c, 0xEC, Selectors.Code0, c["there"], 0);
            FarPointer(c, 4, Free, 0);
            c.UserPages();
            c.A.mov(__dword_ptr[Layout.Tss + 8], 0x8000);
            // Its exception comes on a stack of its own.
            c.A.mov(__byte_ptr[Layout.Idt + (12 * 16) + 4], 1);
            c.Ring(3);
            Go(c, call: true, 4);
            c.Mark("there");
            c.Done();
        });
        yield return new("call gate beyond the limit of the TSS", c =>
        {
            Gate(c, 0xEC, Selectors.Code2, c["there"], 0);
            FarPointer(c, 4, Free, 0);
            c.Descriptor(Target, DescriptorBits.Segment(0x89, Layout.Tss, 0x1A, 0), 0);
            c.A.mov(ecx, Target);
            c.A.ltr(cx);
            c.Ring(3);
            Go(c, call: true, 4);
            c.Mark("there");
            c.Done();
        });
    }

    private static void Gate(CaseWriter c, byte access, ushort selector, ulong offset, byte parameters, ushort place = Free) =>
        c.Descriptor(place, DescriptorBits.Gate(access, selector, (uint)offset, parameters), place < 0xFF0 ? offset >> 32 : null);

    private static void FarPointer(CaseWriter c, int size, ushort selector, ulong offset)
    {
        c.Put(Pointer, offset);
        c.A.mov(__word_ptr[Pointer + (uint)size], selector);
    }

    private static void Go(CaseWriter c, bool call, int size)
    {
        var memory = new MemoryOperand(Register.None, Register.None, 1, Pointer, 4);
        c.A.AddInstruction(Instruction.Create(size switch
        {
            2 => call ? Code.Call_m1616 : Code.Jmp_m1616,
            4 => call ? Code.Call_m1632 : Code.Jmp_m1632,
            _ => call ? Code.Call_m1664 : Code.Jmp_m1664,
        }, memory));
    }
}
