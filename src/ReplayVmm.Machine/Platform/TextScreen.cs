using ReplayVmm.Devices;

namespace ReplayVmm.Machine;

/// <summary>
/// The memory of a text-mode display adapter at B8000h to BFFFFh: it remembers what was stored, so that a program which keeps its screen
/// there can read it back. Nothing
/// shows it.
/// </summary>
public sealed class TextScreen : IMmioDevice, IBulkyDevice
{
    /// <summary>Where the adapter's text memory is.</summary>
    public const ulong Address = 0xB8000;
    /// <summary>Its length in bytes.</summary>
    public const int Length = 0x8000;

    private readonly byte[] cells = new byte[Length];

    /// <inheritdoc/>
    public string Name => "text-screen";

    /// <inheritdoc/>
    public Span<byte> State
    {
        get
        {
            Changes++;
            return cells;
        }
    }

    /// <inheritdoc/>
    public ulong Changes { get; private set; }

    /// <inheritdoc/>
    public ulong ReadMemory(ulong offset, int size)
    {
        ulong value = 0;
        for (int i = 0; i < size && offset + (ulong)i < Length; i++)
            value |= (ulong)cells[offset + (ulong)i] << (8 * i);
        return value;
    }

    /// <inheritdoc/>
    public void WriteMemory(ulong offset, int size, ulong value)
    {
        Changes++;
        for (int i = 0; i < size && offset + (ulong)i < Length; i++)
            cells[offset + (ulong)i] = (byte)(value >> (8 * i));
    }
}
