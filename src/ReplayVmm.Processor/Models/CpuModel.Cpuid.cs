namespace ReplayVmm.Processor;

public sealed partial class CpuModel
{
    private const uint HighestBasic = 0x16, Hypervisor = 0x40000000, HighestExtended = 0x80000008;
    private const uint OsXsave = 1u << 27, HypervisorPresent = 1u << 31, Htt = 1u << 28, ApicBit = 1u << 9;

    /// <summary>
    /// Answers CPUID (SDM volume 2, CPUID). Bits that follow the state are those of now: OSXSAVE, the local APIC, APIC ids. A leaf beyond
    /// the highest
    /// answers as the highest basic one, as Intel's processors do. The time-stamp counter and all frequencies are 1 GHz, the rate of
    /// virtual time.
    /// </summary>
    /// <param name="leaf">EAX of the query.</param>
    /// <param name="subleaf">ECX of the query.</param>
    /// <param name="s">The state.</param>
    /// <param name="apicId">The processor's (x2)APIC id.</param>
    /// <param name="eax">EAX of the answer.</param>
    /// <param name="ebx">EBX of the answer.</param>
    /// <param name="ecx">ECX of the answer.</param>
    /// <param name="edx">EDX of the answer.</param>
    /// <param name="apicEnabled">IA32_APIC_BASE.EN.</param>
    public void Cpuid(
        uint leaf, uint subleaf, in CpuState s, uint apicId, out uint eax, out uint ebx, out uint ecx, out uint edx, bool apicEnabled = true)
    {
        bool isHypervisor = leaf == Hypervisor && HypervisorSignature is not null;
        if (!isHypervisor && (leaf >= 0x80000000 ? leaf > HighestExtended : leaf > HighestBasic))
            leaf = HighestBasic;
        (eax, ebx, ecx, edx) = Answer(leaf, subleaf, s, apicId);
        if (subleaf == 0 || leaf is 1 or 0x80000001)
        {
            foreach (CpuidBit bit in CpuidBit.All)
            {
                if (bit.Leaf != leaf || !Has(bit.Feature))
                    continue;
                uint mask = 1u << bit.Bit;
                switch (bit.Register)
                {
                    case CpuidRegister.Eax: eax |= mask; break;
                    case CpuidRegister.Ebx: ebx |= mask; break;
                    case CpuidRegister.Ecx: ecx |= mask; break;
                    default: edx |= mask; break;
                }
            }
        }
        if (leaf == 1 && !apicEnabled)
            edx &= ~ApicBit;
    }

    private (uint Eax, uint Ebx, uint Ecx, uint Edx) Answer(uint leaf, uint subleaf, in CpuState s, uint apicId) => leaf switch
    {
        0 => (HighestBasic, Word(Vendor, 0), Word(Vendor, 2), Word(Vendor, 1)),
        1 => (
            Signature,
            (8u << 8) | ((uint)LogicalProcessors << 16) | (apicId << 24),
            ((s.Cr4 & Cr4.Osxsave) != 0 ? OsXsave : 0) | (HypervisorSignature is null ? 0 : HypervisorPresent),
            LogicalProcessors > 1 ? Htt : 0),
        // One query; caches are in leaf 4, prefetch is 64 bytes.
        2 => (0x00FFF001, 0, 0, 0),
        4 => Cache(subleaf),
        // The APIC timer never stops.
        6 => (4, 0, 0, 0),
        0xB => Topology(subleaf, apicId),
        0xD => Has(CpuFeature.Xsave) ? ExtendedState(subleaf, s) : default,
        0x15 => (1, 1, 1_000_000_000, 0),
        0x16 => (1000, 1000, 100, 0),
        Hypervisor => (Hypervisor, Word(HypervisorSignature!, 0), Word(HypervisorSignature!, 1), Word(HypervisorSignature!, 2)),
        0x80000000 => (HighestExtended, 0, 0, 0),
        >= 0x80000002 and <= 0x80000004 => BrandPart((int)(leaf - 0x80000002) * 4),
        // L2: 256 KiB, 4 ways, 64-byte lines.
        0x80000006 => (0, 0, (256u << 16) | (4u << 12) | 64, 0),
        // The time-stamp counter is invariant.
        0x80000007 => (0, 0, 0, 1u << 8),
        0x80000008 => ((uint)PhysicalAddressBits | ((uint)LinearAddressBits << 8), 0, 0, 0),
        _ => default,
    };

    private (uint Eax, uint Ebx, uint Ecx, uint Edx) BrandPart(int word) =>
        (Word(Brand, word), Word(Brand, word + 1), Word(Brand, word + 2), Word(Brand, word + 3));

    /// <summary>L1 data and code 32 KiB, 8 ways; L2 256 KiB, 4 ways; L3 8 MiB, 16 ways, shared; lines of 64 bytes.</summary>
    private (uint Eax, uint Ebx, uint Ecx, uint Edx) Cache(uint subleaf)
    {
        (uint type, uint level, uint ways, uint sets) = subleaf switch
        {
            0 => (1u, 1u, 8u, 64u),
            1 => (2u, 1u, 8u, 64u),
            2 => (3u, 2u, 4u, 1024u),
            3 => (3u, 3u, 16u, 8192u),
            _ => default,
        };
        if (type == 0)
            return default;
        uint sharing = level == 3 ? (uint)LogicalProcessors - 1 : 0;
        uint cores = Math.Min((uint)LogicalProcessors - 1, 63);
        return (type | (level << 5) | (1u << 8) | (sharing << 14) | (cores << 26), ((ways - 1) << 22) | 63, sets - 1, 0);
    }

    /// <summary>One thread a core, all cores in one package.</summary>
    private (uint Eax, uint Ebx, uint Ecx, uint Edx) Topology(uint subleaf, uint apicId) => subleaf switch
    {
        0 => (0, 1, 1u << 8, apicId),
        1 => ((uint)(32 - System.Numerics.BitOperations.LeadingZeroCount((uint)LogicalProcessors - 1)), (uint)LogicalProcessors, (2u << 8) | 1, apicId),
        _ => (0, 0, subleaf & 0xFF, apicId),
    };

    private uint SaveFeatures => (Has(CpuFeature.Xsaveopt) ? 1u : 0) | (Has(CpuFeature.Xsavec) ? 2u : 0) | (Has(CpuFeature.Xgetbv1) ? 4u : 0)
        | (Has(CpuFeature.Xsaves) ? 8u : 0);

    /// <summary>x87 and SSE state, and AVX where shown.</summary>
    private (uint Eax, uint Ebx, uint Ecx, uint Edx) ExtendedState(uint subleaf, in CpuState s)
    {
        bool avx = Has(CpuFeature.Avx);
        return subleaf switch
        {
            0 => (avx ? 7u : 3u, (s.Xcr0 & 4) != 0 ? 832u : 576u, avx ? 832u : 576u, 0),
            1 => (SaveFeatures, Has(CpuFeature.Xsavec) ? (uint)SavedState.SizeOf(s.Xcr0) : 0, 0, 0),
            2 when avx => (256, 576, 0, 0),
            _ => default,
        };
    }
}
