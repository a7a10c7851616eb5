using ReplayVmm.Devices;
using ReplayVmm.Hypervisor;
using ReplayVmm.Processor;

namespace ReplayVmm.Machine;

/// <summary>Guest memory for devices that reach it by themselves: the memslots that a guest can write, and nothing else.</summary>
internal sealed class DeviceMemory(IPhysicalMemory memory, IReadOnlyList<Memslot> slots) : IGuestMemory
{
    private readonly Memslot[] ram = [.. slots.Where(slot => (slot.Flags & MemslotFlags.ReadOnly) == 0)];

    /// <inheritdoc/>
    public bool Contains(ulong address, ulong length)
    {
        foreach (Memslot slot in ram)
        {
            if (slot.Contains(address) && length <= slot.Size - (address - slot.Address))
                return true;
        }

        return false;
    }

    /// <inheritdoc/>
    public bool TryRead(ulong address, Span<byte> destination) =>
        Contains(address, (ulong)destination.Length) && memory.TryRead(address, destination);

    /// <inheritdoc/>
    public bool TryWrite(ulong address, ReadOnlySpan<byte> source) =>
        Contains(address, (ulong)source.Length) && memory.TryWrite(address, source);
}
