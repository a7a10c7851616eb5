using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ReplayVmm.Devices;

/// <summary>What a device remembers of one split virtqueue (virtio 1.2, section 2.7).</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct VirtqueueState
{
    /// <summary>Nothing is in work.</summary>
    public const ulong Idle = ulong.MaxValue;

    /// <summary>Guest-physical address of the descriptor table, 16 bytes an entry.</summary>
    public ulong Descriptors;
    /// <summary>Guest-physical address of the driver area: the available ring.</summary>
    public ulong Driver;
    /// <summary>Guest-physical address of the device area: the used ring.</summary>
    public ulong Device;
    /// <summary>Virtual time at which the chain in work will be done; <see cref="Idle"/> where none is.</summary>
    public ulong DueAt;
    /// <summary>Entries, as the driver wrote it.</summary>
    public uint Size;
    /// <summary>First descriptor of the chain in work.</summary>
    public ushort Head;
    /// <summary>Index of the next entry of the available ring, counted without wrapping at the queue's size.</summary>
    public ushort NextAvailable;
    /// <summary>Index of the next entry of the used ring, likewise.</summary>
    public ushort NextUsed;
    /// <summary>1 while the queue is in use.</summary>
    public byte Ready;

    /// <summary>
    /// Whether the device can work with what is here: a size that is a power of two, 1 to <paramref name="largest"/>, and the alignments of
    /// virtio 1.2, section 2.7.
    /// </summary>
    public readonly bool IsSound(uint largest) =>
        BitOperations.IsPow2(Size) && Size <= largest && Descriptors % 16 == 0 && Driver % 2 == 0 && Device % 4 == 0;
}

/// <summary>The queues of one device; those that it does not have stay zero.</summary>
[InlineArray(Count)]
internal struct VirtqueueStates
{
    public const int Count = 2;

    private VirtqueueState first;
}
