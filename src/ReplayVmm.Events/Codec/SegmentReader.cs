namespace ReplayVmm.Events;

/// <summary>
/// Reads a session's rows in order and checks that none is missing: versions and positions follow, and each row names the link of
/// the one before. (Whether a head is the one that was signed is a matter of verification.)
/// </summary>
/// <remarks>Nothing is allocated per row once buffers have grown. Not for several threads at once.</remarks>
public sealed class SegmentReader : IDisposable
{
    private readonly SegmentDecoder decoder = new();
    private readonly ChainHash chain = new();

    /// <summary>Version of the row read last; 0 before the first.</summary>
    public long Version { get; private set; }

    /// <summary>The position after the last event read.</summary>
    public ulong NextPosition { get; private set; }

    /// <summary>The events of the row read last; their payloads are in <see cref="Arena"/>.</summary>
    public ReadOnlySpan<Event> Events => decoder.Events;

    /// <summary>The payloads of <see cref="Events"/>.</summary>
    public ReadOnlySpan<byte> Arena => decoder.Arena;

    /// <summary>The header of the row read last.</summary>
    public RowHeader Header => decoder.Header;

    /// <summary>Reads the next row into <see cref="Events"/> and <see cref="Arena"/>. The first may be any row of the stream.</summary>
    /// <exception cref="LogException">The row is damaged or is not the one that follows.</exception>
    public void Read(LogRow row)
    {
        bool first = Version == 0;
        if (!first && row.Version != Version + 1)
            throw Bad($"row {row.Version} follows row {Version}");
        decoder.Decode(row);
        if (!first && !decoder.Header.PreviousLink.SequenceEqual(chain.Link))
            throw Bad($"row {row.Version} does not carry the hash of the row before it");
        if (!first && decoder.Header.FirstPosition != NextPosition)
            throw Bad($"row {row.Version} begins at position {decoder.Header.FirstPosition} where {NextPosition} belongs");
        if (first)
            chain.Reset(decoder.Header.PreviousLink);
        chain.Append(row.Binary.Span);
        Version = row.Version;
        NextPosition = decoder.Header.NextPosition;
    }

    /// <inheritdoc/>
    public void Dispose() => chain.Dispose();

    private static LogException Bad(string problem) => new(LogTrouble.BadRecording, problem + "; run verify for the whole picture");
}
