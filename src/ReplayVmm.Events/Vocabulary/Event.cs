using System.Runtime.InteropServices;

namespace ReplayVmm.Events;

/// <summary>
/// One immutable event: an envelope and up to five 64-bit operands whose meaning <see cref="EventSchema"/> gives.
/// Exactly 64 bytes, so that a batch of them is one plain array. A larger payload stands in a byte arena beside the array:
/// then <see cref="PayloadLength"/> is its length and <see cref="E"/> its offset in that arena.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 64)]
public readonly record struct Event
{
    /// <summary>
    /// Number of input, guest and operator events before this one. Hypervisor and annotation events carry the position of the next
    /// such event, so that positions do not shift when less important events come and go.
    /// </summary>
    public ulong Position { get; init; }

    /// <summary>Host-wide virtual time in nanoseconds at which the event took effect.</summary>
    public ulong VirtualTime { get; init; }

    /// <summary>What happened.</summary>
    public EventKind Kind { get; init; }

    /// <summary>The virtual machine, 0 for the first.</summary>
    public byte Vm { get; init; }

    /// <summary>The virtual processor within its machine.</summary>
    public byte Vcpu { get; init; }

    /// <summary>Bytes of payload in the arena; 0 where there is none.</summary>
    public int PayloadLength { get; init; }

    /// <summary>First operand.</summary>
    public ulong A { get; init; }

    /// <summary>Second operand.</summary>
    public ulong B { get; init; }

    /// <summary>Third operand.</summary>
    public ulong C { get; init; }

    /// <summary>Fourth operand.</summary>
    public ulong D { get; init; }

    /// <summary>Fifth operand; for kinds with a payload, its byte offset in the arena.</summary>
    public ulong E { get; init; }

    /// <summary>The payload of this event in <paramref name="arena"/>; empty where the kind has none.</summary>
    public ReadOnlySpan<byte> Payload(ReadOnlySpan<byte> arena) =>
        PayloadLength == 0 ? default : arena.Slice(checked((int)E), PayloadLength);
}
