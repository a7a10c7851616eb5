using ReplayVmm.Machine;

namespace ReplayVmm.Benchmarks;

/// <summary>Nobody types, entropy counts up, time jumps at once: a run that is the same each time.</summary>
internal sealed class NoInputs : IInputSource
{
    private ulong entropy;

    /// <inheritdoc/>
    public int TakeConsoleInput(ulong now, Span<byte> buffer) => 0;

    /// <inheritdoc/>
    public ulong WaitForInput(ulong now, ulong deadline) => deadline;

    /// <inheritdoc/>
    public ulong DrawEntropy(ulong now) => ++entropy;

    /// <inheritdoc/>
    public bool EndRequested(ulong now, out EndReason reason)
    {
        reason = default;
        return false;
    }
}
