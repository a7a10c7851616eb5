using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>IRET in 64-bit and compatibility mode (SDM volume 2, IRET; volume 3, 6.14.3).</summary>
internal static class LongReturns
{
    private const ushort Free = Selectors.Free;
    private const ulong NotCanonical = 0x8000_0000_0000;
    private const uint NestedTask = 0x4000, AllFlags = 0x27_7ED7 & ~(NestedTask | 0x100);

    /// <summary>The family.</summary>
    public static Family Make() => new("long-iret", 64, [.. Targets(), .. Sizes(), .. LoadedFlags(), .. Segments(), .. Others()]);

    private static IEnumerable<Case> Targets()
    {
        (string Name, ulong Code, ulong Stack, ulong Pointer, ulong Rip)[] rows =
        [
            ("the same ring", Selectors.Code0, Selectors.Data0, Layout.CaseStack - 0x100, 0),
            ("the same ring with null in SS", Selectors.Code0, 0, Layout.CaseStack - 0x100, 0),
            ("the same ring with null of RPL 1 in SS", Selectors.Code0, 1, Layout.CaseStack - 0x100, 0),
            ("the same ring with null of RPL 3 in SS", Selectors.Code0, 3, Layout.CaseStack - 0x100, 0),
            ("ring 1", Selectors.Code1, Selectors.Data1, Layout.UserStack, 0),
            ("ring 1 with null in SS", Selectors.Code1, 1, Layout.UserStack, 0),
            ("ring 1 with null of RPL 0 in SS", Selectors.Code1, 0, Layout.UserStack, 0),
            ("ring 2 with null in SS", Selectors.Code2, 2, Layout.UserStack, 0),
            ("ring 2 with null of RPL 3 in SS", Selectors.Code2, 3, Layout.UserStack, 0),
            ("ring 3", Selectors.Code3, Selectors.Data3, Layout.UserStack, 0),
            ("ring 3 with null in SS", Selectors.Code3, 3, Layout.UserStack, 0),
            ("ring 3 with null of RPL 0 in SS", Selectors.Code3, 0, Layout.UserStack, 0),
            ("compatibility ring 0", Selectors.CompatibilityCode0, Selectors.Data0, Layout.UserStack, 0),
            ("compatibility ring 0 with null in SS", Selectors.CompatibilityCode0, 0, Layout.UserStack, 0),
            ("compatibility ring 3", Selectors.CompatibilityCode3, Selectors.Data3, 0x1234_0000_0000UL | Layout.UserStack, 0),
            ("compatibility ring 3 with null in SS", Selectors.CompatibilityCode3, 3, Layout.UserStack, 0),
            ("null", 0, Selectors.Data0, Layout.CaseStack, 0), ("null of RPL 3", 3, Selectors.Data3, Layout.CaseStack, 0),
            ("data", Selectors.Data0, Selectors.Data0, Layout.CaseStack, 0),
            ("a selector beyond the GDT", 0x1000, Selectors.Data0, Layout.CaseStack, 0),
            ("conforming code of ring 3", Selectors.Conforming0 | 3, Selectors.Data3, Layout.UserStack, 0),
            ("conforming code", Selectors.Conforming0, Selectors.Data0, Layout.CaseStack, 0),
            ("code with DPL other than RPL", Selectors.Code0 | 3, Selectors.Data3, Layout.UserStack, 0),
            ("64-bit code with D", Free, Selectors.Data0, Layout.CaseStack, 0),
            ("absent code", Free + 8, Selectors.Data0, Layout.CaseStack, 0),
            ("code where no address is", Selectors.Code0, Selectors.Data0, Layout.CaseStack, NotCanonical),
            ("ring 3 where no address is", Selectors.Code3, Selectors.Data3, Layout.UserStack, NotCanonical),
            ("compatibility code beyond 4 GiB", Selectors.CompatibilityCode0, Selectors.Data0, Layout.CaseStack, 0x1_0000_0000),
            ("a stack that is no address", Selectors.Code0, Selectors.Data0, NotCanonical, 0),
            ("ring 3 with a stack that is no address", Selectors.Code3, Selectors.Data3, NotCanonical, 0),
            ("an absent stack", Selectors.Code0, Free + 16, Layout.CaseStack, 0),
            ("a stack of DPL 3", Selectors.Code0, Selectors.Data3 & ~3, Layout.CaseStack, 0),
            ("a stack of RPL 3", Selectors.Code0, Selectors.Data0 | 3, Layout.CaseStack, 0),
            ("a read-only stack", Selectors.Code0, Free + 24, Layout.CaseStack, 0),
            ("a stack of code", Selectors.Code0, Selectors.Code0, Layout.CaseStack, 0),
            ("a stack beyond the GDT", Selectors.Code0, 0x1000, Layout.CaseStack, 0),
            ("a 16-bit stack", Selectors.CompatibilityCode0, Selectors.Data16, 0x1234_5678UL, 0),
            ("ring 3 with a stack of DPL 0", Selectors.Code3, Selectors.Data0 | 3, Layout.UserStack, 0),
        ];
        foreach ((string name, ulong code, ulong stack, ulong pointer, ulong rip) in rows)
        {
            yield return new($"IRETQ to {name}", c =>
            {
                c.UserPages();
                c.Descriptor(Free, DescriptorBits.Segment(0x9A, 0, 0xF_FFFF, 0xE));
                c.Descriptor(Free + 8, DescriptorBits.Segment(0x1A, 0, 0xF_FFFF, 0xA));
                c.Descriptor(Free + 16, DescriptorBits.Segment(0x12, 0, 0xF_FFFF, 0xC));
                c.Descriptor(Free + 24, DescriptorBits.Segment(0x90, 0, 0xF_FFFF, 0xC));
                c.A.mov(__byte_ptr[Layout.Idt + (CaseWriter.DoneVector * 16u) + 4], 4);
                Frame(c, code, stack, pointer, 2, rip == 0 ? c["there"] : rip);
                c.A.iretq();
                c.Mark("there");
                c.Done();
            });
        }
    }

    private static IEnumerable<Case> Sizes()
    {
        yield return new("IRETD", c =>
        {
            c.A.sub(rsp, 0x40);
            c.PlainFlags();
            uint[] words = [0, Selectors.Code0, 2, Layout.CaseStack - 0x100, Selectors.Data0];
            for (uint i = 0; i < words.Length; i++)
                c.A.mov(__dword_ptr[Layout.CaseStack - 0x40 + (4 * i)], i == 0 ? c["there"] : words[i]);
            c.A.iretd();
            c.Mark("there");
            c.A.mov(rdx, rsp);
            c.Done();
        });
        yield return new("IRET of 16 bits", c =>
        {
            const uint Near = 0x9000;
            c.A.mov(__dword_ptr[Near], 0x90_0000CD | (CaseWriter.DoneVector << 8));
            c.A.sub(rsp, 0x40);
            c.PlainFlags();
            ushort[] words = [(ushort)Near, Selectors.Code0, 2, 0x4000, Selectors.Data0];
            for (uint i = 0; i < words.Length; i++)
                c.A.mov(__word_ptr[Layout.CaseStack - 0x40 + (2 * i)], words[i]);
            c.A.mov(__byte_ptr[Layout.Idt + (CaseWriter.DoneVector * 16u) + 4], 4);
            c.A.iret();
        });
        yield return new("IRET with 66h and REX.W", c =>
        {
            Frame(c, Selectors.Code0, Selectors.Data0, Layout.CaseStack - 0x100, 2, c["there"]);
            c.Raw(0x66, 0x48, 0xCF);
            c.Mark("there");
            c.Done();
        });
        yield return new("IRETD in compatibility mode to the same ring pops three words", c =>
        {
            c.Compatibility(0);
            c.Embed(32, c["narrow"], a =>
            {
                a.push(2);
                a.push(Selectors.CompatibilityCode0);
                a.push((int)c["there"]);
                a.iretd();
            });
            c.Mark("there");
            c.Done();
        });
        yield return new("IRETD in compatibility mode to 64-bit code", c =>
        {
            c.Compatibility(0);
            c.Embed(32, c["narrow"], a =>
            {
                a.push(2);
                a.push(Selectors.Code0);
                a.push((int)c["there"]);
                a.iretd();
            });
            c.Mark("there");
            c.A.mov(rdx, rsp);
            c.Done();
        });
        yield return new("IRETD in compatibility mode to ring 3", c =>
        {
            c.UserPages();
            c.Compatibility(0);
            c.Embed(32, c["narrow"], a =>
            {
                a.push(Selectors.Data3);
                a.push((int)Layout.UserStack - 0x100);
                a.push(2);
                a.push(Selectors.Code3);
                a.push((int)c["there"]);
                a.iretd();
            });
            c.Mark("there");
            c.Done();
        });
    }

    private static IEnumerable<Case> LoadedFlags()
    {
        for (int ring = 0; ring < 4; ring++)
        {
            int level = ring;
            foreach ((string name, uint flags) in (IEnumerable<(string, uint)>)
                [
                    ("all flags", AllFlags), ("no flags", 2u), ("VIF, VIP and VM", 0x1A_0002u), ("RF", 0x1_0002u),
                    ("reserved flags", 0xFFC0_802Au),
                ])
            {
                yield return new($"IRETQ from ring {ring} to its own ring with {name}", c =>
                {
                    (ushort code, ushort stack) = level switch
                    {
                        0 => (Selectors.Code0, Selectors.Data0),
                        1 => (Selectors.Code1, Selectors.Data1),
                        2 => (Selectors.Code2, Selectors.Data2),
                        _ => (Selectors.Code3, Selectors.Data3),
                    };
                    c.Ring(level, 0x2000);
                    c.A.mov(eax, flags);
                    c.A.push(stack);
                    c.A.push((int)Layout.UserStack);
                    c.A.push(rax);
                    c.A.push(code);
                    c.A.push((int)c["there"]);
                    c.A.iretq();
                    c.Mark("there");
                    // PUSHF would show RF as 0, an interrupt's frame too: both are asked.
                    c.A.pushfq();
                    c.A.pop(rdx);
                    c.Done();
                });
            }
        }
        for (int ring = 0; ring < 4; ring += 3)
        {
            int level = ring;
            yield return new($"IRETQ with NT, CPL {ring}", c =>
            {
                c.Ring(level, NestedTask | 2);
                c.A.iretq();
            });
        }
        yield return new("IRETD with NT in compatibility mode", c =>
        {
            c.Leave(Selectors.CompatibilityCode0, Selectors.Data0, Layout.UserStack, NestedTask | 2);
            c.Embed(32, c["left"], a => a.iretd());
        });
        yield return new("IRETQ that sets NT", c =>
        {
            Frame(c, Selectors.Code0, Selectors.Data0, Layout.CaseStack, NestedTask | 2, c["there"]);
            c.A.iretq();
            c.Mark("there");
            c.Done();
        });
    }

    /// <summary>What happens to data segment registers on the way out.</summary>
    private static IEnumerable<Case> Segments()
    {
        foreach (bool narrow in (bool[])[false, true])
        {
            yield return new($"data segments and bases after IRETQ to {(narrow ? "compatibility " : "")}ring 3", c =>
            {
                c.UserPages();
                c.SetCr4(0x1_0000);
                c.Descriptor(Free, DescriptorBits.Segment(0x92, 0x1234_5678, 0xF_FFFF, 0xC));
                c.Descriptor(Free + 8, DescriptorBits.Segment(0xF2, 0x2345_6789, 0xF_FFFF, 0xC));
                c.Descriptor(Free + 16, DescriptorBits.Segment(0x9E, 0, 0xF_FFFF, 0xC));
                (AssemblerRegisterSegment Register, ushort Selector)[] loads = [(ds, Free + 8), (es, Free + 16), (fs, Free), (gs, Free + 8)];
                foreach ((AssemblerRegisterSegment register, ushort selector) in loads)
                {
                    c.A.mov(eax, selector);
                    c.A.mov(register, eax);
                }
                c.A.mov(eax, 0);
                Frame(c, narrow ? Selectors.CompatibilityCode3 : Selectors.Code3, Selectors.Data3, Layout.UserStack, 2, c["there"]);
                c.A.iretq();
                c.Mark("there");
                if (narrow)
                {
                    c.Done();
                }
                else
                {
                    c.A.rdfsbase(rcx);
                    c.A.rdgsbase(rdx);
                    c.Done();
                }
            });
        }
        yield return new("null selectors with RPL and their bases after IRETQ to ring 3", c =>
        {
            c.UserPages();
            c.SetCr4(0x1_0000);
            (AssemblerRegisterSegment Register, ushort Selector)[] loads = [(ds, 1), (es, 2), (fs, 3), (gs, 0)];
            foreach ((AssemblerRegisterSegment register, ushort selector) in loads)
            {
                c.A.mov(eax, selector);
                c.A.mov(register, eax);
            }
            c.A.mov(rax, 0x1234_5678_9ABC);
            c.A.wrfsbase(rax);
            c.A.mov(rax, 0x2345_6789_ABCD);
            c.A.wrgsbase(rax);
            c.A.mov(eax, 0);
            c.Ring(0);
            c.Leave(Selectors.Code3, Selectors.Data3, Layout.UserStack);
            c.A.rdfsbase(rcx);
            c.A.rdgsbase(rdx);
            c.Done();
        });
        yield return new("accessed bits after IRETQ", c =>
        {
            c.Descriptor(Free, DescriptorBits.Segment(0x9A, 0, 0xF_FFFF, 0xA));
            c.Descriptor(Free + 8, DescriptorBits.Segment(0x92, 0, 0xF_FFFF, 0xC));
            Frame(c, Free, Free + 8, Layout.CaseStack, 2, c["there"]);
            c.A.iretq();
            c.Mark("there");
            c.Done();
        }, Layout.Gdt + Free + 4, Layout.Gdt + Free + 12);
    }

    private static IEnumerable<Case> Others()
    {
        yield return new("IRETQ to an inner ring", c =>
        {
            c.Ring(3);
            Frame(c, Selectors.Code0, Selectors.Data0, Layout.CaseStack, 2, c["there"]);
            c.A.iretq();
            c.Mark("there");
            c.Done();
        });
        yield return new("IRETQ with a stack pointer that is no address", c =>
        {
            foreach (uint vector in (uint[])[8, 12, 13, 14])
                c.A.mov(__byte_ptr[Layout.Idt + (vector * 16) + 4], 2);
            c.A.mov(rsp, NotCanonical);
            c.A.iretq();
        });
        yield return new("IRETQ whose frame ends where addresses end", c =>
        {
            foreach (uint vector in (uint[])[8, 12, 13, 14])
                c.A.mov(__byte_ptr[Layout.Idt + (vector * 16) + 4], 2);
            c.A.mov(rsp, -8);
            c.A.iretq();
        });
    }

    private static void Frame(CaseWriter c, ulong code, ulong stack, ulong pointer, uint flags, ulong rip)
    {
        ulong[] words = [stack, pointer, flags, code, rip];
        foreach (ulong word in words)
        {
            c.A.mov(rax, word);
            c.A.push(rax);
        }
        c.A.mov(eax, 0);
    }
}
