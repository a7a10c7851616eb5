using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>RDMSR and WRMSR: which values and which programs they refuse (SDM volume 2; volume 4, chapter 2).</summary>
internal static class ModelRegisters
{
    private const uint Pat = 0x277, ApicBase = 0x1B, MiscEnable = 0x1A0;
    private const ulong UsualPat = 0x0007_0406_0007_0406;

    /// <summary>The family.</summary>
    public static Family Make(int mode) => new($"msr-{mode}", mode, [.. Rights(mode), .. Unknown(), .. Writes(mode)]);

    private static IEnumerable<Case> Rights(int mode)
    {
        foreach (int ring in (int[])[0, 1, 3])
        {
            foreach (uint index in (uint[])[0x10, 0x174, 0x277, 0x1234_5678])
            {
                yield return new($"RDMSR of {index:X}h at CPL {ring}", c =>
                {
                    c.Ring(ring);
                    c.A.mov(ecx, index);
                    c.A.rdmsr();
                    c.ClearPair();
                    c.Done();
                });
                yield return new($"WRMSR of {index:X}h at CPL {ring}", c =>
                {
                    if (index == Pat)
                        c.WriteMsr(Pat, UsualPat);
                    c.Ring(ring);
                    c.A.mov(ecx, index);
                    if (index == Pat)
                    {
                        c.A.mov(eax, unchecked((uint)UsualPat));
                        c.A.mov(edx, (uint)(UsualPat >> 32));
                    }
                    c.A.wrmsr();
                    c.ClearPair();
                    c.Done();
                });
            }
        }
        if (mode == 64)
        {
            yield return new("RDMSR clears the upper halves of RAX and RDX", c =>
            {
                c.WriteMsr(0x175, 0x1234_5678_9ABC);
                c.A.mov(rax, -1);
                c.A.mov(rdx, -1);
                c.A.mov(rcx, 0xFFFF_FFFF_0000_0175);
                c.A.rdmsr();
                c.Done();
            });
            yield return new("WRMSR ignores the upper halves of RAX, RCX and RDX", c =>
            {
                c.A.mov(rax, 0xFFFF_FFFF_1234_5678);
                c.A.mov(rdx, 0xFFFF_FFFF_0000_1234);
                c.A.mov(rcx, 0xFFFF_FFFF_0000_0175);
                c.A.wrmsr();
                c.A.rdmsr();
                c.Done();
            });
        }
    }

    private static IEnumerable<Case> Unknown()
    {
        foreach (uint index in (uint[])[0x4000_0100, 0x8000_0000, 0xC001_1029, 0xFFFF_FFFF, 0x2A_0000, 0xC000_0200])
        {
            yield return new($"RDMSR of {index:X}h, which is not there", c =>
            {
                c.A.mov(ecx, index);
                c.A.rdmsr();
                c.Done();
            });
            yield return new($"WRMSR of {index:X}h, which is not there", c =>
            {
                c.A.mov(ecx, index);
                c.A.wrmsr();
                c.Done();
            });
        }
        foreach (uint index in (uint[])[0xFE, 0x17])
        {
            yield return new($"WRMSR of {index:X}h, which is read only", c =>
            {
                c.A.mov(ecx, index);
                c.A.wrmsr();
                c.Done();
            });
        }
    }

    private static IEnumerable<Case> Writes(int mode)
    {
        ulong lme = mode == 64 ? 0x100u : 0;
        (string Name, uint Index, ulong Value)[] rows =
        [
            ("EFER with bit 1", Msr.Efer, lme | 2), ("EFER with bit 9", Msr.Efer, lme | 0x200), ("EFER with SCE", Msr.Efer, lme | 1),
            ("EFER with NXE", Msr.Efer, lme | 0x800), ("EFER with bit 16", Msr.Efer, lme | 0x1_0000),
            ("EFER with bit 32", Msr.Efer, lme | 1UL << 32), ("EFER with bit 63", Msr.Efer, lme | 1UL << 63),
            ("EFER with LMA changed", Msr.Efer, mode == 64 ? 0x100u : 0x400u), ("EFER with LME changed", Msr.Efer, lme ^ 0x100),
            ("PAT of all types", Pat, 0x0006_0504_0100_0607), ("PAT with type 2", Pat, UsualPat | 0x0200), ("PAT with type 3", Pat, 0x03),
            ("PAT with type 8", Pat, 8), ("PAT with type 2 in the last entry", Pat, 0x0200_0000_0000_0000), ("PAT with bit 7", Pat, 0x80),
            ("PAT with bit 63", Pat, 1UL << 63), ("SYSENTER_CS of 64 bits", 0x174, 0x1234_5678_9ABC_DEF0),
            ("SYSENTER_ESP", 0x175, 0x7FFF_FFFF_FFFF), ("SYSENTER_ESP that is no address", 0x175, 0x8000_0000_0000),
            ("SYSENTER_EIP, negative", 0x176, 0xFFFF_8000_0000_0000), ("SYSENTER_EIP that is no address", 0x176, 0xFFFF_0000_0000_0000),
            ("STAR", 0xC000_0081, 0x1234_5678_9ABC_DEF0), ("LSTAR", 0xC000_0082, 0xFFFF_8000_0000_0000),
            ("LSTAR that is no address", 0xC000_0082, 0x8000_0000_0000), ("CSTAR", 0xC000_0083, 0x7FFF_FFFF_FFFF),
            ("CSTAR that is no address", 0xC000_0083, 0x8000_0000_0000), ("FMASK", 0xC000_0084, 0xFFFF_FFFF),
            ("FMASK with bit 32", 0xC000_0084, 1UL << 32), ("FS_BASE", 0xC000_0100, 0x7FFF_FFFF_FFFF),
            ("FS_BASE that is no address", 0xC000_0100, 0x8000_0000_0000), ("GS_BASE", 0xC000_0101, 0xFFFF_8000_0000_0000),
            ("GS_BASE that is no address", 0xC000_0101, 0x7FFF_0000_0000_0000), ("KERNEL_GS_BASE", 0xC000_0102, 0x1234),
            ("KERNEL_GS_BASE that is no address", 0xC000_0102, 1UL << 47), ("TSC_AUX", 0xC000_0103, 0x1234_5678),
            ("TSC_AUX with bit 32", 0xC000_0103, 1UL << 32), ("TSC_AUX with bit 63", 0xC000_0103, 1UL << 63),
            ("MTRR base of a type that is none", 0x200, 2), ("MTRR base with bit 8", 0x200, 0x106), ("MTRR mask with bit 0", 0x201, 1),
            ("MTRR mask beyond physical addresses", 0x201, 1UL << 62), ("MTRR fixed of a type that is none", 0x250, 0x0303_0303_0303_0303),
            ("MTRR default with bit 8", 0x2FF, 0x100), ("MTRR default of type 7", 0x2FF, 7),
            ("APIC_BASE with bit 9", ApicBase, 0xFEE0_0B00), ("APIC_BASE with bit 0", ApicBase, 0xFEE0_0901),
            ("APIC_BASE with x2APIC but off", ApicBase, 0xFEE0_0500), ("APIC_BASE with bit 63", ApicBase, 1UL << 63 | 0xFEE0_0900),
            ("APIC_BASE as it is", ApicBase, 0xFEE0_0900),
        ];
        foreach ((string name, uint index, ulong value) in rows)
        {
            yield return new($"WRMSR of {name}", c =>
            {
                c.A.mov(ecx, index);
                c.A.mov(eax, (uint)value);
                c.A.mov(edx, (uint)(value >> 32));
                c.A.wrmsr();
                c.A.mov(eax, 0);
                c.A.mov(edx, 0);
                c.A.rdmsr();
                c.A.mov(ebx, eax);
                c.A.mov(esi, edx);
                // The usual memory types and no mapped registers for what comes next.
                if (index is 0x250 or 0x2FF or 0x200 or 0x201)
                    c.WriteMsr(index, 0);
                if (index == Pat)
                    c.WriteMsr(index, UsualPat);
                c.Done();
            });
        }
        yield return new("RDMSR of MISC_ENABLE without the bits that models choose", c =>
        {
            c.A.mov(ecx, MiscEnable);
            c.A.rdmsr();
            c.A.and(eax, 1);
            c.A.mov(edx, 0);
            c.PlainFlags();
            c.Done();
        });
    }
}
