using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// JMP and CALL through call gates (SDM volume 3, 5.8.3 to 5.8.6): checks of gate, code and the new stack, and the copy of parameters.
/// </summary>
internal static class CallGateFamily
{
    private const ushort GateSelector = Protection.Chosen, CodeSelector = Protection.Second, StackSelector = Protection.Third;
    private const byte Gate32 = 0x8C, Gate16 = 0x84;
    private const int ReadableCode = 0x1A, Conforming = 0x1E;

    /// <summary>The family.</summary>
    public static Family Make() => new("call-gates", 32, [.. Privileges(), .. Targets(), .. Parameters(), .. Stacks()]);

    private static IEnumerable<Case> Privileges()
    {
        foreach (bool call in (bool[])[true, false])
        {
            // The gate's DPL beside CPL and RPL.
            for (int n = 0; n < 64; n++)
            {
                int cpl = n >> 4, dpl = (n >> 2) & 3, rpl = n & 3;
                yield return Through($"{Way(call)}: gate of DPL {dpl}, CPL {cpl}, RPL {rpl}, conforming code", call, cpl, rpl, dpl, 0, Conforming);
            }
            // The code's DPL beside CPL.
            foreach ((string name, int type) in ((string, int)[])[("code", ReadableCode), ("conforming", Conforming)])
            {
                for (int n = 0; n < 16; n++)
                {
                    int cpl = n >> 2, dpl = n & 3;
                    yield return Through($"{Way(call)}: {name} of DPL {dpl}, CPL {cpl}", call, cpl, 0, 3, dpl, type);
                }
            }
        }
    }

    private static string Way(bool call) => call ? "CALL" : "JMP";

    private static Case Through(string name, bool call, int cpl, int rpl, int gateDpl, int codeDpl, int type) => new(name, c =>
    {
        c.Describe(GateSelector, DescriptorBits.Gate((byte)(Gate32 | (gateDpl << 5)), CodeSelector | 3, c["in"]));
        c.Describe(CodeSelector, Protection.FlatSegment(type, codeDpl));
        c.Enter(cpl);
        Go(c, call, (ushort)(GateSelector | rpl));
        c.Mark("in");
        c.Done();
    }, Protection.High(CodeSelector));

    private static void Go(CaseWriter c, bool call, ushort selector)
    {
        // The offset does not count.
        if (call)
            c.CallFar(selector, 0xFFFF_FFFF);
        else
            c.JumpFar(selector, 0xFFFF_FFFF);
    }

    private static IEnumerable<Case> Targets()
    {
        foreach (bool call in (bool[])[true, false])
        {
            for (int type = 0; type < 32; type++)
            {
                foreach (bool present in (bool[])[true, false])
                {
                    yield return Target($"{Way(call)} to {Protection.TypeNames[type]}{(present ? "" : ", not present")}", call, CodeSelector,
                        Protection.FlatSegment(type, 0, present), Gate32);
                }
            }
            foreach (ushort selector in (ushort[])[0, 3, 4, 0x1008, 0xFFFF])
                yield return Target($"{Way(call)} to selector {selector:X}", call, selector, 0, Gate32);
            yield return Target($"{Way(call)}: gate not present", call, CodeSelector, 0, Gate32 & 0x7F);
            yield return Target($"{Way(call)}: gate not present, DPL 0", call, CodeSelector, 0, Gate32 & 0x7F, ring: 3);
            yield return Target($"{Way(call)}: beyond the limit", call, CodeSelector, DescriptorBits.Segment(0x9A, 0, 0xFFFF, 4), Gate32);
            yield return Target($"{Way(call)}: gate-16 over the limit", call, CodeSelector,
                DescriptorBits.Segment(0x9A, Layout.Scratch, 0xF, 4), Gate16, 0x10);
        }
    }

    private static Case Target(string name, bool call, ushort selector, ulong descriptor, byte gate, uint? offset = null, int ring = 0) => new(name, c =>
    {
        c.Poke(Layout.Scratch + 0x10, 0x40CD_9090);
        c.Describe(GateSelector, DescriptorBits.Gate(gate, selector, offset ?? c["in"]));
        if (descriptor != 0)
            c.Describe(CodeSelector, descriptor);
        c.Enter(ring);
        Go(c, call, GateSelector);
        c.Mark("in");
        c.Done();
    }, Protection.High(CodeSelector));

    /// <summary>From ring 3 to rings 0, 1 and 2, and back by RETF; what lies on the new stack.</summary>
    private static IEnumerable<Case> Parameters()
    {
        for (int ring = 0; ring < 4; ring++)
        {
            foreach (byte count in (byte[])[0, 1, 5, 31])
            {
                foreach (byte gate in (byte[])[Gate32, Gate16])
                {
                    int to = ring;
                    string size = gate == Gate32 ? "32" : "16";
                    yield return new($"gate-{size} to ring {to} with {count} parameters", c => FromScratch(c, gate, to, count, back: false),
                        Probes(to, gate == Gate32 ? (count * 4u) + 16 : (count * 2u) + 8));
                    yield return new($"gate-{size} to ring {to} with {count} parameters and back", c => FromScratch(c, gate, to, count, back: true));
                }
            }
        }
        yield return new("parameters across the limit of the old stack", c =>
        {
            Prepare(c, Gate32, 0, 4);
            c.Describe(StackSelector, DescriptorBits.Segment(0xF2, Layout.Scratch + 0x1000, 0xFF, 4));
            c.Enter(3, 2, StackSelector | 3, 0xF8);
            c.CallFar(GateSelector, 0);
        });
        yield return new("same ring: no parameters are copied", c =>
        {
            Prepare(c, Gate32, 0, 4);
            c.CallFar(GateSelector, 0);
        });
    }

    /// <summary>A gate to code in the low area, which ends the case or returns.</summary>
    private static void Prepare(CaseWriter c, byte gate, int ring, byte parameters, bool back = false)
    {
        c.Describe(GateSelector, DescriptorBits.Gate((byte)(gate | 0x60), CodeSelector, 0x20, parameters));
        c.Describe(CodeSelector, DescriptorBits.Segment(Protection.Access(ReadableCode, ring), Layout.Scratch, 0xFFFF, 4));
        uint bytes = parameters * (gate == Gate32 ? 4u : 2u);
        if (!back)
        {
            c.Poke(Layout.Scratch + 0x20, 0x40CD_9090);
        }
        else if (gate == Gate32)
        {
            c.Poke(Layout.Scratch + 0x20, 0x9000_00CA | (bytes << 8));
        }
        else
        {
            c.Poke(Layout.Scratch + 0x20, 0x0000_CA66 | (bytes << 16));
        }
    }

    /// <summary>Calls from ring 3 code in the scratch area, whose addresses fit into 16 bits.</summary>
    private static void FromScratch(CaseWriter c, byte gate, int ring, byte parameters, bool back)
    {
        Prepare(c, gate, ring, parameters, back);
        c.Describe(StackSelector, DescriptorBits.Segment(0xFA, Layout.Scratch, 0xFFFF, 4));
        c.PokeLong(Layout.Scratch + 0x40, 0x9A | ((ulong)GateSelector << 40));
        c.Poke(Layout.Scratch + 0x47, 0x40CD_E589);
        c.A.mov(esp, Layout.UserStack);
        for (uint n = 0; n < 32; n++)
            c.Push(0x1111_0000 + n);
        c.A.mov(esp, Layout.CaseStack);
        c.Push(Selectors.Data3);
        c.Push(Layout.UserStack - 0x80);
        c.Push(2);
        c.Push(StackSelector | 3);
        c.Push(0x40);
        c.A.iretd();
    }

    private static uint[] Probes(int ring, uint bytes)
    {
        uint top = ring switch { 0 => Layout.Ring0Stack, 1 => Layout.Ring1Stack, 2 => Layout.Ring2Stack, _ => Layout.UserStack - 0x80 };
        return [.. Enumerable.Range(1, (int)bytes / 4).Select(n => top - ((uint)n * 4))];
    }

    /// <summary>What may be wrong with the stack of the inner ring in the TSS.</summary>
    private static IEnumerable<Case> Stacks()
    {
        foreach ((string name, ushort selector, ulong descriptor) in Protection.Ring1Stacks(StackSelector))
            yield return Stack(name, selector, descriptor);
        yield return Stack("stack not present and of DPL 3", StackSelector | 1, Protection.FlatSegment(0x12, 3, false));
        foreach (ushort selector in (ushort[])[0, 1, 4, 0xFF8, 0x1000, 0xFFFC])
            yield return Stack($"stack selector {selector:X}", selector, 0);
        foreach (uint limit in (uint[])[0xF, 0x10])
            yield return Stack($"stack with limit {limit:X}, ESP 10h", StackSelector | 1, DescriptorBits.Segment(0xB2, Layout.Scratch, limit, 4), 0x10);
        yield return Stack("stack one slot short", StackSelector | 1, DescriptorBits.Segment(0xB6, Layout.Scratch, 0xF, 4), 0x1C);
        yield return Stack("16-bit stack", StackSelector | 1, DescriptorBits.Segment(0xB2, Layout.Scratch, 0xFFFF, 0), 0x1000);
    }

    /// <summary>From ring 3 to ring 1, so that the fault's handler in ring 0 keeps its own stack.</summary>
    private static Case Stack(string name, ushort selector, ulong descriptor, uint pointer = Layout.Scratch + 0x800) => new(name, c =>
    {
        c.Describe(GateSelector, DescriptorBits.Gate(Gate32 | 0x60, CodeSelector, c["in"]));
        c.Describe(CodeSelector, Protection.FlatSegment(ReadableCode, 1));
        if (descriptor != 0)
            c.Describe(StackSelector, descriptor);
        c.Poke(Layout.Tss + 0xC, pointer);
        c.Poke(Layout.Tss + 0x10, selector);
        c.Enter(3);
        c.CallFar(GateSelector, 0);
        c.Mark("in");
        c.Done();
    }, Protection.High(StackSelector));
}
