using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// Descriptor tables, tasks and questions about descriptors in 64-bit mode (SDM volume 3, 7.2.3; volume 2, LGDT, LLDT, LTR, LAR, LSL).
/// </summary>
internal static class LongTables
{
    private const ushort Free = Selectors.Free;
    private const uint High = 0x1122;

    /// <summary>In 64-bit mode.</summary>
    public static IEnumerable<Case> Make() => [.. Tables(), .. Queries()];

    private static IEnumerable<Case> Tables()
    {
        foreach (bool task in (bool[])[false, true])
        {
            string instruction = task ? "LTR" : "LLDT";
            byte right = (byte)(task ? 0x89 : 0x82);
            foreach ((string name, byte access, ulong high, ushort selector) in (IEnumerable<(string, byte, ulong, ushort)>)
                [
                    ("a descriptor", right, 0, Free), ("null", right, 0, 0), ("null with RPL 3", right, 0, 3),
                    ("a high base", right, 0x7FFF, Free), ("a base that is not canonical", right, 0x8000, Free),
                    ("a negative base", right, 0xFFFF_8000, Free), ("a type in the upper half", right, 0x0200UL << 32, Free),
                    ("rubbish above the type in the upper half", right, 0xFF00_E0FFUL << 32, Free),
                    ("an absent descriptor", (byte)(right & 0x7F), 0, Free), ("a busy TSS", 0x8B, 0, Free),
                    ("a 16-bit TSS", 0x81, 0, Free), ("data", 0x92, 0, Free), ("a selector of the LDT", right, 0, Free | 4),
                    ("the last 8 bytes of the GDT", right, 0, 0xFF8), ("RPL 3", right, 0, Free | 3),
                ])
            {
                yield return new($"{instruction} of {name}", c =>
                {
                    if (selector >= Free)
                        c.Descriptor(selector, DescriptorBits.Segment(access, Layout.OtherTss, 0xFFF, 0), selector < 0xFF0 ? high : null);
                    c.A.mov(ecx, selector);
                    if (task)
                        c.A.ltr(cx);
                    else
                        c.A.lldt(cx);
                    c.A.sldt(edx);
                    c.A.str(ebx);
                    c.Done();
                }, Layout.Gdt + Free + 4);
            }
        }
        foreach ((string name, ulong value) in (IEnumerable<(string, ulong)>)
            [
                ("canonical", 0xFFFF_8000_0000_0000), ("not canonical", 0x8000_0000_0000),
            ])
        {
            yield return new($"LGDT of a base that is {name}", c =>
            {
                c.A.mov(__word_ptr[Layout.Scratch], 0xFFF);
                c.PokeLong(Layout.Scratch + 2, value);
                c.A.sgdt(__[Layout.Scratch + 0x20]);
                c.A.lgdt(__[Layout.Scratch]);
                c.A.sgdt(__[Layout.Scratch + 0x10]);
                c.A.lgdt(__[Layout.Scratch + 0x20]);
                c.Done();
            }, Layout.Scratch + 0x10, Layout.Scratch + 0x14, Layout.Scratch + 0x18, Layout.Scratch + 0x20);
        }
        foreach ((string name, byte[] bytes) in (IEnumerable<(string, byte[])>)
            [
                ("SLDT BX", [0x66, 0x0F, 0x00, 0xC3]), ("STR EBX", [0x0F, 0x00, 0xCB]), ("STR RBX", [0x48, 0x0F, 0x00, 0xCB]),
                ("SMSW BX", [0x66, 0x0F, 0x01, 0xE3]), ("SMSW EBX", [0x0F, 0x01, 0xE3]), ("SMSW RBX", [0x48, 0x0F, 0x01, 0xE3]),
            ])
        {
            yield return new(name, c =>
            {
                c.A.mov(rbx, -1);
                c.Raw(bytes);
                c.Done();
            });
        }
    }

    /// <summary>LAR and LSL of each system type, and VERR and VERW.</summary>
    private static IEnumerable<Case> Queries()
    {
        for (byte type = 0; type < 16; type++)
        {
            byte access = (byte)(0xE0 | type);
            yield return new($"LAR and LSL of system type {type}", c =>
            {
                c.Descriptor(Free, DescriptorBits.Segment(access, 0, 0x2345, 0), 0);
                Query(c);
            });
        }
        yield return new("LAR and LSL of a type in the upper half", c =>
        {
            c.Descriptor(Free, DescriptorBits.Segment(0x89, 0, 0x2345, 0), High << 8 | 0xFFFF_FFFFUL << 32);
            Query(c);
        });
        yield return new("LAR and LSL with REX.W", c =>
        {
            c.A.mov(ecx, Selectors.Data0);
            c.A.mov(rdx, -1);
            c.A.mov(rsi, -1);
            c.A.lar(rdx, rcx);
            c.A.lsl(rsi, rcx);
            // Bits 16 to 19 of what LAR gives are not defined.
            c.A.and(edx, unchecked((int)0xFFF0_FFFF));
            c.A.verw(cx);
            c.A.setz(bl);
            c.A.verr(cx);
            c.A.setz(bh);
            c.PlainFlags();
            c.Done();
        });
    }

    /// <summary>LAR to EDX and LSL to ESI, with ZF in BL and BH.</summary>
    private static void Query(CaseWriter c)
    {
        c.A.mov(ecx, Free);
        c.A.lar(edx, ecx);
        c.A.sete(bl);
        c.A.lsl(esi, ecx);
        c.A.sete(bh);
        c.PlainFlags();
        c.Done();
    }
}
