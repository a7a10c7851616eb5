using ReplayVmm.Events;

namespace ReplayVmm.Cli;

/// <summary>A <c>.rvmm</c> file seen as a log that holds one session and cannot be written, so that whatever reads a log reads a file too.</summary>
internal sealed class RecordingFileLog : IEventLog
{
    private readonly string path;
    private readonly IReadOnlyList<HeadSignature> signatures;
    private readonly string? hash;

    /// <summary>Opens <paramref name="path"/> and reads it through once: the file is whole where this returns.</summary>
    /// <exception cref="LogException">The file cannot be read or is damaged; the message names the byte.</exception>
    public RecordingFileLog(string path)
    {
        this.path = path;
        using var reader = RecordingFileReader.Open(path);
        long version = 0;
        long events = 0;
        long bytes = 0;
        string lastType = "";
        foreach (LogRow row in reader.Rows())
        {
            version = row.Version;
            events += EventsOf(row);
            bytes += row.Binary.Length;
            lastType = row.Type;
        }

        signatures = reader.Signatures;
        hash = reader.Hash;
        Session = new SessionInfo(
            reader.Session.Id, reader.Session.Name, version, reader.Session.Created,
            lastType == EventSchema.Of(EventKind.SessionEnded).Name, BeingRecorded: false, events, bytes);
    }

    /// <summary>The session that the file holds.</summary>
    public SessionInfo Session { get; }

    /// <summary>True where <paramref name="text"/> is meant as a file, not as a session's name.</summary>
    public static bool IsFile(string text) =>
        text.EndsWith(".rvmm", StringComparison.OrdinalIgnoreCase) || (text.Contains('/', StringComparison.Ordinal) && File.Exists(text));

    /// <summary>A row whose header cannot be read holds none that could be counted; who verifies or reads the file is told which row it is.</summary>
    private static long EventsOf(LogRow row)
    {
        try
        {
            return RowHeader.Of(row).Events;
        }
        catch (LogException)
        {
            return 0;
        }
    }

    /// <inheritdoc/>
    public IEnumerable<LogRow> Read(Guid session, long fromVersion = 1)
    {
        using var reader = RecordingFileReader.Open(path);
        foreach (LogRow row in reader.Rows())
        {
            if (row.Version >= fromVersion)
                yield return row;
        }

        // Whoever takes all rows has the ones that were looked at first, or learns it before anything comes of them.
        if (reader.Hash != hash)
            throw new LogException(LogTrouble.BadRecording, $"{path}: the file was changed while it was being read");
    }

    /// <inheritdoc/>
    public IReadOnlyList<HeadSignature> Signatures(Guid session) => signatures;

    /// <inheritdoc/>
    public IReadOnlyList<SessionInfo> List() => [Session];

    /// <inheritdoc/>
    public SessionInfo Find(string nameOrId) => Session;

    /// <inheritdoc/>
    public ISessionWriter Create(Guid id, string name) => throw new NotSupportedException("a recording file is not written in place");

    /// <inheritdoc/>
    public void Import(Guid id, string name, DateTimeOffset created, IEnumerable<LogRow> rows, Func<IEnumerable<HeadSignature>> signatures) =>
        throw new NotSupportedException("a recording file is not written in place");

    /// <inheritdoc/>
    public void Prune(Guid session) => throw new NotSupportedException("a recording file is not written in place");

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
