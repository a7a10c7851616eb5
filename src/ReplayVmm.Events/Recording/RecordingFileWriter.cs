using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ReplayVmm.Events;

/// <summary>
/// Writes a session into a <c>.rvmm</c> file, row by row, with bounded memory. A file made by <see cref="Create"/> has its name only
/// once it is complete, so a half-written one is never taken for a recording.
/// </summary>
public sealed class RecordingFileWriter : IDisposable
{
    private readonly Stream stream;
    private readonly string name;
    private readonly string? finalPath;
    private readonly IncrementalHash sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private byte[] buffer = new byte[1 << 16];
    private long rows;
    private int signatures;
    private bool complete;

    /// <summary>Begins a recording in <paramref name="stream"/>, which stays open when this is disposed.</summary>
    /// <exception cref="LogException">The stream cannot be written.</exception>
    public RecordingFileWriter(Stream stream, RecordingSession session, string name = "recording")
        : this(stream, session, name, finalPath: null)
    {
    }

    private RecordingFileWriter(Stream stream, RecordingSession session, string name, string? finalPath)
    {
        this.stream = stream;
        this.name = name;
        this.finalPath = finalPath;
        if (Encoding.UTF8.GetByteCount(session.Name) > RecordingFormat.MaxNameBytes)
        {
            throw new LogException(
                LogTrouble.BadRequest, $"{name}: the session's name is longer than {RecordingFormat.MaxNameBytes} bytes");
        }

        WritePreamble();
        var writer = new MessagePackWriter(Room(RecordingFormat.MaxNameBytes));
        writer.Array(3);
        writer.Bin(session.Id.ToByteArray(bigEndian: true));
        writer.Text(session.Name);
        writer.UInt((ulong)session.Created.UtcTicks);
        WriteRecord(RecordType.Session, writer.Length);
    }

    /// <summary>Begins a recording that will be the file <paramref name="path"/> once <see cref="Complete"/> was called.</summary>
    /// <exception cref="LogException">The file exists or cannot be written.</exception>
    public static RecordingFileWriter Create(string path, RecordingSession session)
    {
        if (Path.Exists(path))
            throw new LogException(LogTrouble.BadRequest, $"{path}: exists already; choose another name or remove it");
        FileStream? file = null;
        try
        {
            file = new FileStream(path + ".partial", FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 16);
            return new RecordingFileWriter(file, session, path, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or LogException)
        {
            file?.Dispose();
            if (file is not null)
                File.Delete(path + ".partial");
            if (e is LogException)
                throw;
            throw new LogException(LogTrouble.BadRequest, $"{path}: cannot be written: {e.Message}", e);
        }
    }

    /// <summary>Appends a row; its version must follow the last one's, from 1.</summary>
    /// <exception cref="LogException">The file cannot be written, or the row is larger than a row can be.</exception>
    /// <exception cref="InvalidOperationException">A signature was written already, or the row does not follow.</exception>
    public void Write(LogRow row)
    {
        if (signatures != 0 || complete || row.Version != rows + 1)
            throw new InvalidOperationException($"row {row.Version} does not follow row {rows}");
        string? copy = IsUsualCopy(row) ? null : row.HeaderJson;
        int copyBytes = copy is null ? 0 : Encoding.UTF8.GetByteCount(copy);
        int typeBytes = Encoding.UTF8.GetByteCount(row.Type);
        if (row.Binary.Length > SegmentLimits.MaxBinaryBytes
            || copyBytes > RecordingFormat.MaxHeaderJsonBytes
            || typeBytes > RecordingFormat.MaxTypeBytes)
        {
            throw new LogException(LogTrouble.BadRecording, $"row {row.Version} is larger than a row can be");
        }

        var writer = new MessagePackWriter(Room(row.Binary.Length + copyBytes + typeBytes));
        writer.Array(4);
        writer.UInt((ulong)row.Version);
        writer.Text(row.Type);
        writer.Bin(row.Binary.Span);
        if (copy is null)
            writer.Nil();
        else
            writer.Text(copy);
        WriteRecord(RecordType.Row, writer.Length);
        rows++;
    }

    /// <summary>Appends a signature; after all rows.</summary>
    /// <exception cref="LogException">The file cannot be written, or the signature is larger than one can be.</exception>
    public void Write(HeadSignature signature)
    {
        if (signature.Head.Length + signature.Signature.Length + signature.PublicKey.Length > RecordingFormat.MaxPublicKeyBytes
            || signatures == RecordingFormat.MaxSignatures)
        {
            throw new LogException(
                LogTrouble.BadRecording, $"{name}: the signature of row {signature.Version} does not fit a recording file");
        }

        var writer = new MessagePackWriter(Room(RecordingFormat.MaxPublicKeyBytes));
        writer.Array(4);
        writer.UInt((ulong)signature.Version);
        writer.Bin(signature.Head);
        writer.Bin(signature.Signature);
        writer.Bin(signature.PublicKey);
        WriteRecord(RecordType.Signature, writer.Length);
        signatures++;
    }

    /// <summary>Writes the end and makes everything durable; a file gets its name now.</summary>
    /// <exception cref="LogException">The file cannot be written, or its name was taken in the meantime.</exception>
    public void Complete()
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        sha.GetCurrentHash(hash);
        var writer = new MessagePackWriter(Room(64));
        writer.Array(3);
        writer.UInt((ulong)rows);
        writer.UInt((ulong)signatures);
        writer.Bin(hash);
        WriteRecord(RecordType.End, writer.Length);
        Guarded(() =>
        {
            stream.Flush();
            if (finalPath is null)
                return;
            ((FileStream)stream).Flush(flushToDisk: true);
            stream.Dispose();
            File.Move(finalPath + ".partial", finalPath);
        });
        complete = true;
    }

    /// <summary>Ends the writing. A file that is not complete is removed.</summary>
    public void Dispose()
    {
        sha.Dispose();
        if (finalPath is null)
            return;
        stream.Dispose();
        if (!complete)
            File.Delete(finalPath + ".partial");
    }

    private static bool IsUsualCopy(LogRow row)
    {
        try
        {
            return RowHeader.Of(row).ToJson() == row.HeaderJson;
        }
        catch (LogException)
        {
            return false;
        }
    }

    private void WritePreamble()
    {
        Span<byte> preamble = stackalloc byte[RecordingFormat.PreambleSize];
        preamble.Clear();
        RecordingFormat.Magic.CopyTo(preamble);
        preamble[RecordingFormat.Magic.Length] = RecordingFormat.Version;
        Put(preamble);
    }

    /// <summary>Room for a payload behind the head of its record.</summary>
    private Span<byte> Room(int payload)
    {
        int needed = payload + RecordingFormat.HeadSize + RecordingFormat.ChecksumSize + 128;
        if (buffer.Length < needed)
            buffer = new byte[needed];
        return buffer.AsSpan(RecordingFormat.HeadSize);
    }

    private void WriteRecord(RecordType type, int length)
    {
        Span<byte> record = buffer.AsSpan(0, RecordingFormat.HeadSize + length + RecordingFormat.ChecksumSize);
        BinaryPrimitives.WriteUInt32LittleEndian(record, (uint)type);
        BinaryPrimitives.WriteInt32LittleEndian(record[4..], length);
        BinaryPrimitives.WriteUInt32LittleEndian(record[8..], RecordingFormat.Checksum(record[..8]));
        uint checksum = RecordingFormat.Checksum(record.Slice(RecordingFormat.HeadSize, length));
        BinaryPrimitives.WriteUInt32LittleEndian(record[(RecordingFormat.HeadSize + length)..], checksum);
        Put(record);
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        sha.AppendData(bytes);
        try
        {
            stream.Write(bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(e);
        }
    }

    private void Guarded(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(e);
        }
    }

    private LogException Unwritable(Exception e) => new(LogTrouble.Unavailable, $"{name}: cannot be written: {e.Message}", e);
}
