namespace ReplayVmm.Devices;

/// <summary>What a device behind the MMIO transport is connected to.</summary>
/// <param name="Clock">Virtual time.</param>
/// <param name="Line">Its interrupt, level-triggered: high while the interrupt status register is not 0.</param>
/// <param name="Memory">Where its queues and buffers are.</param>
public readonly record struct VirtioWiring(IVirtualClock Clock, IInterruptLine Line, IGuestMemory Memory);
