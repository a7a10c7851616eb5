namespace ReplayVmm.Processor;

/// <summary>
/// States in which boot loaders hand over to a program, hidden parts of segments included, so that no descriptor table has to be in memory
/// yet.
/// Each starts from <see cref="ProcessorReset.Reset"/>; general registers are 0 but for those given. A caller that changes a running
/// processor's state calls
/// <see cref="IVirtualProcessor.StateChanged"/> afterwards.
/// </summary>
public static unsafe class BootState
{
    private const uint Code32 = 0xC09B, Data = 0xC093, Code64 = 0xA09B;
    private const ushort CodeSelector = 0x10, DataSelector = 0x18;

    /// <summary>
    /// Real-address mode at <paramref name="segment"/>:<paramref name="offset"/>, all data segments and SS at <paramref name="segment"/>.
    /// </summary>
    public static void Real(ref CpuState s, ushort segment, ushort offset, ushort stackPointer = 0)
    {
        ProcessorReset.Reset(ref s);
        s.Cr0 = Cr0.Et;
        for (int n = 0; n < 6; n++)
        {
            s.SegmentSelector[n] = segment;
            s.SegmentBase[n] = (ulong)segment << 4;
            s.SegmentAttributes[n] = 0x93;
        }
        s.IdtLimit = 0x3FF;
        s.Rip = offset;
        s.Gpr[4] = stackPointer;
    }

    /// <summary>
    /// Flat 32-bit protected mode, paging off, interrupts off: what Multiboot and the Linux 32-bit boot protocol ask for. CS is 10h, the
    /// data segments 18h; GDT and IDT
    /// are empty.
    /// </summary>
    public static void Protected32(ref CpuState s, uint eip, uint esp = 0)
    {
        ProcessorReset.Reset(ref s);
        s.Cr0 = Cr0.Pe | Cr0.Et;
        SetFlat(ref s, Code32);
        s.Rip = eip;
        s.Gpr[4] = esp;
    }

    /// <summary>
    /// 64-bit mode with 4-level page tables at <paramref name="cr3"/>, interrupts off: CR0 PG, PE, NE, WP; CR4 PAE; EFER LME, LMA, SCE, NXE
    /// clear.
    /// </summary>
    public static void Long64(ref CpuState s, ulong rip, ulong rsp, ulong cr3)
    {
        ProcessorReset.Reset(ref s);
        s.Cr0 = Cr0.Pe | Cr0.Et | Cr0.Ne | Cr0.Wp | Cr0.Pg;
        s.Cr3 = cr3;
        s.Cr4 = Cr4.Pae;
        s.Efer = Efer.Lme | Efer.Lma;
        SetFlat(ref s, Code64);
        s.Rip = rip;
        s.Gpr[4] = rsp;
    }

    private static void SetFlat(ref CpuState s, uint code)
    {
        for (int n = 0; n < 6; n++)
        {
            bool isCode = n == (int)SegmentIndex.Cs;
            s.SegmentSelector[n] = isCode ? CodeSelector : DataSelector;
            s.SegmentBase[n] = 0;
            s.SegmentLimit[n] = uint.MaxValue;
            s.SegmentAttributes[n] = isCode ? code : Data;
        }
        (s.GdtLimit, s.IdtLimit) = (0, 0);
    }
}
