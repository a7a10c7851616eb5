namespace ReplayVmm.Conformance;

/// <summary>Addresses within an image that its runtime knows.</summary>
/// <param name="Runtime">The runtime's first instruction: the image's entry.</param>
/// <param name="Go">Where a case is entered from.</param>
/// <param name="Cases">The table of cases: name, start, end, probes, 4 bytes each.</param>
/// <param name="Count">How many cases there are.</param>
/// <param name="Tables">GDT, IDT and TSS, as each case finds them: a page each.</param>
/// <param name="GdtPointer">Operand of LGDT.</param>
/// <param name="IdtPointer">Operand of LIDT.</param>
internal sealed record RuntimePlaces(uint Runtime, uint Go, uint Cases, uint Count, uint Tables, uint GdtPointer, uint IdtPointer)
{
    /// <summary>Where the runtime goes on after a case: its second instruction.</summary>
    public uint After => Runtime + 5;
}
