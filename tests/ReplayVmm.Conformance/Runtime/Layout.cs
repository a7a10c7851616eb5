namespace ReplayVmm.Conformance;

/// <summary>Where things lie in a conformance guest's physical memory; linear addresses are the same unless a case maps its own.</summary>
internal static class Layout
{
    /// <summary>The image, first byte of the Multiboot header.</summary>
    public const uint Image = 0x10_0000;
    /// <summary>Most bytes of an image.</summary>
    public const int ImageSize = 0x10_0000;

    /// <summary>Global descriptor table, one page, made anew before each case.</summary>
    public const uint Gdt = 0x20_0000;
    /// <summary>Interrupt descriptor table, one page.</summary>
    public const uint Idt = 0x20_1000;
    /// <summary>Local descriptor table, one page, empty and not loaded.</summary>
    public const uint Ldt = 0x20_2000;
    /// <summary>The task state segment that is loaded, one page; the I/O permission map (all ones) follows its 104 bytes.</summary>
    public const uint Tss = 0x20_3000;
    /// <summary>Room for a second task, one page of zeros.</summary>
    public const uint OtherTss = 0x20_4000;
    /// <summary>What the last case left: see <see cref="Record"/>.</summary>
    public const uint Records = 0x20_7000;

    /// <summary>Lower end of the stack area, zeroed before each case.</summary>
    public const uint Stacks = 0x21_0000;
    /// <summary>Bytes of the stack area.</summary>
    public const uint StacksSize = 0x1_0000;
    /// <summary>Top of the stack of a ring-3 program.</summary>
    public const uint UserStack = 0x21_4000;
    /// <summary>Top of the stack for ring 1, in the TSS.</summary>
    public const uint Ring1Stack = 0x21_5000;
    /// <summary>Top of the stack for ring 2, in the TSS.</summary>
    public const uint Ring2Stack = 0x21_6000;
    /// <summary>ESP at a case's first instruction.</summary>
    public const uint CaseStack = 0x21_8000;
    /// <summary>Top of the stack for ring 0 in the TSS.</summary>
    public const uint Ring0Stack = 0x21_A000;
    /// <summary>Top of the stacks of IST 1 to 7 (64-bit), 1 KiB each, IST 1 the lowest.</summary>
    public const uint InterruptStacks = 0x21_B000;
    /// <summary>Top of the runtime's own stack.</summary>
    public const uint RuntimeStack = 0x22_0000;

    /// <summary>Room for the case, 64 KiB, zeroed before each.</summary>
    public const uint Scratch = 0x30_0000;
    /// <summary>Bytes of <see cref="Scratch"/>.</summary>
    public const uint ScratchSize = 0x1_0000;
    /// <summary>Room for page tables that a case makes, 256 KiB, not cleared by the runtime.</summary>
    public const uint PageTables = 0x40_0000;
    /// <summary>The runtime's own page tables in 64-bit guests: the first GiB, by 2 MiB pages, supervisor.</summary>
    public const uint RuntimePageTables = 0x3F_0000;

    /// <summary>Real-mode and virtual-8086 code and data: paragraph 1000h to 1FFFh; the first 4 KiB are zeroed before each case.</summary>
    public const uint Low = 0x1_0000;
    /// <summary>Segment register value of <see cref="Low"/>.</summary>
    public const ushort LowSegment = (ushort)(Low >> 4);
}
