namespace ReplayVmm.Hypervisor;

/// <summary>One row of the table of exits: how a basic exit reason is handled.</summary>
// SAFETY: the function pointer names a static method of ExitHandlers, or nothing.
internal readonly unsafe struct ExitRow(delegate*<in ExitContext, void> handler)
{
    /// <summary>The handler; null where this machine cannot meet the reason.</summary>
    public delegate*<in ExitContext, void> Handler { get; } = handler;
}
