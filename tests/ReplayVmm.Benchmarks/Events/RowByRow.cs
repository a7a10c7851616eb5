using Npgsql;
using NpgsqlTypes;
using ReplayVmm.Events;

namespace ReplayVmm.Benchmarks;

/// <summary>
/// What one would write first: a table with a row an event and a column a field, filled by binary COPY, as many events a transaction as the recorder has in its.
/// </summary>
internal sealed class RowByRow : IEventSink, IDisposable
{
    private const int TransactionEvents = 32 * 4096;
    private readonly NpgsqlConnection connection;
    private readonly Guid session = Guid.NewGuid();
    private NpgsqlTransaction? transaction;
    private NpgsqlBinaryImporter? copy;
    private int waiting;

    public RowByRow(string url)
    {
        connection = new NpgsqlConnection(url + ";Pooling=false");
        connection.Open();
        using var create = new NpgsqlCommand(
            """
            create table if not exists event_row (
                session uuid not null, position bigint not null, virtual_time bigint not null, kind smallint not null, vm smallint not null,
                vcpu smallint not null, a bigint not null, b bigint not null, c bigint not null, d bigint not null, e bigint not null, payload bytea,
                primary key (session, position))
            """, connection);
        create.ExecuteNonQuery();
    }

    /// <inheritdoc/>
    public bool Append(ReadOnlySpan<Event> events, ReadOnlySpan<byte> arena)
    {
        foreach (ref readonly Event e in events)
        {
            transaction ??= connection.BeginTransaction();
            copy ??= connection.BeginBinaryImport(
                "copy event_row (session, position, virtual_time, kind, vm, vcpu, a, b, c, d, e, payload) from stdin (format binary)");
            Write(copy, e, arena);
            if (++waiting == TransactionEvents)
                Commit();
        }

        return true;
    }

    /// <summary>Makes what is left durable.</summary>
    public void Commit()
    {
        copy?.Complete();
        copy?.Dispose();
        transaction?.Commit();
        transaction?.Dispose();
        (copy, transaction, waiting) = (null, null, 0);
    }

    /// <inheritdoc/>
    public void Dispose() => connection.Dispose();

    private void Write(NpgsqlBinaryImporter to, in Event e, ReadOnlySpan<byte> arena)
    {
        to.StartRow();
        to.Write(session, NpgsqlDbType.Uuid);
        to.Write((long)e.Position, NpgsqlDbType.Bigint);
        to.Write((long)e.VirtualTime, NpgsqlDbType.Bigint);
        to.Write((short)e.Kind, NpgsqlDbType.Smallint);
        to.Write((short)e.Vm, NpgsqlDbType.Smallint);
        to.Write((short)e.Vcpu, NpgsqlDbType.Smallint);
        to.Write((long)e.A, NpgsqlDbType.Bigint);
        to.Write((long)e.B, NpgsqlDbType.Bigint);
        to.Write((long)e.C, NpgsqlDbType.Bigint);
        to.Write((long)e.D, NpgsqlDbType.Bigint);
        to.Write(e.PayloadLength == 0 ? (long)e.E : 0, NpgsqlDbType.Bigint);
        if (e.PayloadLength == 0)
            to.WriteNull();
        else
            to.Write(e.Payload(arena).ToArray(), NpgsqlDbType.Bytea);
    }
}
