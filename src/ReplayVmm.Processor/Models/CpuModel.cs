using System.Text;

namespace ReplayVmm.Processor;

/// <summary>
/// A CPU model: what CPUID shows, and so what exists. Features are the table; CPUID bits (<see cref="CpuidBit"/>), #UD of what is hidden
/// and the reserved
/// bits of CR4 all follow from it. Immutable.
/// </summary>
public sealed partial class CpuModel
{
    private UInt128 _features = Bit(CpuFeature.Vmx) - 1;

    /// <summary>The model's name, <c>integer</c> for example.</summary>
    public required string Name { get; init; }

    /// <summary>Twelve characters: CPUID leaf 0.</summary>
    public string Vendor { get; init; } = "GenuineIntel";

    /// <summary>Up to 47 characters: CPUID leaves 80000002h to 80000004h.</summary>
    public string Brand { get; init; } = "ReplayVmm Virtual Processor @ 1.00GHz";

    /// <summary>Family, model and stepping as CPUID leaf 1 shows them in EAX.</summary>
    public uint Signature { get; init; } = 0x00000F61;

    /// <summary>
    /// Twelve characters that CPUID leaf 40000000h shows, and with them the "hypervisor present" bit; null for neither.
    /// </summary>
    public string? HypervisorSignature { get; init; } = "ReplayVmm   ";

    /// <summary>Width of physical addresses in bits, 32 to 52.</summary>
    public int PhysicalAddressBits { get; init; } = 40;

    /// <summary>Width of linear addresses in bits.</summary>
    public int LinearAddressBits { get; init; } = 48;

    /// <summary>Logical processors in the package, 1 to 255: topology leaves.</summary>
    public int LogicalProcessors { get; init; } = 1;

    /// <summary>
    /// What the model has. Where nothing is said: everything this type knows but VMX and SVM, which only makes sense in tests.
    /// </summary>
    public IEnumerable<CpuFeature> Features
    {
        get => Enum.GetValues<CpuFeature>().Where(Has);
        init => _features = value.Aggregate(Bit(CpuFeature.Base), (set, feature) => set | Bit(feature));
    }

    /// <summary>True where the model shows <paramref name="feature"/>; what it hides is #UD.</summary>
    public bool Has(CpuFeature feature) => (_features & Bit(feature)) != 0;

    /// <summary>Bits of CR4 that may be set.</summary>
    public ulong Cr4Bits =>
        If(CpuFeature.Vme, Cr4.Vme | Cr4.Pvi) | If(CpuFeature.Tsc, Cr4.Tsd) | If(CpuFeature.De, Cr4.De) | If(CpuFeature.Pse, Cr4.Pse)
        | If(CpuFeature.Pae, Cr4.Pae) | If(CpuFeature.Mca, Cr4.Mce) | If(CpuFeature.Pge, Cr4.Pge) | Cr4.Pce | If(CpuFeature.Fxsr, Cr4.Osfxsr)
        | If(CpuFeature.Sse, Cr4.Osxmmexcpt) | If(CpuFeature.Umip, Cr4.Umip) | If(CpuFeature.Vmx, Cr4.Vmxe) | If(CpuFeature.Fsgsbase, Cr4.Fsgsbase)
        | If(CpuFeature.Pcid, Cr4.Pcide) | If(CpuFeature.Xsave, Cr4.Osxsave) | If(CpuFeature.Smep, Cr4.Smep) | If(CpuFeature.Smap, Cr4.Smap);

    /// <summary>The same model with features more.</summary>
    public CpuModel With(params ReadOnlySpan<CpuFeature> more) => Copy(_features | Union(more), LogicalProcessors);

    /// <summary>The same model with features less.</summary>
    public CpuModel Without(params ReadOnlySpan<CpuFeature> less) => Copy(_features & ~Union(less), LogicalProcessors);

    /// <summary>The same model in a package of <paramref name="count"/> logical processors.</summary>
    public CpuModel WithProcessors(int count) => Copy(_features, count);

    private CpuModel Copy(UInt128 features, int processors) => new()
    {
        Name = Name,
        Vendor = Vendor,
        Brand = Brand,
        Signature = Signature,
        HypervisorSignature = HypervisorSignature,
        PhysicalAddressBits = PhysicalAddressBits,
        LinearAddressBits = LinearAddressBits,
        LogicalProcessors = processors,
        _features = features,
    };

    private ulong If(CpuFeature feature, ulong bits) => Has(feature) ? bits : 0;

    private static UInt128 Union(ReadOnlySpan<CpuFeature> features)
    {
        UInt128 set = 0;
        foreach (CpuFeature feature in features)
            set |= Bit(feature);
        return set;
    }

    private static UInt128 Bit(CpuFeature feature) => UInt128.One << (int)feature;

    /// <summary>Four characters of a text as a little-endian word; spaces of a short text are zeros.</summary>
    private static uint Word(string text, int index)
    {
        Span<byte> bytes = stackalloc byte[4];
        bytes.Clear();
        if (index * 4 < text.Length)
            Encoding.ASCII.GetBytes(text.AsSpan(index * 4, Math.Min(4, text.Length - (index * 4))), bytes);
        return BitConverter.ToUInt32(bytes);
    }
}
