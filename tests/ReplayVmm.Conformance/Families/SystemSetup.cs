using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>What cases of the 64-bit, debug and interrupt families have in common before their experiment starts.</summary>
internal static class SystemSetup
{
    /// <summary>The local APIC's registers.</summary>
    public const uint Apic = 0xFEE0_0000;

    /// <summary>The IO-APIC's registers.</summary>
    public const uint IoApic = 0xFEC0_0000;

    private const ulong UserPage = 0x87, UserTable = 7, SupervisorPage = 0x83, Uncached = 0x18;
    private const uint LargePage = 0x20_0000, ApicDirectory = Layout.PageTables + 0x3000;

    /// <summary>Writes a descriptor of 8 bytes, or of 16.</summary>
    public static void Descriptor(this CaseWriter c, int selector, ulong low, ulong? high = null)
    {
        uint place = Layout.Gdt + ((uint)selector & 0xFFF8);
        c.PokeLong(place, low);
        if (high is { } upper)
            c.PokeLong(place + 8, upper);
    }

    /// <summary>64-bit guests: tables of the case's own, user pages from 0 to 16 MiB and the local APIC's page.</summary>
    public static void UserPages(this CaseWriter c)
    {
        const uint Root = Layout.PageTables, Pointers = Root + 0x1000, Directory = Root + 0x2000;
        c.PokeLong(Root, Pointers | UserTable);
        c.PokeLong(Pointers, Directory | UserTable);
        c.PokeLong(Pointers + (8 * (Apic >> 30)), ApicDirectory | UserTable);
        for (uint page = 0; page < 8; page++)
            c.PokeLong(Directory + (8 * page), (page * LargePage) | UserPage);
        c.PokeLong(ApicDirectory + (8 * ((Apic >> 21) & 511)), Apic | SupervisorPage | Uncached);
        c.A.mov(eax, Root);
        c.A.mov(cr3, rax);
        c.A.mov(eax, 0);
    }

    /// <summary>Adds the IO-APIC's page to what <see cref="UserPages"/> maps.</summary>
    public static void IoApicPage(this CaseWriter c) =>
        c.PokeLong(ApicDirectory + (8 * ((IoApic >> 21) & 511)), IoApic | SupervisorPage | Uncached);

    /// <summary>
    /// Goes on behind this call in another segment, by IRET with a stack pointer; no general register changes but the stack pointer.
    /// </summary>
    public static void Leave(this CaseWriter c, ushort code, ushort stack, uint pointer, uint flags = 2, string place = "left")
    {
        Assembler a = c.A;
        if (c.Mode == 64)
        {
            a.push(stack);
            a.push((int)pointer);
            a.push((int)flags);
            a.push(code);
            a.push((int)c[place]);
            a.iretq();
        }
        else
        {
            if ((code & 3) != 0)
            {
                a.push(stack);
                a.push((int)pointer);
            }
            a.push((int)flags);
            a.push(code);
            a.push((int)c[place]);
            a.iretd();
        }
        c.Mark(place);
    }

    /// <summary>Goes on in ring <paramref name="ring"/>, in the family's own mode.</summary>
    public static void Ring(this CaseWriter c, int ring, uint flags = 2)
    {
        if (ring == 3 && c.Mode == 64)
            c.UserPages();
        c.Leave(Protection.CodeOf(ring), Protection.DataOf(ring), Layout.UserStack, flags, $"ring{ring}");
    }

    /// <summary>
    /// As <see cref="Ring"/>, with data segments of that ring in DS and ES, which the way out makes null; EAX is 0 afterwards.
    /// </summary>
    public static void RingWithData(this CaseWriter c, int ring)
    {
        c.Ring(ring);
        if (ring == 0)
            return;
        c.A.mov(eax, Protection.DataOf(ring));
        c.A.mov(ds, eax);
        c.A.mov(es, eax);
        c.A.mov(eax, 0);
    }

    /// <summary>
    /// Ends the case with the marker of absence where CPUID lacks what <paramref name="feature"/> says; EAX, EBX, ECX and EDX are 0 where
    /// it goes on.
    /// </summary>
    public static void Need(this CaseWriter c, CpuidBit feature)
    {
        Label present = c.A.CreateLabel();
        c.A.mov(eax, feature.Leaf);
        c.A.mov(ecx, 0);
        c.A.cpuid();
        c.A.mov(eax, 0);
        c.A.bt(feature.InEcx ? ecx : edx, feature.Bit);
        c.A.mov(ebx, 0);
        c.ClearPair();
        c.A.jc(present);
        c.A.mov(eax, Comparison.AbsentMark);
        c.PlainFlags();
        c.Done();
        c.A.Label(ref present);
        c.PlainFlags();
    }

    /// <summary>64-bit guests: goes on in compatibility mode. What follows is written by <see cref="CaseWriter.Embed"/>.</summary>
    public static void Compatibility(this CaseWriter c, int ring)
    {
        if (ring == 3)
            c.UserPages();
        c.LeaveForCompatibility(ring);
    }

    /// <summary>The same, with the pages as they are.</summary>
    public static void LeaveForCompatibility(this CaseWriter c, int ring)
    {
        ushort code = ring == 3 ? Selectors.CompatibilityCode3 : Selectors.CompatibilityCode0;
        c.Leave(code, ring == 3 ? Selectors.Data3 : Selectors.Data0, Layout.UserStack, place: "narrow");
    }

    /// <summary>An entry of the IDT that leads to <paramref name="offset"/>.</summary>
    public static void Gate(this CaseWriter c, byte vector, uint offset, byte access = 0x8E, ushort selector = Selectors.Code0, byte stack = 0)
    {
        uint size = c.Mode == 64 ? 16u : 8u;
        c.PokeLong(Layout.Idt + (vector * size), DescriptorBits.Gate(access, selector, offset, stack));
    }

    /// <summary>WRMSR; EAX, ECX and EDX are 0 afterwards.</summary>
    public static void WriteMsr(this CaseWriter c, uint index, ulong value)
    {
        c.A.mov(ecx, index);
        c.A.mov(eax, (uint)value);
        c.A.mov(edx, (uint)(value >> 32));
        c.A.wrmsr();
        c.ClearPair();
    }

    /// <summary>EAX, ECX and EDX become 0, the flags stay.</summary>
    public static void ClearPair(this CaseWriter c)
    {
        c.A.mov(eax, 0);
        c.A.mov(ecx, 0);
        c.A.mov(edx, 0);
    }

    /// <summary>Sets bits of CR4; EAX is 0 afterwards.</summary>
    public static void SetCr4(this CaseWriter c, uint bits)
    {
        if (c.Mode == 64)
        {
            c.A.mov(rax, cr4);
            c.A.or(eax, bits);
            c.A.mov(cr4, rax);
        }
        else
        {
            c.A.mov(eax, cr4);
            c.A.or(eax, bits);
            c.A.mov(cr4, eax);
        }
        c.A.mov(eax, 0);
        c.PlainFlags();
    }

    /// <summary>Makes the arithmetic flags those of a result of zero: ZF and PF.</summary>
    public static void PlainFlags(this CaseWriter c) => c.A.cmp(esp, esp);

    /// <summary>IRET of the family's own width.</summary>
    public static void Return(this CaseWriter c)
    {
        if (c.Mode == 64)
            c.A.iretq();
        else
            c.A.iretd();
    }

    /// <summary>POPF of the family's own width.</summary>
    public static void PopFlags(this CaseWriter c)
    {
        if (c.Mode == 64)
            c.A.popfq();
        else
            c.A.popfd();
    }

    /// <summary>Loads these flags.</summary>
    public static void PopFlags(this CaseWriter c, uint flags)
    {
        c.A.push((int)flags);
        c.PopFlags();
    }

    /// <summary>Raw bytes.</summary>
    public static void Raw(this CaseWriter c, params byte[] bytes) => c.A.db(bytes);
}
