using Npgsql;
using ReplayVmm.Events;

namespace ReplayVmm.Store;

/// <summary>
/// Recordings in PostgreSQL: one Marten stream a session, one row of <c>mt_events</c> a segment or session event. Safe to use from
/// several threads; a writer from one at a time.
/// </summary>
public sealed class EventStore : IEventLog
{
    private readonly Database database;
    private readonly WallClock clock;

    private EventStore(Database database, WallClock clock)
    {
        this.database = database;
        this.clock = clock;
    }

    /// <summary>Where the recordings are, for people: host, port and database, no password.</summary>
    public string Location => DatabaseTrouble.Where(database.Settings);

    internal Database Database => database;

    /// <summary>
    /// Opens a database and brings its schema up to date. A database that is up to date may be read-only; it can then be read.
    /// </summary>
    /// <param name="url">
    /// A <c>postgres://</c> URL or Npgsql keywords; for the private server its connection string.
    /// </param>
    /// <param name="clock">The wall clock that stamps rows; the system's where null.</param>
    /// <exception cref="LogException">The database cannot be reached or used; the message says why and what to do.</exception>
    public static EventStore Open(string url, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(url);
        var time = new WallClock(clock);
        var opened = new Database(DatabaseUrl.Parse(url));
        try
        {
            Migrations.Apply(opened, time.Now);
            return new EventStore(opened, time);
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public ISessionWriter Create(Guid id, string name)
    {
        SessionNames.Check(name);
        return SessionWriter.Create(database, clock, id, name);
    }

    /// <inheritdoc/>
    public void Import(
        Guid id, string name, DateTimeOffset created, IEnumerable<LogRow> rows, Func<IEnumerable<HeadSignature>> signatures)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(signatures);
        SessionNames.Check(name);
        SessionWriter.Import(database, clock, id, name, created, rows, signatures);
    }

    /// <inheritdoc/>
    public IReadOnlyList<SessionInfo> List() => database.Use("listing the sessions", connection => connection.Query(
        $"{SessionColumns} order by created desc, number desc", Session));

    /// <inheritdoc/>
    public SessionInfo Find(string nameOrId)
    {
        ArgumentNullException.ThrowIfNull(nameOrId);
        return SessionNames.Find(nameOrId, List(), Location);
    }

    /// <inheritdoc/>
    public IEnumerable<LogRow> Read(Guid session, long fromVersion = 1) => RowReader.Read(database, session, fromVersion);

    /// <inheritdoc/>
    public IEnumerable<LogRow> ReadToVerify(Guid session) => RowAudit.Read(database, session);

    /// <inheritdoc/>
    public VerificationFault? CheckIndex(Guid session, VerificationReport report) => IndexAudit.Check(database, session, report);

    /// <inheritdoc/>
    public IReadOnlyList<HeadSignature> Signatures(Guid session) => database.Use("reading signatures", connection => connection.Query(
        // What is longer than it can be is not genuine, however much of it there is.
        "select version, substring(head for 64), substring(signature for 128), substring(public_key for 2048) from rv_signatures where session = $1 order by number limit 1000000",
        reader => new HeadSignature(
            reader.GetInt64(0), reader.GetFieldValue<byte[]>(1), reader.GetFieldValue<byte[]>(2), reader.GetFieldValue<byte[]>(3)),
        session));

    /// <inheritdoc/>
    public void Prune(Guid session) => Delete(session);

    /// <summary>As <see cref="Prune"/>, and says what went.</summary>
    /// <exception cref="LogException">There is no such session, it is being recorded, or the user is not an owner.</exception>
    public SessionPruned Delete(Guid session) => Pruning.Delete(database, clock, session);

    /// <summary>
    /// How many events of each kind a session holds, by the kind's name, most first. Counted from the headers that SQL can see, without
    /// decoding; <c>verify</c> checks those against the rows.
    /// </summary>
    public IReadOnlyList<KeyValuePair<string, long>> CountByKind(Guid session) => database.Use(
        "counting events", connection => connection.Query(
            """
            select kind.key, sum(kind.value::bigint)::bigint
            from mt_events e, jsonb_each(case when jsonb_typeof(e.data->'Kinds') = 'object' then e.data->'Kinds' end) kind
            where e.stream_id = $1 and e.bdata is not null and jsonb_typeof(kind.value) = 'number'
            group by 1 order by 2 desc, 1
            """,
            reader => KeyValuePair.Create(reader.GetString(0), reader.GetInt64(1)), session));

    /// <summary>The prunings that this database has seen, oldest first.</summary>
    public IReadOnlyList<SessionPruned> Pruned() => Pruning.History(database);

    /// <summary>
    /// Counts the sessions' events and bytes anew from the log. The list is a read model: this gives the same as keeping it up to date.
    /// </summary>
    public void RebuildSessionList() => database.Transact("rebuilding the session list", connection => connection.Execute($"""
        update rv_sessions s set events = l.events, bytes = l.bytes, ended = l.ended
        from (select s.id,
                     coalesce(sum({StoredRow.CountSql}), 0) as events,
                     coalesce(sum(octet_length(e.bdata)), 0) as bytes,
                     coalesce((array_agg(e.type order by e.version desc))[1] = $1, false) as ended
              from rv_sessions s left join mt_events e on e.stream_id = s.id group by s.id) l
        where s.id = l.id
        """, StoredRow.EndType));

    /// <inheritdoc/>
    public void Dispose() => database.Dispose();

    /// <summary>What <see cref="Session"/> reads. A time of creation that only PostgreSQL can hold is shown as the latest there is.</summary>
    internal const string SessionColumns = """
        select id, name, version,
               case when created between '0001-01-02 00:00+00' and '9999-12-30 00:00+00' then created else '9999-12-30 00:00+00' end,
               ended, being_recorded, events, bytes, number
        from rv_session_list
        """;

    internal static SessionInfo Session(NpgsqlDataReader reader) => new(
        reader.GetGuid(0), reader.GetString(1), reader.GetInt64(2), reader.GetFieldValue<DateTimeOffset>(3),
        reader.GetBoolean(4), reader.GetBoolean(5), reader.GetInt64(6), reader.GetInt64(7));
}
