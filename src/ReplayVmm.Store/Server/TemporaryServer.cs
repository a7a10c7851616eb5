using ReplayVmm.Events;

namespace ReplayVmm.Store;

/// <summary>
/// A private server in a directory of its own that goes when it is disposed: for tests, demonstrations and benchmarks. Durable settings are
/// those of any other private server.
/// </summary>
public sealed class TemporaryServer : IDisposable
{
    private readonly string directory;
    private int databases;

    private TemporaryServer(string directory, PrivateServer server)
    {
        this.directory = directory;
        Server = server;
    }

    /// <summary>The server.</summary>
    public PrivateServer Server { get; }

    /// <summary>Makes and starts a server.</summary>
    /// <exception cref="LogException">PostgreSQL is not installed, or does not start; a test skips with that message.</exception>
    public static TemporaryServer Start()
    {
        string made = Directory.CreateTempSubdirectory("replayvmm-").FullName;
        var temporary = new TemporaryServer(made, new PrivateServer(made));
        try
        {
            temporary.Server.EnsureStarted();
            return temporary;
        }
        catch
        {
            temporary.Dispose();
            throw;
        }
    }

    /// <summary>Makes an empty database, and gives what <see cref="EventStore.Open"/> takes to open it.</summary>
    public string NewDatabase()
    {
        string name = $"scratch{Interlocked.Increment(ref databases)}";
        using var source = Npgsql.NpgsqlDataSource.Create(Server.ConnectionString + ";Pooling=false");
        using Npgsql.NpgsqlConnection connection = source.OpenConnection();
        connection.Execute($"create database {name}");
        return Server.ConnectionString.Replace("Database=replayvmm", $"Database={name}", StringComparison.Ordinal);
    }

    /// <summary>Stops the server and deletes its directory.</summary>
    public void Dispose()
    {
        Server.Stop();
        Directory.Delete(directory, recursive: true);
        if (Directory.Exists(Server.Paths.Sockets))
            Directory.Delete(Server.Paths.Sockets, recursive: true);
    }
}
