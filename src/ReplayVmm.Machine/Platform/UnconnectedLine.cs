using ReplayVmm.Devices;

namespace ReplayVmm.Machine;

/// <summary>A wire that ends nowhere.</summary>
internal sealed class UnconnectedLine : IInterruptLine
{
    /// <inheritdoc/>
    public void Set(bool asserted)
    {
        // Nobody listens.
    }
}
