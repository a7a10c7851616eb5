using System.Runtime.InteropServices;

namespace ReplayVmm.Events;

/// <summary>The same 64 bytes as <see cref="Event"/>, open for a decoder that fills them column by column.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct EventSlot
{
    [FieldOffset(0)] public ulong Position;
    [FieldOffset(8)] public ulong VirtualTime;
    [FieldOffset(16)] public EventKind Kind;
    [FieldOffset(18)] public byte Vm;
    [FieldOffset(19)] public byte Vcpu;
    [FieldOffset(20)] public int PayloadLength;
    [FieldOffset(24)] public Operands5 Operands;

    /// <summary>Operands A to E.</summary>
    [System.Runtime.CompilerServices.InlineArray(Count)]
    public struct Operands5
    {
        public const int Count = 5;

        private ulong first;
    }

    /// <summary>The slots of <paramref name="events"/>.</summary>
    // SAFETY: both structs are 64 bytes without references and with the same offsets; a test compares them field by field.
    public static Span<EventSlot> Of(Span<Event> events) => MemoryMarshal.Cast<Event, EventSlot>(events);

    /// <summary>The slots of <paramref name="events"/>, for reading.</summary>
    public static ReadOnlySpan<EventSlot> Of(ReadOnlySpan<Event> events) => MemoryMarshal.Cast<Event, EventSlot>(events);
}
