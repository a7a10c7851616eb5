using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ReplayVmm.Events;

/// <summary>
/// Reads a <c>.rvmm</c> file, which may be hostile: whatever it holds, the outcome is the rows that were written or a
/// <see cref="LogException"/> that names the file and the byte. Memory is bounded by the largest row.
/// </summary>
/// <remarks>
/// Whether the file is whole is known only once all rows were taken: an importer reads a file through once before it imports, or
/// imports in one transaction. What the rows say is checked by <see cref="Verifier"/>.
/// </remarks>
public sealed class RecordingFileReader : IDisposable
{
    private const int FirstPiece = 1 << 16;

    private readonly Stream stream;
    private readonly string name;
    private readonly bool owned;
    private readonly IncrementalHash sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly List<HeadSignature> signatures = [];
    private readonly byte[] head = new byte[RecordingFormat.HeadSize];
    private readonly byte[] hashBefore = new byte[SHA256.HashSizeInBytes];
    private byte[] buffer = new byte[FirstPiece];
    private long offset;
    private long recordOffset;
    private long rows;
    private bool started;

    /// <summary>Begins to read <paramref name="stream"/>, which stays open when this is disposed.</summary>
    /// <exception cref="LogException">It is not a recording, is damaged, or was written by a newer version.</exception>
    public RecordingFileReader(Stream stream, string name = "recording")
        : this(stream, name, owned: false)
    {
    }

    private RecordingFileReader(Stream stream, string name, bool owned)
    {
        this.stream = stream;
        this.name = name;
        this.owned = owned;
        try
        {
            ReadPreamble();
            int length = ReadRecord(out RecordType type);
            if (type != RecordType.Session)
                throw Bad(recordOffset, "the file does not begin with its session");
            Session = ReadSession(length);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The session that the file holds.</summary>
    public RecordingSession Session { get; }

    /// <summary>The signatures over the session's heads; complete once all rows were taken.</summary>
    public IReadOnlyList<HeadSignature> Signatures => signatures;

    /// <summary>
    /// SHA-256 of all bytes before the end mark, which carries it, in hexadecimal; null until all rows were taken. Two readings of one file
    /// that give the same have seen the same.
    /// </summary>
    public string? Hash { get; private set; }

    /// <summary>Bytes read so far, for a progress bar.</summary>
    public long Position => offset;

    /// <summary>Opens the file <paramref name="path"/>.</summary>
    /// <exception cref="LogException">It cannot be read, is not a recording, is damaged, or was written by a newer version.</exception>
    public static RecordingFileReader Open(string path)
    {
        try
        {
            var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, FirstPiece, FileOptions.SequentialScan);
            return new RecordingFileReader(file, path, owned: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LogException(LogTrouble.BadRequest, $"{path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>The rows in order, once; then the signatures and the end are checked.</summary>
    /// <exception cref="LogException">While rows are taken: the file is damaged; the message names the byte.</exception>
    /// <exception cref="InvalidOperationException">The rows were asked for before.</exception>
    public IEnumerable<LogRow> Rows()
    {
        if (started)
            throw new InvalidOperationException("the rows of a file can be taken once");
        started = true;
        return Take();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        sha.Dispose();
        if (owned)
            stream.Dispose();
    }

    private IEnumerable<LogRow> Take()
    {
        while (true)
        {
            int length = ReadRecord(out RecordType type);
            switch (type)
            {
                case RecordType.Row when signatures.Count == 0:
                    yield return ReadRow(length);
                    break;
                case RecordType.Signature when signatures.Count < RecordingFormat.MaxSignatures:
                    ReadSignature(length);
                    break;
                case RecordType.End:
                    ReadEnd(length);
                    yield break;
                default:
                    throw Bad(recordOffset, $"a record of type {type} cannot stand here");
            }
        }
    }

    private void ReadPreamble()
    {
        Span<byte> preamble = stackalloc byte[RecordingFormat.PreambleSize];
        int got = Fill(preamble);
        ReadOnlySpan<byte> magic = RecordingFormat.Magic;
        if (got == 0)
            throw Bad(0, "the file is empty");
        int good = preamble[..got].CommonPrefixLength(magic);
        if (good < magic.Length)
            throw Bad(good, got > good ? "this is not a recording (.rvmm) file" : "the file ends within its first bytes");
        if (got < preamble.Length)
            throw Bad(got, "the file ends within its first bytes");
        byte version = preamble[magic.Length];
        if (version > RecordingFormat.Version)
        {
            throw Bad(
                magic.Length,
                $"format {version} was written by a newer version; this one reads up to format {RecordingFormat.Version}, so upgrade it");
        }

        if (version == 0 || preamble[(magic.Length + 1)..].ContainsAnyExcept((byte)0))
            throw Bad(magic.Length, "the first bytes are damaged");
    }

    /// <summary>Reads a whole record into the buffer; its length and its bytes are right when this returns.</summary>
    private int ReadRecord(out RecordType type)
    {
        recordOffset = offset;
        sha.GetCurrentHash(hashBefore);
        int got = Fill(head);
        if (got < head.Length)
            throw Bad(recordOffset + got, "the file ends before its end mark: it is truncated");
        uint typeNumber = BinaryPrimitives.ReadUInt32LittleEndian(head);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(4));
        if (RecordingFormat.Checksum(head.AsSpan(0, 8)) != BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(8)))
            throw Bad(recordOffset, "the head of a record is damaged: its checksum is wrong");
        type = (RecordType)typeNumber;
        if (typeNumber is < (uint)RecordType.Session or > (uint)RecordType.End)
            throw Bad(recordOffset, $"a record of type {typeNumber} is not known to this version");
        if (length > RecordingFormat.LargestPayload(type))
            throw Bad(recordOffset + 4, $"a record claims {length} bytes, at most {RecordingFormat.LargestPayload(type)} can be");
        ReadPayload((int)length);
        return (int)length;
    }

    private void ReadPayload(int length)
    {
        int total = length + RecordingFormat.ChecksumSize;
        int have = 0;
        while (have < total)
        {
            // The buffer grows with what is really there, not with what the length claims.
            if (have == buffer.Length)
                Array.Resize(ref buffer, (int)Math.Min(total, buffer.Length * 2L));
            int piece = Math.Min(total, buffer.Length) - have;
            int got = Fill(buffer.AsSpan(have, piece));
            have += got;
            if (got < piece)
                throw Bad(offset, $"the file ends within a record of {length} bytes: it is truncated");
        }

        if (RecordingFormat.Checksum(buffer.AsSpan(0, length)) != BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(length)))
            throw Bad(recordOffset, $"the record of {length} bytes is damaged: its checksum is wrong");
    }

    private int Fill(Span<byte> target)
    {
        int got;
        try
        {
            got = stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LogException(LogTrouble.BadRequest, $"{name}, byte {offset}: cannot be read: {e.Message}", e);
        }

        offset += got;
        sha.AppendData(target[..got]);
        return got;
    }

    private MessagePackReader Payload(int length) => new(buffer.AsSpan(0, length), $"{name}, record at byte", recordOffset);

    private RecordingSession ReadSession(int length)
    {
        MessagePackReader reader = Payload(length);
        reader.Array(3, "the session");
        var id = new Guid(reader.Bin(16, "the id"), bigEndian: true);
        string sessionName = reader.Text(RecordingFormat.MaxNameBytes, "the name");
        long ticks = (long)reader.UInt((ulong)DateTimeOffset.MaxValue.Ticks, "the time of creation");
        reader.End();
        return new RecordingSession(id, sessionName, new DateTimeOffset(ticks, TimeSpan.Zero));
    }

    private LogRow ReadRow(int length)
    {
        MessagePackReader reader = Payload(length);
        reader.Array(4, "the row");
        long version = (long)reader.UInt(long.MaxValue, "the row's version");
        if (version != rows + 1)
            reader.Fail($"row {version} stands where row {rows + 1} belongs");
        string type = reader.Text(RecordingFormat.MaxTypeBytes, "the row's type");
        byte[] binary = reader.Bin("the row's binary").ToArray();
        bool usual = reader.TakeNil();
        string copy = usual ? "" : reader.Text(RecordingFormat.MaxHeaderJsonBytes, "the copy of the header");
        reader.End();
        rows = version;
        var row = new LogRow(version, type, binary, copy);
        return usual ? row with { HeaderJson = UsualCopy(row) } : row;
    }

    private string UsualCopy(LogRow row)
    {
        try
        {
            return RowHeader.Of(row).ToJson();
        }
        catch (LogException e)
        {
            throw Bad(recordOffset, e.Message);
        }
    }

    private void ReadSignature(int length)
    {
        MessagePackReader reader = Payload(length);
        reader.Array(4, "the signature");
        long version = (long)reader.UInt(long.MaxValue, "the signed row");
        byte[] signedHead = reader.Bin("the head").ToArray();
        byte[] signature = reader.Bin("the signature").ToArray();
        byte[] publicKey = reader.Bin("the public key").ToArray();
        reader.End();
        signatures.Add(new HeadSignature(version, signedHead, signature, publicKey));
    }

    private void ReadEnd(int length)
    {
        MessagePackReader reader = Payload(length);
        reader.Array(3, "the end mark");
        ulong endRows = reader.UInt();
        ulong endSignatures = reader.UInt();
        ReadOnlySpan<byte> hash = reader.Bin(hashBefore.Length, "the hash");
        reader.End();
        if (endRows != (ulong)rows || endSignatures != (ulong)signatures.Count)
        {
            throw Bad(
                recordOffset,
                $"the end mark counts {endRows} rows and {endSignatures} signatures where {rows} and {signatures.Count} are");
        }

        if (!hash.SequenceEqual(hashBefore))
            throw Bad(recordOffset, "the hash over the whole file is not that of the end mark");
        Span<byte> more = stackalloc byte[1];
        long end = offset;
        if (Fill(more) != 0)
            throw Bad(end, "bytes follow the end mark");
        Hash = Convert.ToHexStringLower(hashBefore);
    }

    private LogException Bad(long at, string problem) => new(LogTrouble.BadRecording, $"{name}, byte {at}: {problem}");
}
