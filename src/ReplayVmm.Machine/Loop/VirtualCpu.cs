using ReplayVmm.Processor;

namespace ReplayVmm.Machine;

/// <summary>One virtual processor of a machine: the processor in its seat, what stands before it, and the door of its exit handlers.</summary>
/// <param name="Index">0 for the processor that boots; its APIC's identifier too.</param>
/// <param name="Processor">The processor.</param>
/// <param name="Devices">Local APIC and signals.</param>
/// <param name="Door">Answers the exit handlers' questions.</param>
internal sealed record VirtualCpu(byte Index, IVirtualProcessor Processor, VcpuDevices Devices, MachineDoor Door);
