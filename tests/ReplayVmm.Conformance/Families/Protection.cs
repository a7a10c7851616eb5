using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>What cases on protection have in common: descriptors, rings, gates.</summary>
internal static class Protection
{
    /// <summary>The selector that most cases describe for themselves, RPL 0.</summary>
    public const ushort Chosen = Selectors.Free;
    /// <summary>A second one.</summary>
    public const ushort Second = Selectors.Free + 8;
    /// <summary>A third one.</summary>
    public const ushort Third = Selectors.Free + 16;
    /// <summary>Selector of the LDT's descriptor, where a case has one.</summary>
    public const ushort LdtSelector = Selectors.Free + 24;
    /// <summary>Segment selector bit: in the LDT.</summary>
    public const ushort Local = 4;
    /// <summary>Access byte: present.</summary>
    public const byte Present = 0x80;
    /// <summary>Flags of a flat 32-bit segment: G and D.</summary>
    public const byte Flat = 0xC;
    /// <summary>Most that a limit holds.</summary>
    public const uint MostLimit = 0xF_FFFF;

    /// <summary>Names of the 32 descriptor types: bit 4 is S.</summary>
    public static IReadOnlyList<string> TypeNames { get; } =
    [
        "type 0", "available TSS-16", "LDT", "busy TSS-16", "call gate-16", "task gate", "interrupt gate-16", "trap gate-16",
        "type 8", "available TSS", "type 10", "busy TSS", "call gate", "type 13", "interrupt gate", "trap gate",
        "data", "data accessed", "data writable", "data writable accessed",
        "data down", "data down accessed", "data down writable", "data down writable accessed",
        "code", "code accessed", "code readable", "code readable accessed",
        "conforming", "conforming accessed", "conforming readable", "conforming readable accessed",
    ];

    /// <summary>The name of a segment register, as manuals write it.</summary>
    public static string Name(AssemblerRegisterSegment register) => $"{(Register)register}";

    /// <summary>Linear address of the upper half of a descriptor in the GDT.</summary>
    public static uint High(ushort selector) => Layout.Gdt + (selector & ~7u) + 4;

    /// <summary>A flat segment of type <paramref name="type"/> (5 bits with S).</summary>
    public static ulong FlatSegment(int type, int dpl, bool present = true) =>
        DescriptorBits.Segment(Access(type, dpl, present), 0, MostLimit, Flat);

    /// <summary>Stack segments for ring 1 that are good and bad: each type, RPL and DPL, and absent.</summary>
    /// <param name="selector">The selector that the descriptor is for, RPL 0.</param>
    public static IEnumerable<(string Name, ushort Selector, ulong Descriptor)> Ring1Stacks(ushort selector)
    {
        const int Writable = 0x12;
        ushort right = (ushort)(selector | 1);
        for (int type = 0; type < 32; type++)
            yield return ($"stack of {TypeNames[type]}", right, FlatSegment(type, 1));
        foreach (ushort rpl in (ushort[])[0, 2, 3])
            yield return ($"stack with RPL {rpl}", (ushort)(selector | rpl), FlatSegment(Writable, 1));
        foreach (int dpl in (int[])[0, 2, 3])
            yield return ($"stack of DPL {dpl}", right, FlatSegment(Writable, dpl));
        yield return ("stack not present", right, FlatSegment(Writable, 1, false));
    }

    /// <summary>An access byte.</summary>
    public static byte Access(int type, int dpl, bool present = true) => (byte)(type | (dpl << 5) | (present ? Present : 0));

    /// <summary>Stores 32 bits.</summary>
    public static void Poke(this CaseWriter c, uint address, uint value) => c.A.mov(__dword_ptr[address], value);

    /// <summary>Stores 16 bits.</summary>
    public static void PokeWord(this CaseWriter c, uint address, ushort value) => c.A.mov(__word_ptr[address], value);

    /// <summary>Stores 64 bits.</summary>
    public static void PokeLong(this CaseWriter c, uint address, ulong value)
    {
        c.Poke(address, (uint)value);
        c.Poke(address + 4, (uint)(value >> 32));
    }

    /// <summary>Writes a descriptor into the GDT, or the page of the LDT.</summary>
    public static void Describe(this CaseWriter c, ushort selector, ulong descriptor) =>
        c.PokeLong(((selector & Local) == 0 ? Layout.Gdt : Layout.Ldt) + (selector & ~7u), descriptor);

    /// <summary>Loads LDTR with the page of the LDT.</summary>
    public static void LoadLdt(this CaseWriter c, uint limit = 0xFFF)
    {
        c.Describe(LdtSelector, DescriptorBits.Segment(Access(2, 0), Layout.Ldt, limit, 0));
        c.A.mov(eax, LdtSelector);
        c.A.lldt(ax);
        c.A.mov(eax, 0);
    }

    /// <summary>Writes a gate into the IDT.</summary>
    public static void Gate(this CaseWriter c, byte vector, byte access, ushort selector, uint offset) =>
        c.PokeLong(Layout.Idt + (vector * 8u), DescriptorBits.Gate(access, selector, offset));

    /// <summary>The code selector of a ring, RPL as the ring.</summary>
    public static ushort CodeOf(int ring) =>
        ring switch { 0 => Selectors.Code0, 1 => Selectors.Code1, 2 => Selectors.Code2, _ => Selectors.Code3 };

    /// <summary>The data selector of a ring, RPL as the ring.</summary>
    public static ushort DataOf(int ring) =>
        ring switch { 0 => Selectors.Data0, 1 => Selectors.Data1, 2 => Selectors.Data2, _ => Selectors.Data3 };

    /// <summary>
    /// Goes on in another ring, on the stack of ring-3 programs, with ring 3's data segment in DS and ES; ring 0 stays as it is.
    /// </summary>
    /// <param name="c">Where to write.</param>
    /// <param name="ring">The ring.</param>
    /// <param name="flags">EFLAGS there.</param>
    /// <param name="ss">Stack segment, or 0 for the ring's own.</param>
    /// <param name="esp">Stack pointer.</param>
    public static void Enter(this CaseWriter c, int ring, uint flags = 2, ushort ss = 0, uint esp = Layout.UserStack)
    {
        if (ring == 0 && ss == 0)
        {
            c.A.push((int)flags);
            c.A.popfd();
            return;
        }
        c.A.mov(eax, Selectors.Data3);
        c.A.mov(ds, ax);
        c.A.mov(es, ax);
        c.A.mov(eax, 0);
        c.Push(ss == 0 ? DataOf(ring) : ss);
        c.Push(esp);
        c.Push(flags);
        c.Push(CodeOf(ring));
        c.Push(c["ring"]);
        c.A.iretd();
        c.Mark("ring");
    }

    /// <summary>Pushes 32 bits, always as an instruction of five bytes.</summary>
    public static void Push(this CaseWriter c, uint value) => c.A.AddInstruction(Instruction.Create(Code.Pushd_imm32, value));

    /// <summary>Loads a segment register through AX, which is then 0.</summary>
    public static void Load(this CaseWriter c, AssemblerRegisterSegment register, ushort selector)
    {
        c.A.mov(eax, selector);
        c.A.mov(register, ax);
        c.A.mov(eax, 0);
    }

    /// <summary>Far jump to a place in this case, in a flat 32-bit segment.</summary>
    public static void JumpFar(this CaseWriter c, ushort selector, uint offset) =>
        c.A.AddInstruction(Instruction.CreateBranch(Code.Jmp_ptr1632, selector, offset));

    /// <summary>Far call.</summary>
    public static void CallFar(this CaseWriter c, ushort selector, uint offset) =>
        c.A.AddInstruction(Instruction.CreateBranch(Code.Call_ptr1632, selector, offset));
}
