using Npgsql;
using NpgsqlTypes;
using ReplayVmm.Events;

namespace ReplayVmm.Store;

/// <summary>
/// The append side of one session. It has a connection of its own, which also holds the recorder's lock: a recorder that dies, or whose
/// connection is lost, can no longer append and no longer counts as recording.
/// </summary>
internal sealed class SessionWriter : ISessionWriter
{
    /// <summary>First half of the advisory lock of a recorder: "RV". The second half is the session's number.</summary>
    public const int LockSpace = 0x5256;

    private const string CopyRows =
        "copy mt_events (seq_id, id, stream_id, version, data, bdata, type, timestamp, mt_dotnet_type) from stdin (format binary)";

    private const int RowsAtOnce = 32;

    private readonly Database database;
    private readonly NpgsqlConnection connection;
    private readonly WallClock clock;
    private readonly Guid session;
    private readonly string name;
    private readonly int number;
    private readonly Dictionary<string, string> dotnetTypes = [];
    private long version;
    private long[] sequence = [];
    private volatile bool waiting;

    private SessionWriter(Database database, NpgsqlConnection connection, WallClock clock, Guid session, string name, int number)
    {
        this.database = database;
        this.connection = connection;
        this.clock = clock;
        this.session = session;
        this.name = name;
        this.number = number;
    }

    /// <summary>Creates the session's stream and takes its lock before anyone else can see it.</summary>
    public static SessionWriter Create(Database database, WallClock clock, Guid session, string name)
    {
        string doing = $"creating session '{name}'";
        NpgsqlConnection own = database.OpenOwn(doing);
        try
        {
            int taken = database.Explained(doing, () =>
            {
                using NpgsqlTransaction transaction = own.BeginTransaction();
                int inserted = Insert(own, clock.Now, session, name);
                own.Execute("select pg_advisory_lock($1, $2)", LockSpace, inserted);
                transaction.Commit();
                return inserted;
            });
            return new SessionWriter(database, own, clock, session, name, taken);
        }
        catch
        {
            own.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Takes in a whole session in one transaction. It costs Marten's daemon a wait, which a recorder's many transactions do not, and in
    /// return nobody ever sees a part of it, whatever happens meanwhile.
    /// </summary>
    public static void Import(
        Database database, WallClock clock, Guid session, string name, DateTimeOffset created,
        IEnumerable<LogRow> rows, Func<IEnumerable<HeadSignature>> signatures)
    {
        string doing = $"importing session '{name}'";
        using NpgsqlConnection own = database.OpenPatient(doing);
        database.Explained(doing, () =>
        {
            using NpgsqlTransaction transaction = own.BeginTransaction();
            int inserted = Insert(own, created.ToUniversalTime(), session, name);
            var writer = new SessionWriter(database, own, clock, session, name, inserted);
            foreach (LogRow[] batch in Batches(rows))
            {
                (long events, long bytes) = writer.Check(batch);
                writer.Write(batch, events, bytes);
                writer.version += batch.Length;
            }
            foreach (HeadSignature signature in signatures())
                writer.Insert(signature);
            transaction.Commit();
            return true;
        });
    }

    private static IEnumerable<LogRow[]> Batches(IEnumerable<LogRow> rows)
    {
        var batch = new List<LogRow>();
        long bytes = 0;
        using IEnumerator<LogRow> source = rows.GetEnumerator();
        while (Next(source))
        {
            batch.Add(source.Current);
            bytes += source.Current.Binary.Length;
            if (bytes < RowReader.PageBytes && batch.Count < RowsAtOnce)
                continue;
            yield return [.. batch];
            batch.Clear();
            bytes = 0;
        }
        if (batch.Count > 0)
            yield return [.. batch];
    }

    /// <summary>What goes wrong with the source must not be taken for trouble with the database.</summary>
    private static bool Next(IEnumerator<LogRow> source)
    {
        try
        {
            return source.MoveNext();
        }
        catch (IOException e)
        {
            throw new LogException(LogTrouble.BadRecording, $"the recording cannot be read to its end ({e.Message})", e);
        }
    }

    private static int Insert(NpgsqlConnection connection, DateTimeOffset created, Guid session, string name)
    {
        try
        {
            connection.Execute("insert into mt_streams (id, version, timestamp, created) values ($1, 0, $2, $2)", session, created);
            return connection.Scalar<int>(
                "insert into rv_sessions (id, name, created) values ($1, $2, $3) returning number", session, name, created);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            string what = e.ConstraintName == "rv_sessions_name" ? $"a session named '{name}'" : $"a session with the id {session}";
            throw new LogException(
                LogTrouble.BadRequest, $"there is {what} already; choose another, or delete it with: replayvmm prune {name}", e);
        }
    }

    /// <inheritdoc/>
    public void Append(IReadOnlyList<LogRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (rows.Count == 0)
            return;
        (long events, long bytes) = Check(rows);
        Wait($"appending to session '{name}' (rows up to {version} are safe)", () =>
        {
            using NpgsqlTransaction transaction = connection.BeginTransaction();
            Write(rows, events, bytes);
            transaction.Commit();
            return true;
        });
        version += rows.Count;
    }

    /// <summary>Does what the database must answer to; <see cref="Dispose"/> can see that the answer is not there yet.</summary>
    private void Wait<T>(string doing, Func<T> work)
    {
        waiting = true;
        try
        {
            database.Explained(doing, work);
        }
        finally
        {
            waiting = false;
        }
    }

    /// <summary>Refuses rows that do not follow or cannot be stored; otherwise how many events and bytes they hold.</summary>
    private (long Events, long Bytes) Check(IReadOnlyList<LogRow> rows)
    {
        long events = 0, bytes = 0;
        for (int i = 0; i < rows.Count; i++)
        {
            if (rows[i].Version != version + 1 + i)
            {
                throw new LogException(
                    LogTrouble.BadRequest,
                    $"row {rows[i].Version} does not follow row {version + i} of session '{name}'; nothing of this batch was appended");
            }
            events = checked(events + StoredRow.Events(rows[i]));
            bytes += rows[i].Binary.Length;
        }
        return (events, bytes);
    }

    private void Write(IReadOnlyList<LogRow> rows, long events, long bytes)
    {
        DateTimeOffset now = clock.Now;
        long time = RowSeal.Microseconds(now);
        Advance(rows.Count, events, bytes, rows[^1].Type == StoredRow.EndType, now);
        using NpgsqlBinaryImporter copy = connection.BeginBinaryImport(CopyRows);
        for (int i = 0; i < rows.Count; i++)
        {
            LogRow row = rows[i];
            copy.StartRow();
            copy.Write(sequence[i], NpgsqlDbType.Bigint);
            copy.Write(RowSeal.Of(session, row.Version, sequence[i], time, row.Type, row.Binary.Span), NpgsqlDbType.Uuid);
            copy.Write(session, NpgsqlDbType.Uuid);
            copy.Write(row.Version, NpgsqlDbType.Bigint);
            copy.Write(row.HeaderJson, NpgsqlDbType.Jsonb);
            copy.Write(row.Binary, NpgsqlDbType.Bytea);
            copy.Write(row.Type, NpgsqlDbType.Varchar);
            copy.Write(now, NpgsqlDbType.TimestampTz);
            copy.Write(DotnetType(row.Type), NpgsqlDbType.Varchar);
        }
        copy.Complete();
    }

    /// <summary>
    /// Moves the stream's version on, which locks its row until the end of the transaction, and takes the rows' sequence numbers: Marten's
    /// daemon follows them and its next append would collide with numbers that did not come from the sequence.
    /// </summary>
    private void Advance(int count, long events, long bytes, bool ended, DateTimeOffset now)
    {
        using var batch = new NpgsqlBatch(connection);
        Add(
            batch, "update mt_streams set version = version + $1, timestamp = $2 where id = $3 and version = $4",
            (long)count, now, session, version);
        Add(
            batch, "update rv_sessions set events = events + $1, bytes = bytes + $2, ended = $3 where id = $4",
            events, bytes, ended, session);
        Add(batch, "select nextval('mt_events_sequence') from generate_series(1, $1)", count);
        if (sequence.Length < count)
            sequence = new long[count];
        using (NpgsqlDataReader reader = batch.ExecuteReader())
        {
            for (int i = 0; i < count && reader.Read(); i++)
                sequence[i] = reader.GetInt64(0);
        }
        if (batch.BatchCommands[0].RecordsAffected == 1)
            return;
        long? found = connection
            .Query("select coalesce(version, 0) from mt_streams where id = $1", reader => (long?)reader.GetInt64(0), session)
            .SingleOrDefault();
        throw new LogException(LogTrouble.BadRequest, found is null
            ? $"session '{name}' was deleted while it was being recorded; what follows row {version} is lost"
            : $"session '{name}' is at row {found}, not {version}: something else appended to it; what follows row {version} is lost");
    }

    private static void Add(NpgsqlBatch batch, string sql, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (object value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        batch.BatchCommands.Add(command);
    }

    private string DotnetType(string type)
    {
        if (!dotnetTypes.TryGetValue(type, out string? name))
            dotnetTypes[type] = name = StoredRow.DotnetType(type);
        return name;
    }

    /// <inheritdoc/>
    public void Sign(HeadSignature signature)
    {
        ArgumentNullException.ThrowIfNull(signature);
        Wait($"signing session '{name}'", () => Insert(signature));
    }

    private int Insert(HeadSignature signature)
    {
        if (signature.Version < 1 || signature.Version > version)
        {
            throw new LogException(
                LogTrouble.BadRequest, $"row {signature.Version} cannot be signed: session '{name}' has {version} rows");
        }
        return connection.Execute(
            "insert into rv_signatures (session, version, head, signature, public_key) values ($1, $2, $3, $4, $5)",
            session, signature.Version, signature.Head, signature.Signature, signature.PublicKey);
    }

    /// <summary>
    /// Gives the lock back. Never throws: a lost connection has given it back already. Never waits for a database that another thread waits
    /// for in vain: the end of the process closes that connection.
    /// </summary>
    public void Dispose()
    {
        if (waiting)
            return;
        try
        {
            // Closing the connection would release it too, but only when the server gets round to it.
            connection.Execute("select pg_advisory_unlock($1, $2)", LockSpace, number);
        }
        catch (Exception e) when (DatabaseTrouble.IsOurs(e) || e is InvalidOperationException)
        {
            // The server is gone, and the lock with it.
        }
        connection.Dispose();
    }
}
