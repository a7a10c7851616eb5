using System.Text.Json;
using Npgsql;
using ReplayVmm.Events;

namespace ReplayVmm.Store;

/// <summary>Deletes sessions, the one sanctioned way past the append-only triggers, and keeps the record of it.</summary>
internal static class Pruning
{
    /// <summary>The stream of the database itself.</summary>
    public static readonly Guid AdminStream = new("52560000-0000-8000-8000-000000000000");

    private static readonly string EventType = EventSchema.SnakeCase(nameof(SessionPruned));

    public static SessionPruned Delete(Database database, WallClock clock, Guid session)
    {
        string doing = $"pruning session {session}";
        using NpgsqlConnection connection = database.OpenPatient(doing);
        return database.Explained(doing, () =>
        {
            connection.Execute("set statement_timeout = 0");
            SessionPruned pruned = DeleteRows(connection, clock.Now, session);
            MakeReusable(connection);
            return pruned;
        });
    }

    public static IReadOnlyList<SessionPruned> History(Database database) => database.Use("reading what was pruned", connection =>
        connection.Query(
            "select data::text from mt_events where stream_id = $1 and type = $2 order by version",
            reader => Parse(reader.GetString(0)), AdminStream, EventType));

    private static SessionPruned DeleteRows(NpgsqlConnection connection, DateTimeOffset now, Guid session)
    {
        using NpgsqlTransaction transaction = connection.BeginTransaction();
        (int number, SessionInfo info) = connection
            .Query(
                $"{EventStore.SessionColumns} where id = $1",
                reader => (reader.GetInt32(8), EventStore.Session(reader)), session)
            .SingleOrDefault();
        if (info is null)
            throw new LogException(LogTrouble.BadRequest, $"there is no session {session} to prune; replayvmm list shows those that are");
        if (!connection.Scalar<bool>("select pg_try_advisory_xact_lock($1, $2)", SessionWriter.LockSpace, number))
            throw new LogException(LogTrouble.BadRequest, $"session '{info.Name}' is being recorded; end the recording first");

        connection.Execute("select set_config('replayvmm.pruning', $1, true)", session.ToString());
        long rows = connection.Execute("delete from mt_events where stream_id = $1", session);
        connection.Execute("delete from rv_events where session = $1", session);
        connection.Execute("delete from rv_progress where session = $1", session);
        connection.Execute("delete from mt_streams where id = $1", session);
        var pruned = new SessionPruned(
            session, info.Name, rows, info.Events, info.Bytes, info.Created, now, connection.Scalar<string>("select session_user::text")!);
        Record(connection, pruned);
        transaction.Commit();
        return pruned;
    }

    private static void Record(NpgsqlConnection connection, SessionPruned pruned)
    {
        connection.Execute(
            "insert into mt_streams (id, version, timestamp, created) values ($1, 0, $2, $2) on conflict do nothing",
            AdminStream, pruned.Pruned);
        long version = connection.Scalar<long>(
            "update mt_streams set version = version + 1, timestamp = $2 where id = $1 returning version", AdminStream, pruned.Pruned);
        connection.Execute(
            """
            insert into mt_events (seq_id, id, stream_id, version, data, type, timestamp, mt_dotnet_type)
            values (nextval('mt_events_sequence'), $1, $2, $3, $4::jsonb, $5, $6, $7)
            """,
            RowSeal.OfPlace(AdminStream, version), AdminStream, version, JsonSerializer.Serialize(pruned), EventType, pruned.Pruned,
            $"{typeof(SessionPruned).FullName}, {typeof(SessionPruned).Assembly.GetName().Name}");
    }

    private static void MakeReusable(NpgsqlConnection connection)
    {
        try
        {
            connection.Execute("vacuum mt_events");
            connection.Execute("vacuum rv_events");
        }
        catch (NpgsqlException)
        {
            // The session is deleted all the same, and autovacuum will do this later.
        }
    }

    private static SessionPruned Parse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<SessionPruned>(json) ?? throw new JsonException();
        }
        catch (JsonException e)
        {
            throw new LogException(
                LogTrouble.BadRecording, "an event in the database's own stream is not a SessionPruned; it was written by something else", e);
        }
    }
}
