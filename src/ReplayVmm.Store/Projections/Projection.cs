using Npgsql;
using ReplayVmm.Events;

namespace ReplayVmm.Store;

/// <summary>
/// A read model that is derived from the log. Its progress in each session is written in the transaction that writes its rows: a crash
/// leaves it some rows behind, never wrong, and the next <see cref="CatchUp"/> goes on from there.
/// </summary>
public abstract class Projection
{
    private const int RowsAtOnce = 16;

    private readonly EventStore store;
    private readonly string name;
    private readonly string definition;

    /// <summary>Names a projection.</summary>
    /// <param name="store">The log, and where the read model stands.</param>
    /// <param name="name">Under which its progress is kept.</param>
    /// <param name="definition">What it is made of; a read model that was made to another definition is made anew.</param>
    private protected Projection(EventStore store, string name, string definition)
    {
        this.store = store;
        this.name = name;
        this.definition = definition;
    }

    /// <summary>Called before each commit: a test ends the world there.</summary>
    internal Action? BeforeCommit { get; set; }

    /// <summary>Projects what was appended to <paramref name="session"/> since the last time.</summary>
    /// <returns>Rows of the log that were projected.</returns>
    /// <exception cref="LogException">A row is damaged, or the database cannot be written. What came before the row is projected.</exception>
    public long CatchUp(Guid session)
    {
        long total = 0;
        int most = RowsAtOnce;
        while (true)
        {
            try
            {
                int rows = Step(session, most);
                if (rows == 0)
                    return total;
                total += rows;
            }
            catch (LogException e) when (e.Trouble == LogTrouble.BadRecording && most > 1)
            {
                most = 1; // what stands before the damaged row is still good
            }
        }
    }

    /// <summary>As <see cref="CatchUp"/>, for every session.</summary>
    public long CatchUpAll() => store.List().Sum(session => CatchUp(session.Id));

    /// <summary>Forgets what was projected of <paramref name="session"/> and projects it again.</summary>
    /// <returns>Rows of the log that were projected.</returns>
    public long Rebuild(Guid session)
    {
        store.Database.Transact($"forgetting {name} of session {session}", connection =>
        {
            Progress(connection, session);
            Forget(connection, session);
            return connection.Execute("update rv_progress set version = 0 where projection = $1 and session = $2", name, session);
        });
        return CatchUp(session);
    }

    /// <summary>Projects the next <paramref name="most"/> rows; how many there were.</summary>
    internal int Step(Guid session, int most) => store.Database.Transact($"projecting {name} of session {session}", connection =>
    {
        (long version, string found) = Progress(connection, session);
        if (found != definition)
        {
            Forget(connection, session);
            version = 0;
        }
        List<LogRow> rows = RowReader.Page(connection, session, version + 1, most);
        if (rows.Count > 0)
            Apply(connection, session, rows);
        connection.Execute(
            "update rv_progress set version = $3, definition = $4 where projection = $1 and session = $2",
            name, session, rows.Count > 0 ? rows[^1].Version : version, definition);
        BeforeCommit?.Invoke();
        return rows.Count;
    });

    /// <summary>Adds what <paramref name="rows"/> say to the read model.</summary>
    private protected abstract void Apply(NpgsqlConnection connection, Guid session, IReadOnlyList<LogRow> rows);

    /// <summary>Takes a session out of the read model.</summary>
    private protected abstract void Forget(NpgsqlConnection connection, Guid session);

    /// <summary>How far it has come; locks the answer, so that two programs that catch up take turns.</summary>
    private (long Version, string Definition) Progress(NpgsqlConnection connection, Guid session)
    {
        connection.Execute(
            "insert into rv_progress (projection, session, definition, version) values ($1, $2, $3, 0) on conflict do nothing",
            name, session, definition);
        return connection.Query(
            "select version, definition from rv_progress where projection = $1 and session = $2 for update",
            reader => (reader.GetInt64(0), reader.GetString(1)), name, session).Single();
    }
}
