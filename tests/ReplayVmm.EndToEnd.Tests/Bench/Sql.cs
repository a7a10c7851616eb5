using Npgsql;

namespace ReplayVmm.EndToEnd.Tests;

/// <summary>SQL beside the program: what a stranger with a client would do.</summary>
internal sealed class Sql : IDisposable
{
    private readonly NpgsqlConnection connection;

    public Sql(string database)
    {
        connection = new NpgsqlConnection(database + ";Pooling=false");
        connection.Open();
    }

    public static void Run(string database, string text, params object[] values)
    {
        using var sql = new Sql(database);
        sql.Execute(text, values);
    }

    public static T? Ask<T>(string database, string text, params object[] values)
    {
        using var sql = new Sql(database);
        return sql.Scalar<T>(text, values);
    }

    /// <summary>Rows of everything that a recording writes: what must be equal before and after a command that fails.</summary>
    public static string Everything(string database) => Ask<string>(database, """
        select concat_ws(' ', (select count(*) from mt_streams), (select count(*) from mt_events), (select count(*) from rv_sessions),
                         (select count(*) from rv_signatures), (select count(*) from rv_events))
        """)!;

    public NpgsqlTransaction Begin() => connection.BeginTransaction();

    public void Execute(string text, params object[] values)
    {
        using NpgsqlCommand command = Command(text, values);
        command.ExecuteNonQuery();
    }

    public T? Scalar<T>(string text, params object[] values)
    {
        using NpgsqlCommand command = Command(text, values);
        return command.ExecuteScalar() is T value ? value : default;
    }

    /// <summary>Rows that are stored of the session <paramref name="name"/>; -1 where it is not there yet.</summary>
    public long Rows(string name) => Scalar<string>("select to_regclass('rv_session_list')::text") is null
        ? -1
        : Scalar<long?>("select version from rv_session_list where name = $1", name) ?? -1;

    /// <summary>Waits until <paramref name="rows"/> rows of a session are stored: what is waited for is progress, never time.</summary>
    public void WaitForRows(string name, long rows, ChildProgram recorder)
    {
        while (Rows(name) < rows)
        {
            if (recorder.HasExited)
                throw new InvalidOperationException($"the recorder ended before row {rows}: {recorder.Finish().Error}");
            Scalar<object>("select pg_sleep(0.002)"); // leaves the processor to the recorder
        }
    }

    public void Dispose() => connection.Dispose();

    private NpgsqlCommand Command(string text, object[] values)
    {
        var command = new NpgsqlCommand(text, connection);
        foreach (object value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }
}
