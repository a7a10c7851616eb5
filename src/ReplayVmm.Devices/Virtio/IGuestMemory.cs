namespace ReplayVmm.Devices;

/// <summary>
/// Guest-physical memory as a device reaches it by itself. RAM only: neither firmware nor the registers of another device. What a device
/// writes counts as written, and code that was decoded from there is dropped.
/// </summary>
public interface IGuestMemory
{
    /// <summary>Whether all of <paramref name="length"/> bytes at <paramref name="address"/> are RAM; any address and length may be asked.</summary>
    bool Contains(ulong address, ulong length);

    /// <summary>Copies out of RAM.</summary>
    /// <returns>False where a byte is not RAM; nothing was copied then.</returns>
    bool TryRead(ulong address, Span<byte> destination);

    /// <summary>Copies into RAM.</summary>
    /// <returns>False where a byte is not RAM; nothing was copied then.</returns>
    bool TryWrite(ulong address, ReadOnlySpan<byte> source);
}
