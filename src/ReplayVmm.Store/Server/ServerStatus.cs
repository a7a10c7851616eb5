namespace ReplayVmm.Store;

/// <summary>What a private server is doing.</summary>
public enum ServerState
{
    /// <summary>There is no cluster yet; the first start makes it.</summary>
    Absent,
    /// <summary>The cluster is there, and no server runs on it.</summary>
    Stopped,
    /// <summary>A server runs and answers.</summary>
    Running,
    /// <summary>A server process is there, but it does not answer: it is starting, recovering or stopping.</summary>
    Busy,
    /// <summary>The server ended without cleaning up; the next start recovers what was acknowledged.</summary>
    Crashed,
}

/// <summary>A private server as <c>database status</c> shows it.</summary>
/// <param name="State">What it is doing.</param>
/// <param name="Directory">Where its data stands.</param>
/// <param name="Major">PostgreSQL's major version, 0 where there is no cluster.</param>
/// <param name="ProcessId">The server's process, or null.</param>
/// <param name="Bytes">Size of the cluster on disk, WAL included.</param>
/// <param name="KeptRunning">True where it stays up without users, on request.</param>
public sealed record ServerStatus(ServerState State, string Directory, int Major, int? ProcessId, long Bytes, bool KeptRunning);
