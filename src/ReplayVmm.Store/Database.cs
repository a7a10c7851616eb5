using Npgsql;
using ReplayVmm.Events;

namespace ReplayVmm.Store;

/// <summary>Connections to one database; every failure leaves as a <see cref="LogException"/>.</summary>
internal sealed class Database : IDisposable
{
    private readonly NpgsqlDataSource pooled;
    private readonly Lazy<NpgsqlDataSource> unpooled;

    public Database(NpgsqlConnectionStringBuilder settings)
    {
        Settings = settings;
        pooled = Source(settings);
        unpooled = new(() => Source(new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Pooling = false }));
    }

    /// <summary>Where it is; holds the password, so it is never printed.</summary>
    public NpgsqlConnectionStringBuilder Settings { get; }

    /// <summary>Does <paramref name="work"/> on a connection from the pool.</summary>
    public T Use<T>(string doing, Func<NpgsqlConnection, T> work) => Explained(doing, () =>
    {
        using NpgsqlConnection connection = pooled.OpenConnection();
        return work(connection);
    });

    /// <summary>Does <paramref name="work"/> on a connection from the pool.</summary>
    public void Use(string doing, Action<NpgsqlConnection> work) => Use(doing, connection =>
    {
        work(connection);
        return true;
    });

    /// <summary>Does <paramref name="work"/> in one transaction: all of it is kept, or nothing.</summary>
    public T Transact<T>(string doing, Func<NpgsqlConnection, T> work) => Use(doing, connection =>
    {
        using NpgsqlTransaction transaction = connection.BeginTransaction();
        T result = work(connection);
        transaction.Commit();
        return result;
    });

    /// <summary>A connection that no one shares and whose closing is the end of its server process and its locks.</summary>
    public NpgsqlConnection OpenOwn(string doing) => Explained(doing, () => unpooled.Value.OpenConnection());

    /// <summary>As <see cref="OpenOwn"/>, for statements that may take as long as they need.</summary>
    public NpgsqlConnection OpenPatient(string doing) => Explained(doing, () =>
    {
        var patient = new NpgsqlConnectionStringBuilder(Settings.ConnectionString) { Pooling = false, CommandTimeout = 0 };
        var connection = new NpgsqlConnection(patient.ConnectionString);
        connection.Open();
        return connection;
    });

    /// <summary>Runs <paramref name="work"/>, and explains what it throws.</summary>
    public T Explained<T>(string doing, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (DatabaseTrouble.IsOurs(e))
        {
            throw DatabaseTrouble.Explain(e, doing, Settings);
        }
    }

    /// <summary>
    /// All types here are PostgreSQL's own: asking a server for the list of those it has, and setting up the driver for all that it can do,
    /// would take a short command longer than its work.
    /// </summary>
    private static NpgsqlDataSource Source(NpgsqlConnectionStringBuilder settings)
    {
        var builder = new NpgsqlSlimDataSourceBuilder(settings.ConnectionString);
        builder.EnableTransportSecurity();
        builder.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        return builder.Build();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        pooled.Dispose();
        if (unpooled.IsValueCreated)
            unpooled.Value.Dispose();
    }
}
