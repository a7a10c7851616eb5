namespace ReplayVmm.Devices;

/// <summary>Sees what a disk did.</summary>
public interface IDiskObserver
{
    /// <summary>A read or write was answered.</summary>
    /// <param name="write">Whether the guest wrote.</param>
    /// <param name="sector">First sector, as the guest named it.</param>
    /// <param name="length">Bytes that the guest asked for.</param>
    /// <param name="status">The answer: 0 done, 1 an error, 2 not supported (virtio 1.2, section 5.2.6).</param>
    void Completed(bool write, ulong sector, uint length, byte status);
}
