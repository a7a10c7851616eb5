using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace ReplayVmm.Machine;

/// <summary>A disk image, opened for reading only.</summary>
public sealed class DiskImage : IDisposable
{
    private const int Piece = 1 << 20;

    private readonly string path;
    private readonly SafeFileHandle handle;
    private string? hash;

    private DiskImage(string path, SafeFileHandle handle, long length)
    {
        (this.path, this.handle, Length) = (path, handle, length);
        Name = Path.GetFileName(path);
    }

    /// <summary>Where it is: a full path, links followed.</summary>
    public string FullPath => Path.GetFullPath(new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path);

    /// <summary>File name without directories.</summary>
    public string Name { get; }

    /// <summary>Bytes; a multiple of 512.</summary>
    public long Length { get; }

    /// <summary>Opens the image at <paramref name="path"/>.</summary>
    /// <exception cref="BootException">It is no image that a disk can have.</exception>
    /// <exception cref="DiskException">It is not there or cannot be read.</exception>
    public static DiskImage Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            var named = new FileInfo(path);
            if (!named.Exists)
                throw new DiskException($"disk image {path}: there is no such file");
            // The length of a link is that of its text.
            FileInfo file = named.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? named;
            // Asked before it is opened: opening a pipe would wait for its other end, and pipes and devices have length 0.
            CheckLength(path, file.Length);
            SafeFileHandle opened = File.OpenHandle(file.FullName, FileMode.Open, FileAccess.Read, FileShare.Read);
            return new DiskImage(path, opened, file.Length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DiskException($"disk image {path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>SHA-256 of the whole image, lower-case hexadecimal; computed at the first call.</summary>
    /// <param name="progress">Is told how many bytes have been read.</param>
    /// <exception cref="DiskException">It cannot be read.</exception>
    public string Sha256(Action<long>? progress = null)
    {
        if (hash is not null)
            return hash;
        using var running = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] piece = new byte[Piece];
        for (long at = 0; at < Length; at += Piece)
        {
            Span<byte> bytes = piece.AsSpan(0, (int)Math.Min(Piece, Length - at));
            Read(at, bytes);
            running.AppendData(bytes);
            progress?.Invoke(at + bytes.Length);
        }

        return hash = Convert.ToHexStringLower(running.GetHashAndReset());
    }

    /// <summary>Fills <paramref name="destination"/> from byte <paramref name="offset"/> on.</summary>
    /// <exception cref="DiskException">It cannot be read, or has become shorter.</exception>
    public void Read(long offset, Span<byte> destination)
    {
        try
        {
            while (!destination.IsEmpty)
            {
                int count = RandomAccess.Read(handle, destination, offset);
                if (count == 0)
                    throw new DiskException($"disk image {path}: it has become shorter than the {Length} bytes that it had");
                destination = destination[count..];
                offset += count;
            }
        }
        catch (IOException e)
        {
            throw new DiskException($"disk image {path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Refuses an image other than the one that <paramref name="manifest"/> names.</summary>
    /// <exception cref="BootException">It is another; the message names both hashes.</exception>
    public void Check(DiskManifest manifest, Action<long>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        if (Length != manifest.Length)
        {
            throw new BootException(
                $"disk image {path}: it has {Length} bytes, and the recording's image '{manifest.Name}' had {manifest.Length} (sha256 {manifest.Sha256})");
        }

        if (Sha256(progress) != manifest.Sha256)
            throw new BootException($"disk image {path}: its sha256 is {Sha256()}, and the recording's image '{manifest.Name}' had {manifest.Sha256}");
    }

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();

    private static void CheckLength(string path, long length)
    {
        if (length <= 0)
            throw new BootException($"disk image {path}: it is empty; a disk has at least one sector of {DiskManifest.SectorLength} bytes");
        if (length % DiskManifest.SectorLength != 0)
        {
            long rounded = (length + DiskManifest.SectorLength - 1) / DiskManifest.SectorLength * DiskManifest.SectorLength;
            throw new BootException(
                $"disk image {path}: {length} bytes are not a multiple of {DiskManifest.SectorLength}; "
                + $"make it whole sectors first: truncate -s {rounded} FILE");
        }

        if (length > DiskManifest.LargestLength)
            throw new BootException($"disk image {path}: {length} bytes are more than the {DiskManifest.LargestLength} that a disk may have");
    }
}
