using ReplayVmm.Events;

namespace ReplayVmm.Replay.Tests;

/// <summary>A log in memory, with the trouble that a test asks for.</summary>
internal sealed class MemoryLog : IEventLog
{
    public List<Stored> Sessions { get; } = [];

    /// <summary>Called before rows are appended; it may wait or throw.</summary>
    public Action<IReadOnlyList<LogRow>>? BeforeAppend { get; set; }

    /// <summary>Sessions that were begun to be recorded row by row.</summary>
    public int Begun { get; private set; }

    public sealed class Stored(Guid id, string name)
    {
        public Guid Id => id;
        public string Name => name;
        public List<LogRow> Rows { get; } = [];
        public List<HeadSignature> Signatures { get; } = [];
        public List<int> Transactions { get; } = [];
        public bool BeingRecorded { get; set; }

        public SessionInfo Info => new(
            id, name, Rows.Count, DateTimeOffset.UnixEpoch, Rows.Count > 0 && Rows[^1].Type == "session_ended", BeingRecorded,
            Rows.Sum(row => (long)RowHeader.Of(row).Events), Rows.Sum(row => (long)row.Binary.Length));
    }

    public ISessionWriter Create(Guid id, string name)
    {
        var stored = new Stored(id, name);
        Begun++;
        Sessions.Add(stored);
        return new Writer(this, stored);
    }

    public void Import(Guid id, string name, DateTimeOffset created, IEnumerable<LogRow> rows, Func<IEnumerable<HeadSignature>> signatures)
    {
        var stored = new Stored(id, name);
        stored.Rows.AddRange(rows);
        BeforeAppend?.Invoke(stored.Rows);
        stored.Transactions.Add(stored.Rows.Count);
        stored.Signatures.AddRange(signatures());
        Sessions.Add(stored);
    }

    public IReadOnlyList<SessionInfo> List() => [.. Sessions.Select(s => s.Info)];

    /// <summary>Looks without complaint.</summary>
    public bool Find(string nameOrId, out SessionInfo? session)
    {
        session = Sessions.Find(s => s.Name == nameOrId || s.Id.ToString() == nameOrId)?.Info;
        return session is not null;
    }

    public SessionInfo Find(string nameOrId) =>
        Find(nameOrId, out SessionInfo? session) ? session! : throw new LogException(LogTrouble.BadRequest, $"no session '{nameOrId}'");

    public IEnumerable<LogRow> Read(Guid session, long fromVersion = 1) =>
        Sessions.Single(s => s.Id == session).Rows.Skip((int)fromVersion - 1);

    public IReadOnlyList<HeadSignature> Signatures(Guid session) => Sessions.Single(s => s.Id == session).Signatures;

    public void Prune(Guid session) => Sessions.RemoveAll(s => s.Id == session);

    public void Dispose()
    {
    }

    private sealed class Writer(MemoryLog log, Stored stored) : ISessionWriter
    {
        public void Append(IReadOnlyList<LogRow> rows)
        {
            log.BeforeAppend?.Invoke(rows);
            stored.Rows.AddRange(rows);
            stored.Transactions.Add(rows.Count);
        }

        public void Sign(HeadSignature signature) => stored.Signatures.Add(signature);

        public void Dispose()
        {
        }
    }
}
