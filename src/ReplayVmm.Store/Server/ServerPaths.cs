using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using ReplayVmm.Events;

namespace ReplayVmm.Store;

/// <summary>Where the parts of a private server stand.</summary>
internal sealed class ServerPaths
{
    /// <summary>A socket's path may be this long, its ending zero not counted (the kernel's <c>sun_path</c> has 108 bytes).</summary>
    private const int LongestSocket = 107;

    private static readonly SearchValues<char> Quoting = SearchValues.Create("\"$`\\'\n");

    private const string SocketName = ".s.PGSQL.5432";

    public ServerPaths(string root, HostEnvironment environment)
    {
        Root = Path.GetFullPath(root);
        // pg_ctl hands these paths to a shell between double quotes.
        if (Root.AsSpan().ContainsAny(Quoting))
        {
            throw new LogException(
                LogTrouble.BadRequest, $"the directory {Root} holds a quote, $, ` or \\; choose another for the private server");
        }
        Sockets = Path.Combine(SocketBase(environment), "replayvmm-" + Hash(Root));
        if (Encoding.UTF8.GetByteCount(Socket) > LongestSocket)
        {
            throw new LogException(
                LogTrouble.Unavailable, $"the socket {Socket} is longer than {LongestSocket} bytes; set XDG_RUNTIME_DIR to a shorter path");
        }
    }

    /// <summary>The directory that holds all but the socket.</summary>
    public string Root { get; }

    /// <summary>PostgreSQL's data directory.</summary>
    public string Cluster => Path.Combine(Root, "cluster");

    /// <summary>A cluster that is being made; renamed when it is whole.</summary>
    public string Unfinished => Path.Combine(Root, "cluster.unfinished");

    /// <summary>The settings that are ours, written at each start.</summary>
    public string Settings => Path.Combine(Cluster, "replayvmm.conf");

    /// <summary>PostgreSQL's own note of the process that serves this cluster.</summary>
    public string PidFile => Path.Combine(Cluster, "postmaster.pid");

    /// <summary>What the server says.</summary>
    public string Log => Path.Combine(Root, "server.log");

    /// <summary>Held (flock) by whoever starts or stops the server.</summary>
    public string Lock => Path.Combine(Root, "lock");

    /// <summary>Its time is when the server was last used.</summary>
    public string Used => Path.Combine(Root, "used");

    /// <summary>There while the server is to stay up without users.</summary>
    public string Keep => Path.Combine(Root, "keep");

    /// <summary>The script that stops an idle server.</summary>
    public string Watcher => Path.Combine(Root, "idle-watcher.sh");

    /// <summary>The directory of the socket: short, and reachable by its owner only.</summary>
    public string Sockets { get; }

    /// <summary>The socket.</summary>
    public string Socket => Path.Combine(Sockets, SocketName);

    private static string SocketBase(HostEnvironment environment) =>
        environment.IsRoot ? "/run"
        : environment.RuntimeDirectory is { } runtime && Directory.Exists(runtime) ? runtime
        : "/tmp";

    private static string Hash(string root) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(root)).AsSpan(0, 6));
}
