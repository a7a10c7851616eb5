using ReplayVmm.Devices;

namespace ReplayVmm.Machine;

/// <summary>Gathers what one device prints until it becomes an event: at a turn's end, or when the buffer is full.</summary>
/// <param name="device">Operand <c>device</c> of its events.</param>
/// <param name="live">Sees each byte as it is printed.</param>
/// <param name="overflow">Empties the tap; for a device that prints more at once than the buffer holds.</param>
internal sealed class ConsoleTap(ulong device, IConsoleSink? live, Action<ConsoleTap>? overflow = null) : IConsoleSink
{
    /// <summary>Bytes in one <c>ConsoleOutput</c> event at most.</summary>
    public const int Capacity = 256;

    private readonly byte[] bytes = new byte[Capacity];
    private int count;

    /// <summary>Operand <c>device</c> of its events.</summary>
    public ulong Device => device;

    /// <summary>What was printed since <see cref="Clear"/>.</summary>
    public ReadOnlySpan<byte> Bytes => bytes.AsSpan(0, count);

    /// <summary>True where nothing was printed.</summary>
    public bool IsEmpty => count == 0;

    /// <summary>True when the next byte would not fit.</summary>
    public bool IsFull => count == Capacity;

    /// <inheritdoc/>
    public void Write(byte value)
    {
        // The port bus gives a console one byte an access, and the machine empties a full buffer after each: a byte is never dropped.
        if (count == Capacity)
            overflow?.Invoke(this);
        if (count < Capacity)
            bytes[count++] = value;
        live?.Write(value);
    }

    /// <summary>Forgets the bytes.</summary>
    public void Clear() => count = 0;
}
