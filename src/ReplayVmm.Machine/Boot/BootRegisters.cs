using ReplayVmm.Processor;

namespace ReplayVmm.Machine;

/// <summary>The first processor's registers at its first instruction.</summary>
// SAFETY: writes fixed-size arrays of the processor's state with architectural register numbers.
internal static unsafe class BootRegisters
{
    private const uint Code16 = 0x9B, Data16 = 0x93, Code32 = 0xC09B, Code64 = 0xA09B, Data32 = 0xC093, LocalTable = 0x82, BusyTask = 0x8B;

    /// <summary>
    /// Puts the state that <paramref name="boot"/> describes into <paramref name="processor"/>; what it does not mention is as after
    /// power-on.
    /// </summary>
    public static void Load(IVirtualProcessor processor, BootManifest boot)
    {
        CpuState* s = processor.State;
        *s = default;
        for (int i = 0; i < boot.Registers.Count; i++)
            s->Gpr[i] = boot.Registers[i];
        s->Rflags = Rflags.Fixed1;
        s->Dr6 = 0xFFFF0FF0;
        s->Dr7 = 0x400;
        s->Xcr0 = 1;
        s->Mxcsr = 0x1F80;
        s->Pat = 0x0007_0406_0007_0406;
        s->AddressLine20 = 1;
        s->IdtLimit = 0x3FF;
        SetSegment(s, SegmentIndex.Ldtr, 0, 0, 0xFFFF, LocalTable);
        SetSegment(s, SegmentIndex.Tr, 0, 0, 0xFFFF, BusyTask);
        s->Rip = boot.Entry;
        switch (boot.Mode)
        {
            case 16:
                LoadRealMode(s, boot.Entry);
                break;
            case 32:
                LoadProtectedMode(s, Code32, BootTable.Address);
                s->Cr0 = Cr0.Pe | Cr0.Et;
                break;
            default:
                LoadProtectedMode(s, Code64, BootTable.Address64);
                s->Cr3 = boot.PageTables;
                s->Cr4 = Cr4.Pae;
                s->Efer = Efer.Lme | Efer.Lma;
                s->Cr0 = Cr0.Pe | Cr0.Et | Cr0.Pg;
                break;
        }
    }

    /// <summary>Real mode: the code segment begins at the last multiple of 64 KiB that the entry allows, all others at 0.</summary>
    private static void LoadRealMode(CpuState* s, ulong entry)
    {
        ulong codeBase = entry & ~0xFFFFul;
        s->Cr0 = Cr0.Et;
        s->Rip = entry - codeBase;
        for (SegmentIndex i = SegmentIndex.Es; i <= SegmentIndex.Gs; i++)
            SetSegment(s, i, 0, 0, 0xFFFF, Data16);
        SetSegment(s, SegmentIndex.Cs, (ushort)(codeBase >> 4), codeBase, 0xFFFF, Code16);
    }

    private static void LoadProtectedMode(CpuState* s, uint code, ulong table)
    {
        s->GdtBase = table;
        s->GdtLimit = BootTable.Limit;
        s->IdtLimit = 0;
        for (SegmentIndex i = SegmentIndex.Es; i <= SegmentIndex.Gs; i++)
            SetSegment(s, i, BootTable.Data, 0, uint.MaxValue, Data32);
        SetSegment(s, SegmentIndex.Cs, BootTable.Code, 0, uint.MaxValue, code);
    }

    private static void SetSegment(CpuState* s, SegmentIndex index, ushort selector, ulong address, uint limit, uint attributes)
    {
        s->SegmentSelector[(int)index] = selector;
        s->SegmentBase[(int)index] = address;
        s->SegmentLimit[(int)index] = limit;
        s->SegmentAttributes[(int)index] = attributes;
    }
}
