using static Iced.Intel.AssemblerRegisters;
using static ReplayVmm.Conformance.FarTransfers;

namespace ReplayVmm.Conformance;

/// <summary>Call gates in 64-bit and compatibility mode (SDM volume 3, 5.8.3.1 and 5.8.5.1).</summary>
internal static class LongCallGates
{
    private const ulong NotCanonical = 0x8000_0000_0000;

    /// <summary>In 64-bit mode.</summary>
    public static IEnumerable<Case> Make() => [.. Types(), .. Targets(), .. Stacks()];

    private static IEnumerable<Case> Types()
    {
        for (byte type = 0; type < 16; type++)
        {
            byte access = (byte)(0xE0 | type);
            yield return new($"far call of system type {type}", c =>
            {
                c.CallGate(access, Selectors.Code0, c["there"], 0);
                c.FarPointer(4, Free, 0x1234);
                c.GoFar(call: true, 4);
                c.Mark("there");
                c.Done();
            });
        }
        foreach ((string name, byte access, uint high, ushort selector, int ring, bool call) in (IEnumerable<(string, byte, uint, ushort, int, bool)>)
            [
                ("jump through a gate", 0xEC, 0, Free, 0, false), ("jump from ring 3 through a gate", 0xEC, 0, Free, 3, false),
                ("call from ring 3 through a gate", 0xEC, 0, Free, 3, true),
                ("call from ring 3 through a gate of DPL 2", 0xCC, 0, Free, 3, true),
                ("call with RPL 3 through a gate of DPL 2", 0xCC, 0, Free | 3, 0, true),
                ("call through an absent gate", 0x6C, 0, Free, 0, true),
                ("call from ring 3 through an absent gate of DPL 2", 0x4C, 0, Free, 3, true),
                ("call through a gate with a type above", 0xEC, 0x100, Free, 0, true),
                ("call through a gate with the highest type bit above", 0xEC, 0x1000, Free, 0, true),
                ("call through a gate with rubbish above", 0xEC, 0xFFFF_E0FF, Free, 0, true),
                ("call through an absent gate with a type above", 0x6C, 0x100, Free, 0, true),
                ("call through the last 8 bytes of the GDT", 0xEC, 0, 0xFF8, 0, true),
            ])
        {
            yield return new(name, c =>
            {
                c.CallGate(access, Selectors.Code0, c["there"], 0, selector);
                if (selector < 0xFF0)
                    c.A.mov(__dword_ptr[Layout.Gdt + Free + 12], high);
                c.FarPointer(4, selector, 0x1234);
                c.Ring(ring);
                c.GoFar(call, 4);
                c.Mark("there");
                c.A.mov(edx, ss);
                c.Done();
            });
        }
    }

    private static IEnumerable<Case> Targets()
    {
        (string Name, ushort Selector, byte Access, byte Flags, ulong Offset, int Ring)[] rows =
        [
            ("64-bit code", Target, 0x9A, 0xA, 0, 0), ("64-bit code with RPL 3 in the gate", Target | 3, 0x9A, 0xA, 0, 0),
            ("compatibility code", Target, 0x9A, 0xC, 0, 0), ("64-bit code with D", Target, 0x9A, 0xE, 0, 0),
            ("data", Target, 0x92, 0xC, 0, 0), ("null", 0, 0x9A, 0xA, 0, 0), ("null with RPL 3", 3, 0x9A, 0xA, 0, 0),
            ("absent code", Target, 0x1A, 0xA, 0, 0), ("absent compatibility code", Target, 0x1A, 0xC, 0, 0),
            ("outer code", Target, 0xFA, 0xA, 0, 0), ("conforming code", Target, 0x9E, 0xA, 0, 3),
            ("conforming outer code", Target, 0xFE, 0xA, 0, 0), ("code of its own ring", Target, 0xFA, 0xA, 0, 3),
            ("ring 1 code", Target, 0xBA, 0xA, 0, 3), ("ring 2 code", Target, 0xDA, 0xA, 0, 3),
            ("a place that is no address", Target, 0x9A, 0xA, NotCanonical, 0),
            ("a place that is no address, from ring 3", Target, 0x9A, 0xA, NotCanonical, 3),
            ("a selector beyond the GDT", 0x1000, 0x9A, 0xA, 0, 0),
        ];
        foreach ((string name, ushort selector, byte access, byte flags, ulong offset, int ring) in rows)
        {
            yield return new($"call gate to {name}", c =>
            {
                c.Descriptor(Target, DescriptorBits.Segment((byte)(access | 1), 0, 0xF_FFFF, flags));
                c.CallGate(0xEC, selector, offset == 0 ? c["there"] : offset, 31);
                c.FarPointer(4, Free, 0x1234);
                c.Ring(ring);
                c.GoFar(call: true, 4);
                c.Mark("there");
                c.A.mov(edx, ss);
                c.A.mov(rbx, rsp);
                c.Done();
            });
        }
    }

    private static IEnumerable<Case> Stacks()
    {
        yield return new("call gate from ring 3, and back", c =>
        {
            c.CallGate(0xEC, Selectors.Code0, c["there"], 0);
            c.FarPointer(4, Free, 0);
            c.Ring(3);
            c.GoFar(call: true, 4);
            c.A.mov(edx, ss);
            c.A.mov(rbx, rsp);
            c.Done();
            c.Mark("there");
            c.A.mov(ecx, ss);
            c.A.db(0x48, 0xCB);
        }, Layout.Ring0Stack - 8, Layout.Ring0Stack - 16, Layout.Ring0Stack - 24, Layout.Ring0Stack - 32);
        yield return new("call gate from compatibility mode", c =>
        {
            c.CallGate(0xEC, Selectors.Code0, c["there"], 0);
            c.Compatibility(3);
            c.Embed(32, c["narrow"], a => a.call(Free, 0));
            c.Mark("there");
            c.A.mov(ecx, ss);
            c.Done();
        });
        yield return new("call gate at the same ring from compatibility mode", c =>
        {
            c.CallGate(0xEC, Selectors.Code0, c["there"], 0);
            c.Compatibility(0);
            c.Embed(32, c["narrow"], a => a.call(Free, 0));
            c.Mark("there");
            c.A.mov(ecx, ss);
            c.A.mov(rdx, rsp);
            c.Done();
        }, Layout.UserStack - 4, Layout.UserStack - 8, Layout.UserStack - 12, Layout.UserStack - 16);
        yield return new("call gate whose stack is no address", c =>
        {
            c.CallGate(0xEC, Selectors.Code0, c["there"], 0);
            c.FarPointer(4, Free, 0);
            c.UserPages();
            c.A.mov(__dword_ptr[Layout.Tss + 8], 0x8000);
            // Its exception comes on a stack of its own.
            c.A.mov(__byte_ptr[Layout.Idt + (12 * 16) + 4], 1);
            c.Ring(3);
            c.GoFar(call: true, 4);
            c.Mark("there");
            c.Done();
        });
        yield return new("call gate beyond the limit of the TSS", c =>
        {
            c.CallGate(0xEC, Selectors.Code2, c["there"], 0);
            c.FarPointer(4, Free, 0);
            c.Descriptor(Target, DescriptorBits.Segment(0x89, Layout.Tss, 0x1A, 0), 0);
            c.A.mov(ecx, Target);
            c.A.ltr(cx);
            c.Ring(3);
            c.GoFar(call: true, 4);
            c.Mark("there");
            c.Done();
        });
    }
}
