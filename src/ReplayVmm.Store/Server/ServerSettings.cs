namespace ReplayVmm.Store;

/// <summary>
/// Settings of the private server for its load: few connections that append rows of some 100 KB and read them back in order. What is
/// acknowledged is on disk: <c>fsync</c>, <c>full_page_writes</c> and <c>synchronous_commit</c> stay on.
/// </summary>
internal static class ServerSettings
{
    /// <summary>The text of the settings file.</summary>
    public static string Text(ServerPaths paths) => $"""
        # Written by replayvmm at each start of the server; changes here are lost. Put yours into postgresql.conf below the include.
        listen_addresses = ''                     # only the socket, in a directory that only its owner can enter
        unix_socket_directories = '{paths.Sockets}'
        unix_socket_permissions = 0700
        port = 5432
        max_connections = 40

        fsync = on
        full_page_writes = on
        synchronous_commit = on

        shared_buffers = 128MB                    # the log is written once and read in order: the system's cache does the rest
        max_wal_size = 2GB                        # a checkpoint every 2 GB, not every 1 GB, under a steady stream of rows
        min_wal_size = 256MB                      # written files are used again: a new one costs more than an old one
        wal_buffers = 16MB                        # one transaction of 32 rows fits
        wal_compression = on                      # whole pages in the log; rows are compressed already
        wal_level = minimal                       # no standby reads this log; backup is pg_dump
        max_wal_senders = 0
        checkpoint_timeout = 15min
        checkpoint_completion_target = 0.9

        max_parallel_workers_per_gather = 0       # the other processors run guests
        jit = off
        log_min_messages = warning
        log_timezone = 'UTC'
        timezone = 'UTC'
        lc_messages = 'C'                         # messages are looked at by program

        """;
}
