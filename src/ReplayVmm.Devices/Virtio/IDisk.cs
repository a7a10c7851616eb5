namespace ReplayVmm.Devices;

/// <summary>The content of a disk, in sectors of 512 bytes. It never fails towards the guest: a host that cannot go on throws.</summary>
public interface IDisk
{
    /// <summary>Number of sectors.</summary>
    ulong Sectors { get; }

    /// <summary>What the guest is told the disk's serial number is: up to 20 ASCII characters.</summary>
    string Serial { get; }

    /// <summary>Reads whole sectors, which lie on the disk.</summary>
    void Read(ulong sector, Span<byte> destination);

    /// <summary>Writes whole sectors, which lie on the disk.</summary>
    void Write(ulong sector, ReadOnlySpan<byte> source);
}
