namespace ReplayVmm.Machine;

/// <summary>Bytes that lie in guest memory before the first instruction.</summary>
/// <param name="Address">Guest-physical address of the first byte.</param>
/// <param name="Bytes">The bytes.</param>
public readonly record struct MemoryImage(ulong Address, ReadOnlyMemory<byte> Bytes);
