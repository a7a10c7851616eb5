using ReplayVmm.Machine;

namespace ReplayVmm.Cli;

/// <summary>Writes a disk into a file: beside its place first, so that there is either the whole disk or nothing.</summary>
internal static class DiskWriter
{
    private const int Piece = 1 << 20;

    /// <summary>Writes <paramref name="disk"/> into <paramref name="path"/>, leaving holes where it holds zeros.</summary>
    /// <exception cref="DiskException">The file cannot be written.</exception>
    public static void Write(DiskOverlay disk, string path, Action<ulong> progress, CancellationToken cancel)
    {
        string unfinished = path + ".unfinished";
        try
        {
            using (var file = new FileStream(unfinished, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                file.SetLength(disk.Length);
                byte[] piece = new byte[Piece];
                for (long at = 0; at < disk.Length; at += Piece)
                {
                    cancel.ThrowIfCancellationRequested();
                    Span<byte> bytes = piece.AsSpan(0, (int)Math.Min(Piece, disk.Length - at));
                    disk.Read((ulong)(at / DiskManifest.SectorLength), bytes);
                    progress((ulong)(at + bytes.Length));
                    if (!bytes.ContainsAnyExcept((byte)0))
                        continue;
                    file.Position = at;
                    file.Write(bytes);
                }

                file.Flush(flushToDisk: true);
            }

            File.Move(unfinished, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Remove(unfinished);
            throw new DiskException($"{path} cannot be written: {e.Message}", e);
        }
        catch
        {
            Remove(unfinished);
            throw;
        }
    }

    private static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What made the writing fail also keeps it from being removed; the first message says what.
        }
    }
}
