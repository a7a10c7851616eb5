namespace ReplayVmm.Devices;

/// <summary>One wire that ends at two interrupt controllers: the ISA interrupts of a PC, at the 8259A pair and at the IO-APIC.</summary>
public sealed class SplitLine(IInterruptLine first, IInterruptLine second) : IInterruptLine
{
    /// <inheritdoc/>
    public void Set(bool asserted)
    {
        first.Set(asserted);
        second.Set(asserted);
    }
}
