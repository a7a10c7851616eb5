using ReplayVmm.Events;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>Rows as a database gives them: whatever it likes.</summary>
internal sealed class RowsLog(IReadOnlyList<LogRow> rows, IReadOnlyList<HeadSignature> signatures) : IEventLog
{
    public SessionInfo Info => new(
        Guid.Empty, "hostile", rows.Count == 0 ? 0 : rows[^1].Version, DateTimeOffset.UnixEpoch, rows.Count > 0 && rows[^1].Type == "session_ended", false, 0, 0);

    public IEnumerable<LogRow> Read(Guid session, long fromVersion = 1) => rows.Where(row => row.Version >= fromVersion);

    public IReadOnlyList<HeadSignature> Signatures(Guid session) => signatures;

    public IReadOnlyList<SessionInfo> List() => [Info];

    public SessionInfo Find(string nameOrId) => Info;

    public ISessionWriter Create(Guid id, string name) => throw new NotSupportedException();

    public void Import(Guid id, string name, DateTimeOffset created, IEnumerable<LogRow> rows, Func<IEnumerable<HeadSignature>> signatures) =>
        throw new NotSupportedException();

    public void Prune(Guid session) => throw new NotSupportedException();

    public void Dispose()
    {
    }
}
