using System.Globalization;
using Npgsql;
using ReplayVmm.Events;
using ReplayVmm.Store;

namespace ReplayVmm.EndToEnd.Tests;

/// <summary>
/// A database with two signed recordings, and somebody who owns it: triggers, foreign keys and indexes are no obstacle to them. What they do
/// is undone row by row from copies.
/// </summary>
internal sealed class TamperedDatabase : IDisposable
{
    public const string Honest = "honest", Other = "other";

    // The seal as docs/formats.md has it, once more: what was changed can then be sealed anew.
    private const string Preparation = """
        create schema saved;
        create table saved.mt_events as table mt_events;
        create table saved.mt_streams as table mt_streams;
        create table saved.rv_sessions as table rv_sessions;
        create table saved.rv_signatures as table rv_signatures;
        alter table mt_events disable trigger all;
        create function saved.seal(e mt_events) returns uuid language sql stable as $$
            select encode(set_byte(set_byte(h, 6, get_byte(h, 6) & 15 | 128), 8, get_byte(h, 8) & 63 | 128), 'hex')::uuid
            from (select substring(sha256(uuid_send(e.stream_id) || int8send(e.version) || int8send(e.seq_id) || timestamptz_send(e.timestamp)
                                          || sha256(e.bdata) || convert_to(e.type, 'UTF8')) for 16) as h) hash
        $$;
        create function saved.flipped(bytes bytea, at integer) returns bytea language sql immutable as
            $$ select set_byte(bytes, at / 8, get_byte(bytes, at / 8) # (1 << (at % 8))) $$;
        """;

    private const string Restoration = """
        create unique index if not exists pk_mt_events_stream_and_version on mt_events (stream_id, version);
        update mt_streams m set type = s.type, version = s.version, timestamp = s.timestamp, created = s.created, tenant_id = s.tenant_id,
                                is_archived = s.is_archived
        from saved.mt_streams s where s.id = m.id and s.* is distinct from m.*;
        update rv_sessions r set name = s.name, created = s.created, ended = s.ended, events = s.events, bytes = s.bytes
        from saved.rv_sessions s where s.id = r.id and s.* is distinct from r.*;
        delete from rv_signatures;
        insert into rv_signatures overriding system value select * from saved.rv_signatures
        """;

    private const string RestoredEvents = """
        delete from mt_events e where not exists (select from saved.mt_events s where s.seq_id = e.seq_id and s.* is not distinct from e.*);
        insert into mt_events
        select s.* from saved.mt_events s where not exists (select from mt_events e where e.seq_id = s.seq_id)
        """;

    private readonly Sql sql;
    private NpgsqlTransaction? change;

    private TamperedDatabase(Workbench bench, long rows, Guid id, Guid otherId)
    {
        Bench = bench;
        Rows = rows;
        Id = id;
        OtherId = otherId;
        using (EventStore store = EventStore.Open(bench.Database))
            Original = [.. store.Read(id)];
        sql = new Sql(bench.Database);
        sql.Execute("set session_replication_role = replica; set synchronous_commit = off");
        sql.Execute(Preparation);
    }

    public Workbench Bench { get; }

    /// <summary>Rows of the honest recording; the other one has more.</summary>
    public long Rows { get; }

    /// <summary>The rows of the honest recording whose heads are signed: one within, and the last.</summary>
    public long[] Signed => [Rows / 2, Rows];

    /// <summary>The honest recording's rows.</summary>
    public IReadOnlyList<LogRow> Original { get; }

    public Guid Id { get; }

    public Guid OtherId { get; }

    /// <summary>Records two guests and cuts each into <paramref name="rows"/> rows and somewhat more.</summary>
    public static TamperedDatabase Make(string database, int rows)
    {
        var bench = new Workbench(database);
        bench.Record(TinyGuests.Endless, "long", "--until-time", "9ms").Good();
        bench.Record(TinyGuests.Endless, "longer", "--until-time", "11ms").Good();
        using EventStore store = EventStore.Open(database);
        Guid id = Cut(bench, store, "long", Honest, rows);
        Guid otherId = Cut(bench, store, "longer", Other, rows + 9);
        return new TamperedDatabase(bench, rows, id, otherId);
    }

    /// <summary>Runs statements; <c>$1</c> is always the honest session.</summary>
    public void Do(string text, params object[] values) => sql.Execute(text, [Id, .. values]);

    public T? Ask<T>(string text, params object[] values) => sql.Scalar<T>(text, [Id, .. values]);

    /// <summary>Seals the session's rows anew, as somebody can who knows how.</summary>
    public void Reseal(long row) => Do("update mt_events e set id = saved.seal(e) where stream_id = $1 and version = $2", row);

    /// <summary>Seals all of them anew.</summary>
    public void ResealAll() => Do("update mt_events e set id = saved.seal(e) where stream_id = $1");

    public void DropUniqueIndex() => sql.Execute("drop index pk_mt_events_stream_and_version");

    /// <summary>Does <paramref name="work"/> in a transaction; nothing of it where the database refuses it.</summary>
    public ExpectedVerdict? Try(Func<ExpectedVerdict?> work)
    {
        change = sql.Begin();
        try
        {
            ExpectedVerdict? verdict = work();
            if (verdict is null)
                change.Rollback();
            else
                change.Commit();
            return verdict;
        }
        catch (PostgresException e) when (e.SqlState[..2] is "22" or "23")
        {
            change.Rollback();
            return null;
        }
        finally
        {
            change.Dispose();
        }
    }

    /// <summary>Undoes whatever was done.</summary>
    public void Restore()
    {
        using NpgsqlTransaction transaction = sql.Begin();
        sql.Execute(RestoredEvents);
        sql.Execute(Restoration);
        transaction.Commit();
    }

    public void Dispose()
    {
        sql.Dispose();
        Bench.Dispose();
    }

    /// <summary>The same events in many small rows, as one records that commits often, signed within and at the end.</summary>
    private static Guid Cut(Workbench bench, EventStore store, string from, string to, int count)
    {
        var rows = new List<LogRow>();
        var heads = new List<byte[]>();
        using var writer = new SegmentWriter();
        var decoder = new SegmentDecoder();
        var events = new List<(Event Event, byte[] Payload)>();
        foreach (LogRow row in store.Read(store.Find(from).Id))
        {
            decoder.Decode(row);
            foreach (Event e in decoder.Events)
                events.Add((e, e.Payload(decoder.Arena).ToArray()));
        }

        int between = events.Count - 2;
        for (int i = 0; i < events.Count; i++)
        {
            (Event e, byte[] payload) = events[i];
            int length = e.Kind == EventKind.SessionEnded ? SessionEnded.DigestSize : payload.Length;
            writer.Append([e with { PayloadLength = length, E = payload.Length == 0 ? e.E : 0 }], payload, rows);
            // The first and the last event are rows of their own; those between are spread evenly.
            if (i > 0 && i < between && (i - 1) * (count - 2L) / between != i * (count - 2L) / between)
                writer.Flush(rows);
            while (heads.Count < rows.Count)
                heads.Add(writer.Head.ToArray());
        }

        rows.Count.ShouldBe(count);
        using HeadSigner signer = HeadSigner.Load(Path.ChangeExtension(bench.PublicKey, ".pem"));
        Guid id = new(string.Create(CultureInfo.InvariantCulture, $"00000000-0000-4000-8000-{count:d12}"));
        using ISessionWriter session = store.Create(id, to);
        foreach (LogRow[] some in rows.Chunk(7))
            session.Append(some);
        session.Sign(signer.Sign(count / 2, heads[(count / 2) - 1]));
        session.Sign(signer.Sign(count, heads[^1]));
        return id;
    }
}
