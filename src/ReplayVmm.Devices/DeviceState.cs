using System.Runtime.InteropServices;

namespace ReplayVmm.Devices;

/// <summary>How a device shows its one unmanaged state struct as bytes.</summary>
internal static class DeviceState
{
    /// <summary>The bytes of <paramref name="state"/>, which must be a field of a live object: the span keeps that object alive.</summary>
    public static Span<byte> BytesOf<T>(ref T state)
        where T : unmanaged => MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref state, 1));
}
