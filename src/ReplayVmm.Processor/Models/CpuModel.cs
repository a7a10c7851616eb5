namespace ReplayVmm.Processor;

/// <summary>A CPU model: what CPUID shows, and so what exists. A table of leaves; nothing else decides.</summary>
public sealed class CpuModel
{
    /// <summary>The model's name, <c>x86-64-v2</c> for example.</summary>
    public required string Name { get; init; }

    /// <summary>True where the model shows <paramref name="feature"/>; what it hides is #UD.</summary>
    public bool Has(CpuFeature feature) => feature < CpuFeature.Vmx;
}
