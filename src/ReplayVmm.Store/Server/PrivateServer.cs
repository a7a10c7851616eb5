using System.Globalization;
using Npgsql;
using ReplayVmm.Events;

namespace ReplayVmm.Store;

/// <summary>
/// A PostgreSQL server of the user's own, for when no database is configured. It listens on a Unix socket only, is started by whoever
/// needs it and stops by itself when nobody has used it for a while. Starting and stopping happen under a file lock, so that any number of
/// programs may do so at once.
/// </summary>
public sealed class PrivateServer
{
    /// <summary>After this long without a connection the server stops, unless it is to be kept.</summary>
    public const int IdleMinutes = 15;

    private const string Name = "replayvmm";
    private static readonly EnumerationOptions AllFiles = new() { RecurseSubdirectories = true, IgnoreInaccessible = true };
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly HostEnvironment environment;
    private readonly ServerCommand command;
    private readonly ServerPaths paths;
    private readonly ServerProcess process;
    private readonly ServerLog log;

    /// <summary>Names a server; nothing is touched yet.</summary>
    /// <param name="directory">Where its data stands; <see cref="HostEnvironment.DefaultDirectory"/> where null.</param>
    /// <param name="environment">The machine around it; that of this process where null.</param>
    public PrivateServer(string? directory = null, HostEnvironment? environment = null)
    {
        this.environment = environment ?? HostEnvironment.FromProcess();
        command = new ServerCommand(this.environment);
        paths = new ServerPaths(directory ?? this.environment.DefaultDirectory, this.environment);
        process = new ServerProcess(paths.PidFile);
        log = new ServerLog(paths.Log);
    }

    /// <summary>What <see cref="EventStore.Open"/> takes to open this server's database.</summary>
    public string ConnectionString => Connection(Name);

    /// <summary>Where the server's data stands.</summary>
    public string DataDirectory => paths.Root;

    internal ServerPaths Paths => paths;

    /// <summary>Opens this server's database, starting the server first if it does not run.</summary>
    /// <exception cref="LogException">It cannot be started or used; the message says why and what to do.</exception>
    public EventStore Open()
    {
        if (TryOpenRunning() is { } running)
            return running;
        EnsureStarted();
        return EventStore.Open(ConnectionString);
    }

    /// <summary>
    /// Starts the server if it does not run, making cluster and database where they are missing. Returns when it answers.
    /// </summary>
    /// <param name="keepRunning">True to leave it up without users until <see cref="Stop"/>.</param>
    /// <returns>True where it was started, false where it ran already.</returns>
    /// <exception cref="LogException">It cannot be started; the message says why and what to do.</exception>
    public bool EnsureStarted(bool keepRunning = false)
    {
        command.MakeDirectory(paths.Root);
        using FileStream held = TakeLock();
        Touch(paths.Used);
        if (keepRunning)
            Touch(paths.Keep);
        if (Answers())
        {
            MakeDatabase();
            return false;
        }
        if (!Directory.Exists(paths.Cluster))
            MakeCluster();
        PostgresBinaries binaries = PostgresBinaries.Find(environment, ClusterMajor(), paths.Cluster);
        bool started = Launch(binaries);
        MakeDatabase();
        if (started)
            Watch(binaries);
        return started;
    }

    /// <summary>Stops the server; connections are closed, what was acknowledged stays.</summary>
    /// <returns>False where it did not run.</returns>
    /// <exception cref="LogException">It does not stop.</exception>
    public bool Stop()
    {
        if (!Directory.Exists(paths.Cluster))
            return false;
        using FileStream held = TakeLock();
        File.Delete(paths.Keep);
        if (process.Live is null)
            return false;
        PostgresBinaries binaries = PostgresBinaries.Find(environment, ClusterMajor(), paths.Cluster);
        ServerCommand.Result result = command.RunAsServer(
            binaries.Program("pg_ctl"), "stop", "-D", paths.Cluster, "-m", "fast", "-w", "-t", "60");
        return result.Code == 0 || process.Live is null ? true : throw new LogException(
            LogTrouble.Unavailable, $"the server in {paths.Root} does not stop ({ServerCommand.LastLine(result.Output)}); see {paths.Log}");
    }

    /// <summary>What the server is doing. Changes nothing.</summary>
    public ServerStatus Status()
    {
        if (!Directory.Exists(paths.Cluster))
            return new ServerStatus(ServerState.Absent, paths.Root, 0, null, 0, KeptRunning: false);
        int? live = process.Live;
        ServerState state = live is not null
            ? Answers() ? ServerState.Running : ServerState.Busy
            : File.Exists(paths.PidFile) ? ServerState.Crashed : ServerState.Stopped;
        long bytes = new DirectoryInfo(paths.Cluster).EnumerateFiles("*", AllFiles).Sum(Length);
        return new ServerStatus(state, paths.Root, ClusterMajor(), live, bytes, File.Exists(paths.Keep));
    }

    /// <summary>
    /// Writes the database to one file, which <c>pg_restore</c> reads in this and later versions. The server may be in use meanwhile.
    /// </summary>
    /// <param name="path">A file that is not there yet.</param>
    /// <exception cref="LogException">The file is there, or cannot be written whole; then none is left.</exception>
    public void Backup(string path)
    {
        string target = Path.GetFullPath(path);
        if (Path.Exists(target))
            throw new LogException(LogTrouble.BadRequest, $"{target} is there already; a backup does not overwrite");
        if (!Directory.Exists(Path.GetDirectoryName(target)))
            throw new LogException(LogTrouble.BadRequest, $"the directory of {target} is not there; make it first");
        EnsureStarted();
        PostgresBinaries binaries = PostgresBinaries.Find(environment, ClusterMajor(), paths.Cluster);
        string partial = target + ".partial";
        ServerCommand.Result result = ServerCommand.Run(
            binaries.Program("pg_dump"), "-h", paths.Sockets, "-U", Name, "-d", Name, "-Fc", "-Z1", "-f", partial);
        if (result.Code == 0)
        {
            File.Move(partial, target);
            return;
        }
        File.Delete(partial);
        throw new LogException(LogTrouble.Unavailable, $"the backup to {target} failed: {ServerCommand.LastLine(result.Output)}");
    }

    /// <summary>The store where the server already runs, without the programs and connections that starting takes; otherwise null.</summary>
    private EventStore? TryOpenRunning()
    {
        if (!File.Exists(paths.Socket))
            return null;
        // Whoever is not root may find another's directory in its place; root's sockets stand where nobody else can put one.
        if (!environment.IsRoot)
            command.MakeDirectory(paths.Root);
        using FileStream held = TakeLock();
        Touch(paths.Used);
        try
        {
            return EventStore.Open(ConnectionString);
        }
        catch (LogException e) when (e.Trouble == LogTrouble.Unavailable)
        {
            // Left by a server that crashed, or its database is not made yet: starting it finds out which, and says so.
            return null;
        }
    }

    private void MakeCluster()
    {
        PostgresBinaries binaries = PostgresBinaries.Find(environment, major: null, paths.Cluster);
        if (Directory.Exists(paths.Unfinished))
            Directory.Delete(paths.Unfinished, recursive: true);
        // Whoever reaches the socket may enter, and only its owner reaches it.
        ServerCommand.Result result = command.RunAsServer(
            binaries.Program("initdb"), "-D", paths.Unfinished, "-U", Name, "--auth-local=trust", "--auth-host=reject",
            "--encoding=UTF8", "--locale=C", "--data-checksums");
        if (result.Code != 0)
            throw log.Failed($"PostgreSQL's data directory cannot be made in {paths.Root}", result.Output);
        File.AppendAllText(Path.Combine(paths.Unfinished, "postgresql.conf"), "\ninclude_if_exists = 'replayvmm.conf'\n");
        Directory.Move(paths.Unfinished, paths.Cluster);
    }

    private bool Launch(PostgresBinaries binaries)
    {
        process.RefuseStale();
        command.MakeDirectory(paths.Sockets);
        WriteReadable(paths.Settings, ServerSettings.Text(paths));
        log.Rotate();

        var deadline = new Deadline(Patience);
        while (true)
        {
            long logStart = log.End;
            ServerCommand.Result result = command.RunAsServer(
                binaries.Program("pg_ctl"), "start", "-D", paths.Cluster, "-l", paths.Log, "-w", "-t", "60", "-s");
            if (result.Code == 0)
                return true;
            if (Answers())
                return false;
            string said = log.From(logStart);
            // The children of a server that was killed need a moment to notice; one that recovers a long log needs longer.
            // It may also have met the lock of a server that was just ending: whether that one is foreign was looked at before.
            bool passing = said.Contains("still in use", StringComparison.Ordinal)
                || said.Contains("postmaster.pid\" already exists", StringComparison.Ordinal) || process.Live is not null;
            if (!passing || !deadline.Wait())
                throw log.Failed($"the private PostgreSQL server does not start in {paths.Root}", said + "\n" + result.Output);
        }
    }

    private void MakeDatabase()
    {
        try
        {
            using NpgsqlDataSource source = NpgsqlDataSource.Create(Connection("postgres") + ";Pooling=false");
            using NpgsqlConnection connection = source.OpenConnection();
            if (connection.Scalar<int>("select 1 from pg_database where datname = $1", Name) == 0)
                connection.Execute($"create database {Name}");
        }
        catch (Exception e) when (DatabaseTrouble.IsOurs(e))
        {
            throw DatabaseTrouble.Explain(e, "making the database", new NpgsqlConnectionStringBuilder(ConnectionString));
        }
    }

    private void Watch(PostgresBinaries binaries)
    {
        WriteReadable(paths.Watcher, Migrations.Resource("Server/idle-watcher.sh"));
        if (!File.Exists(binaries.Program("psql")))
            return;
        // In a session of its own, so that a Ctrl-C meant for this program does not reach it.
        command.RunAsServer(
            "sh", "-c", "setsid sh \"$0\" watch \"$@\" </dev/null >/dev/null 2>&1 &",
            paths.Watcher, binaries.Directory, paths.Root, paths.Sockets, IdleMinutes.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Looks once whether the server is idle, as its watcher does every minute.</summary>
    internal void LookOnce()
    {
        PostgresBinaries binaries = PostgresBinaries.Find(environment, ClusterMajor(), paths.Cluster);
        command.RunAsServer(
            "sh", paths.Watcher, "once", binaries.Directory, paths.Root, paths.Sockets, IdleMinutes.ToString(CultureInfo.InvariantCulture));
    }

    private bool Answers()
    {
        if (!File.Exists(paths.Socket))
            return false;
        try
        {
            using NpgsqlDataSource source = NpgsqlDataSource.Create(Connection("postgres") + ";Pooling=false");
            using NpgsqlConnection connection = source.OpenConnection();
            return true;
        }
        catch (Exception e) when (DatabaseTrouble.IsOurs(e))
        {
            return false;
        }
    }

    private FileStream TakeLock()
    {
        var deadline = new Deadline(Patience);
        while (true)
        {
            try
            {
                // On Unix this takes flock(LOCK_EX): the kernel gives it back when the holder dies, however it dies.
                var held = new FileStream(paths.Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                if (environment.IsRoot)
                    File.SetUnixFileMode(paths.Lock, SharedMode);
                return held;
            }
            catch (UnauthorizedAccessException e)
            {
                throw new LogException(LogTrouble.Unavailable, $"{paths.Lock} cannot be opened ({e.Message}); is the directory ours?", e);
            }
            catch (IOException e) when (!File.Exists(paths.Lock) || !deadline.Wait())
            {
                throw new LogException(
                    LogTrouble.Unavailable, $"another program holds {paths.Lock} for more than {Patience.TotalSeconds} s ({e.Message})", e);
            }
            catch (IOException)
            {
                // Held by another program a moment ago.
            }
        }
    }

    /// <summary>The directory around it is closed to others, so a file in it may be open to root and the server's user alike.</summary>
    private const UnixFileMode SharedMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    private void Touch(string path)
    {
        File.WriteAllBytes(path, []);
        if (environment.IsRoot)
            File.SetUnixFileMode(path, SharedMode);
    }

    private void WriteReadable(string path, string text)
    {
        try
        {
            File.WriteAllText(path, text);
        }
        catch (IOException e)
        {
            throw new LogException(LogTrouble.Unavailable, $"{path} cannot be written ({e.Message}); is the disk full?", e);
        }
        if (environment.IsRoot)
            File.SetUnixFileMode(path, SharedMode);
    }

    private int ClusterMajor()
    {
        string file = Path.Combine(paths.Cluster, "PG_VERSION");
        try
        {
            if (int.TryParse(File.ReadAllText(file).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int major))
                return major;
        }
        catch (IOException)
        {
            // Falls through to the same message.
        }
        throw new LogException(
            LogTrouble.Unavailable, $"{paths.Cluster} is not a PostgreSQL data directory ({file} does not hold a version); move it away");
    }

    private string Connection(string database) => $"Host={paths.Sockets};Port=5432;Username={Name};Database={database}";

    private static long Length(FileInfo file)
    {
        try
        {
            return file.Length;
        }
        catch (IOException)
        {
            return 0; // gone meanwhile
        }
    }
}
