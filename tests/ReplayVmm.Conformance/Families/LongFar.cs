using static Iced.Intel.AssemblerRegisters;
using static ReplayVmm.Conformance.FarTransfers;

namespace ReplayVmm.Conformance;

/// <summary>Far jumps, calls and returns in 64-bit mode, and 64-bit call gates (SDM volume 3, 5.8; volume 2, CALL, JMP, RET).</summary>
internal static class LongFar
{
    private const ulong NotCanonical = 0x8000_0000_0000;

    /// <summary>The family.</summary>
    public static Family Make() =>
        new("long-far", 64, [.. ToCode(), .. Accessed(), .. Sizes(), .. Returns(), .. OuterReturns(), .. LongCallGates.Make()]);

    /// <summary>What the selector of a far jump or call may be.</summary>
    private static IEnumerable<Case> ToCode()
    {
        (string Name, ushort Selector, int Ring, byte Access, byte Flags)[] rows =
        [
            ("64-bit code", Free, 0, 0x9A, 0xA), ("64-bit code with D", Free, 0, 0x9A, 0xE), ("absent 64-bit code", Free, 0, 0x1A, 0xA),
            ("absent 64-bit code with D", Free, 0, 0x1A, 0xE), ("64-bit code with limit bits", Free, 0, 0x9A, 0x2),
            ("conforming code", Free, 0, 0x9E, 0xA), ("conforming DPL 3 code", Free, 0, 0xFE, 0xA),
            ("conforming DPL 0 code", Free | 3, 3, 0x9E, 0xA), ("code with RPL 3", Free | 3, 0, 0x9A, 0xA),
            ("conforming code with RPL 3", Free | 3, 0, 0x9E, 0xA), ("DPL 3 code", Free, 0, 0xFA, 0xA), ("DPL 0 code", Free, 3, 0x9A, 0xA),
            ("DPL 3 code, RPL 0", Free, 3, 0xFA, 0xA), ("data", Free, 0, 0x92, 0xC), ("null", 0, 0, 0x9A, 0xA),
            ("null with RPL 3", 3, 0, 0x9A, 0xA), ("a selector beyond the GDT", 0x1000, 0, 0x9A, 0xA),
            ("a selector of an empty LDT", Free | 4, 0, 0x9A, 0xA),
        ];
        foreach (string verb in (string[])["jump", "call"])
        {
            foreach ((string name, ushort selector, int ring, byte access, byte flags) in rows)
            {
                yield return new($"far {verb} to {name}, CPL {ring}", c =>
                {
                    c.Descriptor(Free, DescriptorBits.Segment((byte)(access | 1), 0, 0xF_FFFF, flags));
                    c.FarPointer(4, selector, c["there"]);
                    c.Ring(ring);
                    c.GoFar(verb == "call", 4);
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
                c.FarPointer(8, Selectors.Code0, NotCanonical);
                c.GoFar(call, 8);
            });
            yield return new($"far {(call ? "call" : "jump")} beyond the limit of compatibility code", c =>
            {
                c.Descriptor(Free, DescriptorBits.Segment(0x9A, 0, 0xFFF, 0x4));
                c.FarPointer(4, Free, 0x1000);
                c.GoFar(call, 4);
            });
            yield return new($"far {(call ? "call" : "jump")} with a target of 64 bits to compatibility code", c =>
            {
                c.FarPointer(8, Selectors.CompatibilityCode0, 0x1_0000_0000UL | c["there"]);
                c.GoFar(call, 8);
                c.Mark("there");
                c.Done();
            });
            yield return new($"far {(call ? "call" : "jump")} to compatibility code, and back", c =>
            {
                c.FarPointer(4, Selectors.CompatibilityCode0, c["narrow"]);
                c.GoFar(call, 4);
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
                    c.CallGate(0xEC, Target, c["there"], 0);
                    c.FarPointer(4, gate ? Free : Target, c["there"]);
                    c.GoFar(call, 4);
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
                    c.FarPointer(size, Selectors.Code0, size == 2 ? Near : c["there"]);
                    c.GoFar(call, size);
                    c.Mark("there");
                    c.A.mov(rdx, rsp);
                    c.Done();
                }, Layout.CaseStack - 8, Layout.CaseStack - 4, Layout.CaseStack - 16);
            }
        }
        yield return new("far jump with 66h and REX.W", c =>
        {
            c.FarPointer(8, Selectors.Code0, c["there"]);
            c.Raw(0x66, 0x48, 0xFF, 0x2C, 0x25, 0x00, 0x01, 0x30, 0x00);
            c.Mark("there");
            c.Done();
        });
        foreach ((string name, byte[] bytes) in (IEnumerable<(string, byte[])>)
            [
                ("far jump through a register", [0xFF, 0xE8]), ("far call through a register", [0xFF, 0xD8]),
            ])
            yield return new(name, c => c.Raw(bytes));
    }

    private static IEnumerable<Case> Returns()
    {
        foreach ((string name, int size, ushort selector, ulong target, ushort released) in (IEnumerable<(string, int, ushort, ulong, ushort)>)
            [
                ("RETF of 32 bits", 4, Selectors.Code0, 0, 0), ("RETF of 64 bits", 8, Selectors.Code0, 0, 0),
                ("RETF 10h of 64 bits", 8, Selectors.Code0, 0, 0x10), ("RETF 8001h", 4, Selectors.Code0, 0, 0x8001),
                ("RETF to null", 8, 0, 0, 0), ("RETF to null with RPL 3", 8, 3, 0, 0), ("RETF to data", 8, Selectors.Data0, 0, 0),
                ("RETF to where no address is", 8, Selectors.Code0, NotCanonical, 0),
                ("RETF to a target beyond 4 GiB in compatibility code", 8, Selectors.CompatibilityCode0, 0x1_0000_0000, 0),
                ("RETF to conforming code", 8, Selectors.Conforming0, 0, 0), ("RETF to 64-bit code with D", 8, Free, 0, 0),
                ("RETF to absent code", 8, Free + 8, 0, 0),
            ])
        {
            yield return new(name, c =>
            {
                c.Descriptor(Free, DescriptorBits.Segment(0x9A, 0, 0xF_FFFF, 0xE));
                c.Descriptor(Free + 8, DescriptorBits.Segment(0x1A, 0, 0xF_FFFF, 0xA));
                c.A.sub(rsp, 0x40);
                c.PlainFlags();
                uint stack = Layout.CaseStack - 0x40;
                c.PokeLong(stack, target == 0 ? c["there"] : target);
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
            ("ring 3", Selectors.Code3, Selectors.Data3, Layout.UserStack),
            ("ring 3 with a null stack", Selectors.Code3, 3, Layout.UserStack),
            ("ring 1", Selectors.Code1, Selectors.Data1, Layout.UserStack),
            ("ring 1 with a null stack", Selectors.Code1, 1, Layout.UserStack),
            ("ring 1 with a null stack, RPL 0", Selectors.Code1, 0, Layout.UserStack),
            ("ring 2 with a null stack", Selectors.Code2, 2, Layout.UserStack),
            ("ring 2 with a null stack, RPL 3", Selectors.Code2, 3, Layout.UserStack),
            ("compatibility ring 3", Selectors.CompatibilityCode3, Selectors.Data3, Layout.UserStack | 0xFFFF_0000_0000UL),
            ("compatibility ring 3 with a null stack", Selectors.CompatibilityCode3, 3, Layout.UserStack),
            ("ring 3 with a stack of DPL 0", Selectors.Code3, Selectors.Data0 | 3, Layout.UserStack),
            ("ring 3 with a stack of RPL 0", Selectors.Code3, Selectors.Data3 & ~3, Layout.UserStack),
            ("ring 3 with an absent stack", Selectors.Code3, Free | 3, Layout.UserStack),
            ("ring 3 with a stack of code", Selectors.Code3, Selectors.Code3, Layout.UserStack),
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
}
