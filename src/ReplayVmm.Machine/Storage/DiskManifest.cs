namespace ReplayVmm.Machine;

/// <summary>
/// The disk of a machine: an image that is named by its hash, since its bytes are not in the log, and how fast the disk is. The image is never
/// written; what the guest writes is kept beside it.
/// </summary>
/// <param name="Name">File name without directories, for people.</param>
/// <param name="Length">Bytes; a multiple of 512.</param>
/// <param name="Sha256">Of the whole image, lower-case hexadecimal.</param>
public sealed record DiskManifest(string Name, long Length, string Sha256)
{
    /// <summary>Bytes of a sector.</summary>
    public const int SectorLength = 512;

    /// <summary>Bytes of the largest disk: 1 TiB.</summary>
    public const long LargestLength = 1L << 40;

    /// <summary>Virtual nanoseconds that a request takes, at least 1.</summary>
    public ulong LatencyNanoseconds { get; init; } = 20_000;

    /// <summary>Virtual nanoseconds that each KiB of data takes besides.</summary>
    public ulong NanosecondsPerKiB { get; init; } = 1000;
}
