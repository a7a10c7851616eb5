using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// Task states for cases: a second task, whose code tells what it finds, and a task for each fault that a broken task state raises, since
/// such a fault comes up on whatever stack the new task has.
/// </summary>
internal static class Tasks
{
    /// <summary>Selector of the second task.</summary>
    public const ushort Selector = Protection.Chosen;
    /// <summary>Code segment at <see cref="Layout.Scratch"/>.</summary>
    public const ushort Code = Protection.Second;
    /// <summary>For the case.</summary>
    public const ushort Free = Protection.Third;
    /// <summary>Selector of a task gate to the second task.</summary>
    public const ushort GateSelector = Selectors.Free + 0x20;
    /// <summary>An interrupt for <see cref="InterruptTaskGates"/>.</summary>
    public const byte Vector = 0x50;
    /// <summary>EIP of the second task.</summary>
    public const uint Entry = 0x10;
    /// <summary>Access byte of an available 32-bit TSS.</summary>
    public const byte Tss32 = 0x89;
    /// <summary>Access byte of an available 16-bit TSS.</summary>
    public const byte Tss16 = 0x81;

    private const ushort FaultSelectors = Selectors.Free + 0x40;
    private static readonly byte[] FaultVectors = [8, 10, 11, 12, 13];

    /// <summary>
    /// Words that a line shows: the new TSS's link, the descriptors of the old and the new TSS, and the old task's EIP and EFLAGS.
    /// </summary>
    public static uint[] Probes => [Layout.OtherTss, Protection.High(Selectors.Tss), Protection.High(Selector), Layout.Tss + 0x20, Layout.Tss + 0x24];

    /// <summary>Offset of a field of a TSS, by its name in a 32-bit one.</summary>
    public static uint Field(bool wide, string name) => Layout.OtherTss + name switch
    {
        "EIP" => wide ? 0x20u : 0x0E,
        "EFLAGS" => wide ? 0x24u : 0x10,
        "ES" => wide ? 0x48u : 0x22,
        "CS" => wide ? 0x4Cu : 0x24,
        "SS" => wide ? 0x50u : 0x26,
        "DS" => wide ? 0x54u : 0x28,
        "FS" => 0x58,
        "GS" => 0x5C,
        "LDT" => wide ? 0x60u : 0x2A,
        "T" => 0x64,
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };

    /// <summary>Writes TSS, descriptors, gates and code of the second task and of those for faults.</summary>
    public static void Prepare(this CaseWriter c, bool wide = true)
    {
        c.Describe(Code, DescriptorBits.Segment(0x9A, Layout.Scratch, 0xFFFF, 4));
        c.Describe(Selector, DescriptorBits.Segment(wide ? Tss32 : Tss16, Layout.OtherTss, wide ? 0x67u : 0x2B, 0));
        c.Describe(GateSelector, DescriptorBits.Gate(0x85, Selector, 0));
        // STR ECX; MOV EDX, CR0; INT 40h. What differs between machines in CR0 is cut off.
        c.PokeLong(Layout.Scratch + Entry, 0x0F_C9_00_0F | (0xE2_83_C2_20ul << 32));
        c.PokeLong(Layout.Scratch + Entry + 8, 0x40_CD_0B);
        if (wide)
        {
            c.Poke(Layout.OtherTss + 0x20, Entry);
            c.Poke(Layout.OtherTss + 0x24, 2);
            c.Poke(Layout.OtherTss + 0x28, 0x1111_1111);
            c.Poke(Layout.OtherTss + 0x38, Layout.UserStack);
            c.Poke(Layout.OtherTss + 0x40, 0x7777_7777);
            c.Poke(Layout.OtherTss + 0x48, Selectors.Data0);
            c.Poke(Layout.OtherTss + 0x4C, Code);
            c.Poke(Layout.OtherTss + 0x50, Selectors.Data0);
            c.Poke(Layout.OtherTss + 0x54, Selectors.Data0);
            c.Poke(Layout.OtherTss + 0x58, Selectors.Data0);
            c.Poke(Layout.OtherTss + 0x5C, Selectors.Data0);
            // Ring 0's stack, for tasks of other rings.
            c.Poke(Layout.OtherTss + 4, Layout.Ring0Stack);
            c.Poke(Layout.OtherTss + 8, Selectors.Data0);
        }
        else
        {
            c.Poke(Layout.OtherTss + 0x0E, Entry | (2 << 16));
            c.Poke(Layout.OtherTss + 0x12, 0x1111);
            c.PokeWord(Layout.OtherTss + 0x1A, 0x8000);
            c.PokeWord(Layout.OtherTss + 0x1E, 0x7777);
            c.Poke(Layout.OtherTss + 0x22, Selectors.Data0 | ((uint)Code << 16));
            c.Poke(Layout.OtherTss + 0x26, Free | ((uint)Selectors.Data0 << 16));
            c.Describe(Free, DescriptorBits.Segment(0x92, Layout.Stacks, 0xFFFF, 0));
        }
    }

    /// <summary>Makes <see cref="Vector"/> and #UD lead to the second task.</summary>
    public static void InterruptTaskGates(this CaseWriter c)
    {
        c.Gate(Vector, 0xE5, Selector, 0);
        c.Gate(6, 0x85, Selector, 0);
    }

    /// <summary>Goes to the second task, in one of the ways "JMP", "CALL", "JMP gate", "CALL gate", "INT gate" and "#UD gate".</summary>
    public static void SwitchTask(this CaseWriter c, string way, ushort rpl = 0)
    {
        switch (way)
        {
            case "JMP":
                c.JumpFar((ushort)(Selector | rpl), 0x1234);
                break;
            case "CALL":
                c.CallFar((ushort)(Selector | rpl), 0x1234);
                break;
            case "JMP gate":
                c.JumpFar((ushort)(GateSelector | rpl), 0x1234);
                break;
            case "CALL gate":
                c.CallFar((ushort)(GateSelector | rpl), 0x1234);
                break;
            case "INT gate":
                c.A.@int(Vector);
                break;
            default:
                c.A.ud2();
                break;
        }
    }

    /// <summary>
    /// Handles #DF, #TS, #NP, #SS and #GP by tasks: EBX is the vector, EDX the selector of the task that was interrupted.
    /// </summary>
    public static void CatchFaults(this CaseWriter c)
    {
        for (uint n = 0; n < FaultVectors.Length; n++)
        {
            uint tss = Layout.OtherTss + 0x1000 + (n * 0x80);
            ushort selector = (ushort)(FaultSelectors + (n * 8));
            c.Describe(selector, DescriptorBits.Segment(Tss32, tss, 0x67, 0));
            c.Gate(FaultVectors[n], 0x85, selector, 0);
            c.Poke(tss + 0x20, c["fault"]);
            c.Poke(tss + 0x24, 2);
            c.Poke(tss + 0x34, FaultVectors[n]);
            c.Poke(tss + 0x38, Layout.Ring2Stack - 0x40);
            c.Poke(tss + 0x40, tss);
            c.Poke(tss + 0x4C, Selectors.Code0);
            foreach (uint field in (uint[])[0x48, 0x50, 0x54, 0x58, 0x5C])
                c.Poke(tss + field, Selectors.Data0);
        }
    }

    /// <summary>The code of the tasks that handle faults.</summary>
    public static void Caught(this CaseWriter c)
    {
        c.Mark("fault");
        c.A.movzx(edx, __word_ptr[esi]);
        c.A.mov(esi, 0);
        c.Done();
    }
}
