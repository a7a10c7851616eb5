namespace ReplayVmm.Devices;

/// <summary>Feature bits that the devices here offer (virtio 1.2, section 6 and the sections of the devices).</summary>
public static class VirtioFeatures
{
    /// <summary>VIRTIO_F_VERSION_1: the device is a modern one; a driver that does not accept it is refused.</summary>
    public const ulong Version1 = 1ul << 32;
    /// <summary>VIRTIO_BLK_F_SIZE_MAX: the configuration says how long a segment may be.</summary>
    public const ulong BlockSizeMax = 1ul << 1;
    /// <summary>VIRTIO_BLK_F_SEG_MAX: the configuration says how many segments a request may have.</summary>
    public const ulong BlockSegmentsMax = 1ul << 2;
    /// <summary>VIRTIO_BLK_F_BLK_SIZE: the configuration gives the block size.</summary>
    public const ulong BlockBlockSize = 1ul << 6;
    /// <summary>VIRTIO_BLK_F_FLUSH: there is a flush command.</summary>
    public const ulong BlockFlush = 1ul << 9;
}
